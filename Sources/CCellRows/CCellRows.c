#include "CCellRows.h"

#include <string.h>

typedef uint16_t words16 __attribute__((vector_size(16)));
typedef uint32_t words32 __attribute__((vector_size(32)));

enum { band_count = 7, cell_bytes = 28, line_bytes = 64, runs_ahead = 12 };

#define INLINE static inline __attribute__((always_inline))

INLINE words16 load_row(const cell_edge *edge, long local) {
  words16 row;
  memcpy(&row, edge->row + local, sizeof row);
  return row;
}

INLINE void load_sum(const cell_edge *edge, long local, words32 *sum) {
  memcpy(sum, edge->base + local, sizeof *sum);
  *sum += __builtin_convertvector(load_row(edge, local), words32);
}

/// Asks for the numbers of a run, unless the run before, at `before`, has asked for the line they lie in.
INLINE void read_ahead(
  const cell_edge *edges, long edge_count, const cell_run *run, long before, bool same_base
) {
  const long local = run->local;
  if ((local ^ before) & -(line_bytes / (long)sizeof(uint16_t)))
    for (long edge = 0; edge < edge_count; edge++) __builtin_prefetch(edges[edge].row + local);
  if (!same_base && (local ^ before) & -(line_bytes / (long)sizeof(uint32_t)))
    for (long edge = 0; edge < edge_count; edge++) __builtin_prefetch(edges[edge].base + local);
}

typedef struct {
  words16 row;
  words32 sum;
} edge_numbers;

/// The counts between the edge before, whose numbers are in `last`, and this one, whose numbers are put there.
INLINE void difference(
  const cell_edge *edge, long local, bool same_base, edge_numbers *last, words32 *counts
) {
  if (same_base) {
    const words16 row = load_row(edge, local);
    *counts = __builtin_convertvector((words16)(row - last->row), words32);
    last->row = row;
  } else {
    words32 sum;
    load_sum(edge, local, &sum);
    *counts = sum - last->sum;
    last->sum = sum;
  }
}

INLINE void write_run(
  const cell_edge *edges, long column_count, const cell_run *run, uint32_t *counts, long row_length,
  bool same_base, bool has_next, bool adds
) {
  const long local = run->local;
  const words32 bits = {1, 2, 4, 8, 16, 32, 64, 0};
  const words32 mask = (words32)((bits & run->bands) != 0);
  char *target = (char *)(counts + run->row * row_length);
  const cell_edge *edge = edges + 1, *const end = edge + column_count;
  const cell_edge *const quick_end = adds ? edge : has_next ? end : end - 1;
  edge_numbers last;
  words32 cell;
  if (same_base) last.row = load_row(edges, local); else load_sum(edges, local, &last.sum);
  // Eight counts where a cell has seven: the next column is written after this one.
  for (; edge < quick_end; edge++, target += cell_bytes) {
    difference(edge, local, same_base, &last, &cell);
    cell &= mask;
    memcpy(target, &cell, sizeof cell);
  }
  for (; edge < end; edge++, target += cell_bytes) {
    words32 there = {0};
    difference(edge, local, same_base, &last, &cell);
    if (adds) memcpy(&there, target, cell_bytes);
    there += cell & mask;
    memcpy(target, &there, cell_bytes);
  }
}

INLINE void write_runs(
  const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts,
  long row_length, bool same_base, bool has_next, bool adds
) {
  for (long run = 0; run < run_count && run < runs_ahead; run++)
    read_ahead(edges, column_count + 1, runs + run, run == 0 ? ~runs->local : runs[run - 1].local, same_base);
  for (long run = 0; run < run_count; run++) {
    const cell_run *ahead = runs + run + runs_ahead;
    if (run + runs_ahead < run_count)
      read_ahead(edges, column_count + 1, ahead, ahead[-1].local, same_base);
    if (adds || runs[run].adds)
      write_run(edges, column_count, runs + run, counts, row_length, same_base, has_next, true);
    else
      write_run(edges, column_count, runs + run, counts, row_length, same_base, has_next, false);
  }
}

#define WRITE(attributes, name) \
  attributes static void name( \
    const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts, \
    long row_length, bool same_base, bool has_next, bool adds \
  ) { \
    if (same_base) \
      write_runs(edges, column_count, runs, run_count, counts, row_length, true, has_next, adds); \
    else \
      write_runs(edges, column_count, runs, run_count, counts, row_length, false, has_next, adds); \
  }

WRITE(, write_anywhere)

#if defined(__x86_64__)
WRITE(__attribute__((target("avx2"))), write_avx2)
#endif

void cell_rows_write(
  const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts,
  long row_length, bool same_base, bool has_next, bool adds
) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    write_avx2(edges, column_count, runs, run_count, counts, row_length, same_base, has_next, adds);
    return;
  }
#endif
  write_anywhere(edges, column_count, runs, run_count, counts, row_length, same_base, has_next, adds);
}
