// CByteScan: the first of sixteen bytes that ends a run of text.
// Swift's SIMD types cannot say "one bit for each lane"; that is all there is here. Pure; imported by LogFormats only.
#pragma once
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

#else

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
