// CHyperscan: see include/shim.h
