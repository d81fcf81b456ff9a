// CNcurses: see include/shim.h
