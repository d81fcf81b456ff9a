// CHyperscan: Hyperscan (or Vectorscan), regular expressions in linear time; and a search for a few fixed bytes, which
// needs no automaton. Swift's SIMD types cannot say "one bit for each lane". Imported by EventModel and by no other room.
#pragma once
#include <hs/hs.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// What to look for: two bytes `gap` bytes apart, and either of two others.
typedef struct {
  uint8_t first, second;
  size_t gap;
  uint8_t mark, other_mark;
} fixed_bytes;

/// The first place at or behind `from` with a mark; `count` when there is none.
static inline size_t fixed_bytes_next_mark(const uint8_t *_Nonnull text, size_t count, size_t from, fixed_bytes wanted) {
  size_t at = from;
#if defined(__SSE2__)
  const __m128i mark = _mm_set1_epi8((char)wanted.mark), other = _mm_set1_epi8((char)wanted.other_mark);
  for (; count >= 64 && at <= count - 64; at += 64) {
    __m128i any = _mm_setzero_si128();
    for (int part = 0; part < 4; part++) {
      const __m128i bytes = _mm_loadu_si128((const __m128i *)(text + at) + part);
      any = _mm_or_si128(any, _mm_or_si128(_mm_cmpeq_epi8(bytes, mark), _mm_cmpeq_epi8(bytes, other)));
    }
    if (_mm_movemask_epi8(any) != 0) break;
  }
#endif
  for (; at < count; at++) {
    if (text[at] == wanted.mark || text[at] == wanted.other_mark) return at;
  }
  return count;
}

/// The first place at or behind `from` with the first byte of the pair (the second one is there too) or a mark;
/// `count` when there is none.
static inline size_t fixed_bytes_next(const uint8_t *_Nonnull text, size_t count, size_t from, fixed_bytes wanted) {
  size_t at = from;
#if defined(__SSE2__)
  const __m128i first = _mm_set1_epi8((char)wanted.first), second = _mm_set1_epi8((char)wanted.second);
  const __m128i mark = _mm_set1_epi8((char)wanted.mark), other = _mm_set1_epi8((char)wanted.other_mark);
  for (; count >= wanted.gap + 64 && at <= count - wanted.gap - 64; at += 64) {
    __m128i found[4];
    for (int part = 0; part < 4; part++) {
      const __m128i bytes = _mm_loadu_si128((const __m128i *)(text + at) + part);
      const __m128i later = _mm_loadu_si128((const __m128i *)(text + at + wanted.gap) + part);
      const __m128i pair = _mm_and_si128(_mm_cmpeq_epi8(bytes, first), _mm_cmpeq_epi8(later, second));
      const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, mark), _mm_cmpeq_epi8(bytes, other));
      found[part] = _mm_or_si128(pair, marks);
    }
    const __m128i any = _mm_or_si128(_mm_or_si128(found[0], found[1]), _mm_or_si128(found[2], found[3]));
    if (_mm_movemask_epi8(any) == 0) continue;
    const uint64_t low = (uint64_t)(uint32_t)_mm_movemask_epi8(found[0]) | (uint64_t)_mm_movemask_epi8(found[1]) << 16;
    const uint64_t high = (uint64_t)(uint32_t)_mm_movemask_epi8(found[2]) | (uint64_t)_mm_movemask_epi8(found[3]) << 16;
    return at + (size_t)__builtin_ctzll(low | high << 32);
  }
#endif
  for (; at < count; at++) {
    if (text[at] == wanted.mark || text[at] == wanted.other_mark) return at;
    if (text[at] == wanted.first && wanted.gap < count - at && text[at + wanted.gap] == wanted.second) return at;
  }
  return count;
}
