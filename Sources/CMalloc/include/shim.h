// CMalloc: how the C library keeps memory, which Swift's Glibc module does not show.
// Headers only; imported by SessionHost and by no other room.
#pragma once
#include <malloc.h>

/// One heap for all threads from here on, instead of up to eight for each processor.
static inline void heap_share(void) {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 1);
#endif
}

/// Returns whether something was given back. Costs milliseconds where much is free.
static inline int heap_release(void) {
#if defined(__GLIBC__)
  return malloc_trim(0);
#else
  // Other C libraries do it by themselves.
  return 0;
#endif
}
