// CByteScan: the first of sixteen bytes that ends a run of text, and how far text is plain.
// Swift's SIMD types cannot say "one bit for each lane"; that is all there is here. Pure; imported by LogFormats only.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

/// One bit for each of the sixteen bytes at `p`, lowest first: set at a quote, a backslash or a control byte.
static inline uint32_t bytescan_string_stops(const uint8_t *_Nonnull p) {
  __m128i bytes = _mm_loadu_si128((const __m128i *)p);
  __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
}

/// How many bytes at `p` are ASCII and not zero, in whole groups of sixty-four; never more than `count`.
static inline size_t bytescan_plain_prefix(const uint8_t *_Nonnull p, size_t count) {
  const __m128i zero = _mm_setzero_si128();
  size_t done = 0;
  for (; count - done >= 64; done += 64) {
    const __m128i *group = (const __m128i *)(p + done);
    // As signed numbers, bytes above 0x7f are below zero.
    __m128i first = _mm_and_si128(_mm_cmpgt_epi8(_mm_loadu_si128(group), zero),
                                  _mm_cmpgt_epi8(_mm_loadu_si128(group + 1), zero));
    __m128i last = _mm_and_si128(_mm_cmpgt_epi8(_mm_loadu_si128(group + 2), zero),
                                 _mm_cmpgt_epi8(_mm_loadu_si128(group + 3), zero));
    if (_mm_movemask_epi8(_mm_and_si128(first, last)) != 0xffff) break;
  }
  return done;
}

#else

/// How many bytes at `p` are ASCII and not zero, in whole groups of eight; never more than `count`.
static inline size_t bytescan_plain_prefix(const uint8_t *_Nonnull p, size_t count) {
  const uint64_t ones = 0x0101010101010101u;
  size_t done = 0;
  for (; count - done >= 8; done += 8) {
    uint64_t word;
    memcpy(&word, p + done, sizeof word);
    if (((word - ones) | word) & (ones * 0x80)) break;
  }
  return done;
}

static inline uint32_t bytescan_stops_of_word(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u, low = 0x7f7f7f7f7f7f7f7fu;
  uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\'), control = word & (ones * 0xe0);
  // The high bit of each byte that is zero, exactly: no carry leaves its byte.
  uint64_t stops = ~(((quote & low) + low) | quote | low) | ~(((slash & low) + low) | slash | low)
                   | ~(((control & low) + low) | control | low);
  return (uint32_t)(((stops >> 7) * 0x0102040810204080u) >> 56);
}

static inline uint32_t bytescan_string_stops(const uint8_t *_Nonnull p) {
  uint64_t words[2];
  memcpy(words, p, sizeof words);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  words[0] = __builtin_bswap64(words[0]);
  words[1] = __builtin_bswap64(words[1]);
#endif
  return bytescan_stops_of_word(words[0]) | bytescan_stops_of_word(words[1]) << 8;
}

#endif

/// The same of sixty-four bytes.
static inline uint64_t bytescan_string_stops64(const uint8_t *_Nonnull p) {
  return (uint64_t)bytescan_string_stops(p) | (uint64_t)bytescan_string_stops(p + 16) << 16
         | (uint64_t)bytescan_string_stops(p + 32) << 32 | (uint64_t)bytescan_string_stops(p + 48) << 48;
}
