// CXxHash: see include/shim.h
