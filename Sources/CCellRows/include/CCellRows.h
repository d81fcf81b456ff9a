// CCellRows: differences of cumulative rows, with the machine's vector instructions and with reads ahead of need.
// Two things that Swift cannot say; numbers and addresses only, imported by EventMatrix and by no other room.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// What lies before an edge of a column, per cell: `base[cell] + (uint16_t)(row[cell] - first[cell])`.
typedef struct {
  const uint16_t *row;
  const uint16_t *first;
  const uint32_t *base;
} cell_edge;

/// Neighbouring cells of a row that belong to one cell row of the answer.
typedef struct {
  /// Where band 0 is or would be; may be negative.
  int32_t local;
  /// Of the answer.
  int32_t row;
  /// One bit per band, 0 to 6.
  uint32_t bands;
  /// Whether the counts are added to those that are there.
  bool adds;
} cell_run;

/// For each run, sets `column_count` cells of seven counts to what lies between neighbouring edges, of which there are
/// one more than columns; all seven, also those whose bit is not in `bands`.
///
/// - `counts` is where row 0 and the first of the columns is, `row_length` counts lie from one row to the next.
/// - Eight numbers are read from each address + `local`, whatever the bands.
/// - `low` and `high`: where they are not null, rows alone say what lies between two edges, as long as no more than 16 bits
///   hold does; and in no column is more than what `high` has beyond `low`. Where they are the same, nobody has to look:
///   no column has so much.
/// - What is added stays at the greatest count where it would run over.
/// - `has_next`: behind the last column of a row there is one more column, which the caller has yet to write.
/// - `adds`: all runs add.
void cell_rows_write(
  const cell_edge *edges, long column_count, const cell_run *runs, long run_count, uint32_t *counts,
  long row_length, const uint32_t *low, const uint32_t *high, bool has_next, bool adds);
