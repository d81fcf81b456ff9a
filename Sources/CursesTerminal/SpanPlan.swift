/// Cells side by side that differ from the screen and can be written in one style.
struct Span {
  var row: Int
  var columns: Range<Int>
  /// Its number in the inventory.
  var style: UInt32
  /// Nothing but its background can be seen.
  var isBlank: Bool
}

/// What is to be written of a new screen, and in which order.
///
/// A change of colours takes ten to twenty bytes and a step of the cursor three or four, so where there is much to write
/// everything of one look is written before anything of the next.
struct SpanPlan {
  /// Row by row, from left to right; those of rows without anything wide.
  private(set) var spans: [Span]
  /// Those of rows with something wide, of which one half must not be written after the other: to be written as they come.
  private(set) var fixed: [Span]
  /// Row-major: cells that differ from the screen and were not written yet.
  private var pending: [Bool]
  private let columns: Int
  private let styles: [TerminalStyle]

  /// More are ordered by their looks.
  private static let shortCount = 24

  init(from old: ScreenImage, to new: ScreenImage, rows: Range<Int>, styles: [TerminalStyle]) {
    columns = new.columns
    self.styles = styles
    pending = Array(repeating: false, count: new.columns * new.rows)
    var collected = (spans: [Span](), fixed: [Span]())
    let look = Looks(styles: styles)
    for row in rows {
      let isFixed = old.hasWide[row] || new.hasWide[row]
      old.withRow(row) { old in
        new.withRow(row) { new in
          if isFixed {
            look.collect(row, from: old, to: new, into: &collected.fixed)
          } else {
            look.collect(row, from: old, to: new, into: &collected.spans)
          }
        }
      }
    }
    (spans, fixed) = collected
    for span in spans { setPending(true, span) }
  }

  private mutating func setPending(_ isPending: Bool, _ span: Span) {
    let start = span.row * columns
    pending.withUnsafeMutableBufferPointer {
      for column in span.columns { $0[start + column] = isPending }
    }
  }

  mutating func isWritten(_ span: Span) { setPending(false, span) }

  func withPending<Result>(inRow row: Int, _ body: (UnsafeBufferPointer<Bool>) -> Result) -> Result {
    pending.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[row * columns..<(row + 1) * columns]))
    }
  }

  var isShort: Bool { spans.count <= Self.shortCount }
}

// MARK: - Collecting

/// Finds the spans of a row by what its cells look like.
private struct Looks {
  let styles: [TerminalStyle]

  func collect(
    _ row: Int, from old: UnsafeBufferPointer<ImageCell>, to new: UnsafeBufferPointer<ImageCell>,
    into spans: inout [Span]
  ) {
    var column = 0
    let firstOfRow = spans.count
    while column < new.count {
      if old[column] == new[column] {
        column += 1
        continue
      }
      // A wide grapheme is written from its first half.
      let start = new[column].isSecond ? column - 1 : column
      let end = start + (new[start].isWide ? 2 : 1)
      if spans.count == firstOfRow || !extend(&spans[spans.count - 1], new, over: start..<end) {
        let style = new[start].style
        spans.append(
          Span(row: row, columns: start..<end, style: style, isBlank: new[start].isSpace && hidesInk(style)))
      }
      column = end
    }
  }

  private func hidesInk(_ style: UInt32) -> Bool {
    styles[Int(style)].modifiers.isDisjoint(with: TerminalStyle.visibleOnBlank)
  }

  /// Takes a cell into the span left of it, if both can be written in one style.
  private func extend(
    _ span: inout Span, _ new: UnsafeBufferPointer<ImageCell>, over columns: Range<Int>
  ) -> Bool {
    let cell = new[columns.lowerBound]
    let end = span.columns.upperBound
    if columns.lowerBound > end {
      // Blanks are erased together, also those that are there already.
      guard span.isBlank, new[end - 1] == cell, new[end..<columns.lowerBound].allSatisfy({ $0 == cell })
      else {
        return false
      }
    } else if cell.style != span.style {
      guard styles[Int(cell.style)].background == styles[Int(span.style)].background else { return false }
      let cellIsBlank = cell.isSpace && hidesInk(cell.style)
      if span.isBlank {
        guard hidesInk(cell.style) else { return false }
        span.style = cell.style
        span.isBlank = cellIsBlank
      } else {
        guard cellIsBlank, hidesInk(span.style) else { return false }
      }
    } else if span.isBlank && !cell.isSpace {
      span.isBlank = false
    }
    span.columns = span.columns.lowerBound..<columns.upperBound
    return true
  }
}

// MARK: - Ordering

extension SpanPlan {
  /// The span that costs least to begin where `writer` is.
  mutating func takeCheapest(_ writer: StreamWriter) -> Span? {
    let best = spans.indices.min { cost(of: spans[$0], writer) < cost(of: spans[$1], writer) }
    return best.map { spans.remove(at: $0) }
  }

  private func cost(of span: Span, _ writer: StreamWriter) -> Int {
    writer.costOfMove(toRow: span.row, column: span.columns.lowerBound)
      + writer.cost(of: styles[Int(span.style)], isBlank: span.isBlank)
  }

  /// Numbers of spans that look alike, each group in the order that moves the cursor least. The largest group comes first:
  /// what lies between its spans is still to be written, and may be written over.
  func groups(_ writer: StreamWriter) -> [[UInt32]] {
    var slots = Array(repeating: -1, count: styles.count)
    var groups: [[UInt32]] = []
    for (index, span) in spans.enumerated() {
      let style = Int(span.style)
      if slots[style] < 0 {
        slots[style] = groups.count
        groups.append([])
      }
      groups[slots[style]].append(UInt32(index))
    }
    groups.sort { $0.count > $1.count }
    return groups.map { group in
      guard group.count <= 200 else { return group }
      let down = group.sorted { left, right in
        let (left, right) = (spans[Int(left)], spans[Int(right)])
        return (left.columns.lowerBound, left.row) < (right.columns.lowerBound, right.row)
      }
      return costOfMoves(down, writer) < costOfMoves(group, writer) ? down : group
    }
  }

  private func costOfMoves(_ group: [UInt32], _ writer: StreamWriter) -> Int {
    var cost = 0
    for (index, next) in zip(group, group.dropFirst()) {
      let (span, next) = (spans[Int(index)], spans[Int(next)])
      cost += writer.costOfMove(
        from: (span.row, span.columns.upperBound), toRow: next.row, column: next.columns.lowerBound)
    }
    return cost
  }
}
