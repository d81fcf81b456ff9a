// CZlib: see include/shim.h
