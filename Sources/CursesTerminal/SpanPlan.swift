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
    for row in rows where !new.holdsSameCells(inRow: row, as: old) {
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

  /// Lends what spans are written from.
  ///
  /// - Parameter image: the new screen.
  mutating func lend(_ image: ScreenImage, _ body: (SpanPage) -> Void) {
    pending.withUnsafeMutableBufferPointer { pending in
      image.cells.withUnsafeBufferPointer { cells in
        styles.withUnsafeBufferPointer { styles in
          body(SpanPage(columns: columns, cells: cells, pending: pending, styles: styles))
        }
      }
    }
  }

  var isShort: Bool { spans.count <= Self.shortCount }

  /// All of them, row by row and from left to right.
  var inReadingOrder: [Span] {
    guard !fixed.isEmpty else { return spans }
    // A row is in one of the two.
    return (spans + fixed).sorted { ($0.row, $0.columns.lowerBound) < ($1.row, $1.columns.lowerBound) }
  }
}

/// A new screen while it is written, in memory that `SpanPlan` lends.
struct SpanPage {
  fileprivate let columns: Int
  fileprivate let cells: UnsafeBufferPointer<ImageCell>
  fileprivate let pending: UnsafeMutableBufferPointer<Bool>
  fileprivate let styles: UnsafeBufferPointer<TerminalStyle>

  @inline(__always)
  func style(_ number: UInt32) -> TerminalStyle { styles[Int(number)] }

  @inline(__always)
  func row(_ row: Int) -> UnsafeBufferPointer<ImageCell> {
    UnsafeBufferPointer(rebasing: cells[row * columns..<(row + 1) * columns])
  }

  /// Whether a cell is still to be written.
  @inline(__always)
  func isPending(_ column: Int, _ row: Int) -> Bool { pending[row * columns + column] }

  @inline(__always)
  func setPending(_ isPending: Bool, _ span: Span) {
    let start = span.row * columns
    for column in span.columns { pending[start + column] = isPending }
  }
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
    var span: Span?
    while column < new.count {
      if old[column] == new[column] {
        column += 1
        continue
      }
      // A wide grapheme is written from its first half.
      let start = new[column].isSecond ? column - 1 : column
      let end = start + (new[start].isWide ? 2 : 1)
      column = end
      if var begun = span {
        if extend(&begun, new, over: start..<end) {
          span = begun
          continue
        }
        spans.append(begun)
      }
      let style = new[start].style
      span = Span(
        row: row, columns: start..<end, style: style, isBlank: new[start].isSpace && hidesInk(style))
    }
    if let span { spans.append(span) }
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
  /// All spans, those that look alike together, in the order that moves the cursor least. The largest group comes first:
  /// what lies between its spans is still to be written, and may be written over.
  func spansByLook(_ writer: StreamWriter) -> [Span] {
    var slots = Array(repeating: -1, count: styles.count)
    var groups: [[Span]] = []
    for span in spans {
      let style = Int(span.style)
      if slots[style] < 0 {
        slots[style] = groups.count
        groups.append([])
      }
      groups[slots[style]].append(span)
    }
    groups.sort { $0.count > $1.count }
    var all: [Span] = []
    all.reserveCapacity(spans.count)
    for group in groups { all += inOrder(group, writer) }
    return all
  }

  /// Column by column where that moves the cursor less than row by row. To sort many takes longer than it saves.
  private func inOrder(_ group: [Span], _ writer: StreamWriter) -> [Span] {
    guard 2...200 ~= group.count else { return group }
    let down = Self.downwards(group)
    return costOfMoves(down, writer) < costOfMoves(group, writer) ? down : group
  }

  private static func downwards(_ group: [Span]) -> [Span] {
    let keys = group.indices.map { (group[$0].columns.lowerBound << 16 | group[$0].row) << 16 | $0 }
    return keys.sorted().map { group[$0 & 0xFFFF] }
  }

  private func costOfMoves(_ group: [Span], _ writer: StreamWriter) -> Int {
    var cost = 0
    for index in group.indices.dropFirst() {
      let (span, next) = (group[index - 1], group[index])
      cost += writer.costOfMove(
        from: CursorPlace(row: span.row, column: span.columns.upperBound),
        to: CursorPlace(row: next.row, column: next.columns.lowerBound))
    }
    return cost
  }
}
