// CZstd: libzstd, streaming decompression.
// Headers only, no code of ours; imported by Compression and by no other room.
#pragma once
#include <zstd.h>
#include <zstd_errors.h>
