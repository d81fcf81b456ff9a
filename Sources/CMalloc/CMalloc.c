// CMalloc: see include/shim.h
