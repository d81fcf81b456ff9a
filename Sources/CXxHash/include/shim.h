// CXxHash: xxHash, 64-bit hashes of file blocks.
// Headers only, no code of ours; imported by LogFiles and by no other room.
#pragma once
#include <xxhash.h>
