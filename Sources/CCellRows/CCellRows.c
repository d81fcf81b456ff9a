#include "CCellRows.h"

#include <string.h>

typedef uint16_t words16 __attribute__((vector_size(16)));
typedef uint32_t words32 __attribute__((vector_size(32)));

enum { band_count = 7, cell_bytes = 28, line_bytes = 64, runs_ahead = 12 };

#define INLINE static inline __attribute__((always_inline))

/// How the numbers of a block of edges are compared.
typedef enum {
  /// Rows on top of bases.
  wide,
  /// Rows alone.
  narrow,
  /// Rows alone, but for those runs of which a column may have more than 16 bits hold.
  mostly_narrow
} comparison;

INLINE words16 load_words(const uint16_t *words, long local) {
  words16 row;
  memcpy(&row, words + local, sizeof row);
  return row;
}

// Longer vectors go by address: how they are returned depends on what the machine has.
INLINE void load_counts(const uint32_t *counts, long local, words32 *sum) {
  memcpy(sum, counts + local, sizeof *sum);
}

INLINE void load_sum(const cell_edge *edge, long local, words32 *sum) {
  const words16 row = load_words(edge->row, local) - load_words(edge->first, local);
  load_counts(edge->base, local, sum);
  *sum += __builtin_convertvector(row, words32);
}

/// Asks for the numbers of a run, unless the run before, at `before`, has asked for the line they lie in.
INLINE void read_ahead(
  const cell_edge *edges, long edge_count, const cell_run *run, long before, const uint32_t *low,
  const uint32_t *high, comparison how
) {
  const long local = run->local;
  if ((local ^ before) & -(line_bytes / (long)sizeof(uint16_t)))
    for (long edge = 0; edge < edge_count; edge++) __builtin_prefetch(edges[edge].row + local);
  if (how == narrow || !((local ^ before) & -(line_bytes / (long)sizeof(uint32_t)))) return;
  if (how == wide)
    for (long edge = 0; edge < edge_count; edge++) __builtin_prefetch(edges[edge].base + local);
  else {
    __builtin_prefetch(low + local);
    __builtin_prefetch(high + local);
  }
}

INLINE bool is_beyond_16_bits(const words32 *counts) {
  const words32 rest = *counts >> 16;
  uint64_t parts[4];
  memcpy(parts, &rest, sizeof parts);
  return (parts[0] | parts[1] | parts[2] | parts[3]) != 0;
}

/// Puts a cell where it belongs: eight counts where a cell has seven, if what is behind it is written later.
INLINE void put(char *target, const words32 *cell, bool has_room, bool adds) {
  if (!adds) {
    memcpy(target, cell, has_room ? sizeof *cell : cell_bytes);
    return;
  }
  words32 there = {0};
  memcpy(&there, target, cell_bytes);
  there += *cell;
  there |= (words32)(there < *cell);
  memcpy(target, &there, cell_bytes);
}

INLINE void write_narrow(
  const cell_edge *edge, const cell_edge *quick_end, const cell_edge *end, long local, words16 mask, char *target,
  bool adds
) {
  words16 last = load_words(edge[-1].row, local);
  for (; edge < quick_end; edge++, target += cell_bytes) {
    const words16 row = load_words(edge->row, local);
    const words32 cell = __builtin_convertvector((words16)((row - last) & mask), words32);
    put(target, &cell, true, false);
    last = row;
  }
  for (; edge < end; edge++, target += cell_bytes) {
    const words16 row = load_words(edge->row, local);
    const words32 cell = __builtin_convertvector((words16)((row - last) & mask), words32);
    put(target, &cell, false, adds);
    last = row;
  }
}

INLINE void write_wide(
  const cell_edge *edge, const cell_edge *quick_end, const cell_edge *end, long local, const words32 *mask,
  char *target, bool adds
) {
  words32 last, sum;
  load_sum(edge - 1, local, &last);
  for (; edge < quick_end; edge++, target += cell_bytes) {
    load_sum(edge, local, &sum);
    const words32 cell = (sum - last) & *mask;
    put(target, &cell, true, false);
    last = sum;
  }
  for (; edge < end; edge++, target += cell_bytes) {
    load_sum(edge, local, &sum);
    const words32 cell = (sum - last) & *mask;
    put(target, &cell, false, adds);
    last = sum;
  }
}

INLINE void write_run(
  const cell_edge *edges, long column_count, const cell_run *run, uint32_t *counts, long row_length,
  const uint32_t *low, const uint32_t *high, comparison how, bool has_next, bool adds
) {
  const long local = run->local;
  const words32 bits = {1, 2, 4, 8, 16, 32, 64, 0};
  const words32 mask = (words32)((bits & run->bands) != 0);
  char *const target = (char *)(counts + run->row * row_length);
  const cell_edge *const edge = edges + 1, *const end = edge + column_count;
  const cell_edge *const quick_end = adds ? edge : has_next ? end : end - 1;
  if (how == mostly_narrow) {
    words32 most, least;
    load_counts(high, local, &most);
    load_counts(low, local, &least);
    most = (most - least) & mask;
    how = is_beyond_16_bits(&most) ? wide : narrow;
  }
  if (how == narrow)
    write_narrow(edge, quick_end, end, local, __builtin_convertvector(mask, words16), target, adds);
  else
    write_wide(edge, quick_end, end, local, &mask, target, adds);
}

INLINE void write_runs(
  const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts,
  long row_length, const uint32_t *low, const uint32_t *high, comparison how, bool has_next, bool adds
) {
  for (long run = 0; run < run_count && run < runs_ahead; run++)
    read_ahead(
      edges, column_count + 1, runs + run, run == 0 ? ~runs->local : runs[run - 1].local, low, high, how);
  for (long run = 0; run < run_count; run++) {
    const cell_run *ahead = runs + run + runs_ahead;
    if (run + runs_ahead < run_count)
      read_ahead(edges, column_count + 1, ahead, ahead[-1].local, low, high, how);
    if (adds || runs[run].adds)
      write_run(edges, column_count, runs + run, counts, row_length, low, high, how, has_next, true);
    else
      write_run(edges, column_count, runs + run, counts, row_length, low, high, how, has_next, false);
  }
}

#define WRITE(attributes, name) \
  attributes static void name( \
    const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts, \
    long row_length, const uint32_t *low, const uint32_t *high, bool has_next, bool adds \
  ) { \
    if (!low || !high) \
      write_runs(edges, column_count, runs, run_count, counts, row_length, low, high, wide, has_next, adds); \
    else if (low == high) \
      write_runs(edges, column_count, runs, run_count, counts, row_length, low, high, narrow, has_next, adds); \
    else \
      write_runs( \
        edges, column_count, runs, run_count, counts, row_length, low, high, mostly_narrow, has_next, adds); \
  }

WRITE(, write_anywhere)

#if defined(__x86_64__)
WRITE(__attribute__((target("avx2"))), write_avx2)
#endif

void cell_rows_write(
  const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts,
  long row_length, const uint32_t *low, const uint32_t *high, bool has_next, bool adds
) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    write_avx2(edges, column_count, runs, run_count, counts, row_length, low, high, has_next, adds);
    return;
  }
#endif
  write_anywhere(edges, column_count, runs, run_count, counts, row_length, low, high, has_next, adds);
}
