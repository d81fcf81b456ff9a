// CSodium: see include/shim.h
