// CByteScan: see include/shim.h
