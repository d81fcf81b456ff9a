// CMalloc: gives memory that was freed back to the system, which Swift's Glibc module does not show.
// Headers only; imported by SessionHost and by no other room.
#pragma once
#include <malloc.h>

/// Returns whether something was given back. Costs milliseconds where much is free.
static inline int heap_release(void) {
#if defined(__GLIBC__)
  return malloc_trim(0);
#else
  // Other C libraries do it by themselves.
  return 0;
#endif
}
