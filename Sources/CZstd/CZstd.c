// CZstd: see include/shim.h
