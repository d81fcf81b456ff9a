// CZlib: zlib, streaming decompression.
// Headers only, no code of ours; imported by Compression and by no other room.
#pragma once
#include <zlib.h>
