import CNcurses
public import CellCanvas
import Preferences
import SceneGraph

/// Turns frames into the bytes that change a terminal from one to the next: what did not change is not sent, what only
/// moved is moved by the terminal itself. Pure: the same frames give the same bytes; nothing is written anywhere.
public struct StreamEncoder {
  private let capabilities: StreamCapabilities
  private var inventory: ImageInventory
  private var writer: StreamWriter
  /// What the terminal shows; `nil`: nobody knows.
  private var shown: (frame: CellFrame, image: ScreenImage)?
  /// `nil`: nobody knows.
  private var cursorIsVisible: Bool?

  /// Shorter frames change the screen in one piece anyway.
  private static let synchronizedByteCount = 256

  /// Widths of characters are the C library's, as those of `CursesScreen` are; it is told the locale for that.
  public init(capabilities: StreamCapabilities) {
    _ = cn_set_locale()
    self.init(capabilities: capabilities) { Int(cn_width($0.value)) }
  }

  /// - Parameter width: columns of a scalar, as `wcwidth` tells.
  init(capabilities: StreamCapabilities, width: @escaping (Unicode.Scalar) -> Int) {
    self.capabilities = capabilities
    inventory = ImageInventory(isUTF8: capabilities.isUTF8, width: width)
    writer = StreamWriter(capabilities: capabilities, columns: 0)
  }

  /// The bytes that turn a terminal which shows `shown` into one which shows `next`; none when they look the same.
  ///
  /// - Parameter shown: `nil`, or of another extent: the screen is cleared and painted.
  public static func bytes(
    from shown: CellFrame?, to next: CellFrame, _ capabilities: StreamCapabilities = .xterm
  ) -> [UInt8] {
    var encoder = StreamEncoder(capabilities: capabilities)
    if let shown { _ = encoder.encode(shown) }
    return encoder.encode(next)
  }

  /// The bytes after which the terminal shows `next`, if it got all that was encoded before. O(cells) and small where
  /// little changed.
  public mutating func encode(_ next: CellFrame) -> [UInt8] {
    if inventory.isFull { forget() }
    let old = shown.flatMap { $0.frame.extent == next.extent ? $0 : nil }
    shown = nil
    let image: ScreenImage
    if let old {
      image = update(old.image, from: old.frame, to: next)
    } else {
      image = paint(next)
    }
    placeCursor(of: next)
    shown = (next, image)
    var bytes = writer.takeBytes()
    if capabilities.synchronizes && bytes.count > Self.synchronizedByteCount { Self.bracket(&bytes) }
    return bytes
  }

  /// The screen was changed by something else, or was not sent to its end: the next frame paints all of it.
  public mutating func forget() {
    shown = nil
    cursorIsVisible = nil
    inventory = inventory.emptied()
  }

  /// Synchronized output (mode 2026): terminals show what is between the brackets at once.
  private static func bracket(_ bytes: inout [UInt8]) {
    bytes.insert(contentsOf: Array("\u{1B}[?2026h".utf8), at: 0)
    bytes.append(contentsOf: Array("\u{1B}[?2026l".utf8))
  }

  private mutating func placeCursor(of frame: CellFrame) {
    let isVisible = frame.cursor != nil
    if let cursor = frame.cursor { writer.move(toRow: cursor.row, column: cursor.column) }
    guard isVisible != cursorIsVisible else { return }
    writer.append(isVisible ? "\u{1B}[?25h" : "\u{1B}[?25l")
    cursorIsVisible = isVisible
  }
}

// MARK: - Few changes: the order that takes fewest bytes

extension StreamEncoder {
  /// Cells side by side that differ from the screen and look alike.
  private struct Span {
    var row: Int
    var columns: Range<Int>
    var style: TerminalStyle
    var isBlank: Bool
  }

  /// More are written from top to bottom.
  private static let orderedSpanCount = 24

  /// A cursor that moves by a cell leaves and enters cells of three looks: those of one look are written together,
  /// where that is shorter than from left to right.
  private mutating func writeInBestOrder(_ rows: Range<Int>, from old: ScreenImage, to new: ScreenImage) {
    let start = writer.place
    for row in rows { write(row, from: old, to: new) }
    guard var spans = spans(in: rows, from: old, to: new), spans.count > 2 else { return }
    let end = writer.place
    let inOrder = writer.goBack(to: start)
    while let next = spans.indices.min(by: { cost(of: spans[$0]) < cost(of: spans[$1]) }) {
      let span = spans.remove(at: next)
      old.withRow(span.row) { old in
        new.withRow(span.row) { new in
          var column = span.columns.lowerBound
          while column < span.columns.upperBound { column = write(new, old, row: span.row, from: column) }
        }
      }
      guard writer.byteCount < end.byteCount else { break }
    }
    guard writer.byteCount >= end.byteCount else { return }
    _ = writer.goBack(to: start)
    writer.goOn(with: inOrder, to: end)
  }

  private func cost(of span: Span) -> Int {
    writer.cost(ofRow: span.row, column: span.columns.lowerBound, span.style, isBlank: span.isBlank)
  }

  /// `nil` when there are many, or something wide is near, of which one half must not be written after the other.
  private func spans(in rows: Range<Int>, from old: ScreenImage, to new: ScreenImage) -> [Span]? {
    var spans: [Span] = []
    for row in rows {
      for column in 0..<new.columns where old[column, row] != new[column, row] {
        guard !old.hasWide[row], !new.hasWide[row] else { return nil }
        let cell = new[column, row]
        if let last = spans.last, last.row == row, last.columns.upperBound == column,
          new[column - 1, row].style == cell.style
        {
          spans[spans.count - 1].columns = last.columns.lowerBound..<column + 1
          spans[spans.count - 1].isBlank = last.isBlank && cell.isSpace
          continue
        }
        guard spans.count < Self.orderedSpanCount else { return nil }
        let style = inventory.styles[Int(cell.style)]
        let isBlank = cell.isSpace && style.modifiers.isDisjoint(with: TerminalStyle.visibleOnBlank)
        spans.append(Span(row: row, columns: column..<column + 1, style: style, isBlank: isBlank))
      }
    }
    return spans
  }
}

// MARK: - Rows

extension StreamEncoder {
  private mutating func paint(_ next: CellFrame) -> ScreenImage {
    writer = StreamWriter(capabilities: capabilities, columns: next.columns)
    writer.clear()
    let empty = ScreenImage(columns: next.columns, rows: next.rows)
    var image = empty
    for row in 0..<next.rows { image.read(row, of: next, &inventory) }
    for row in 0..<next.rows { write(row, from: empty, to: image) }
    return image
  }

  private mutating func update(_ old: ScreenImage, from shown: CellFrame, to next: CellFrame) -> ScreenImage {
    var image = old
    var changedRows: [Int] = []
    for row in 0..<next.rows where !shown.holdsSameBytes(asRow: row, of: next) {
      image.read(row, of: next, instead: shown, &inventory)
      if !image.holdsSameCells(inRow: row, as: old) { changedRows.append(row) }
    }
    guard let first = changedRows.first, let last = changedRows.last else { return image }
    var before = old
    let motion = ScreenMotion(from: before, to: image, rows: first..<last + 1, capabilities)
    for scroll in motion.scrolls {
      writer.setPlain()
      writer.scroll(scroll.rows, by: scroll.distance, of: next.rows)
      before.apply(scroll)
    }
    // A scroll may have changed rows that were right.
    let rows = motion.scrolls.reduce(first..<last + 1) {
      min($0.lowerBound, $1.rows.lowerBound)..<max($0.upperBound, $1.rows.upperBound)
    }
    if motion.isNone {
      writeInBestOrder(rows, from: before, to: image)
      return image
    }
    for row in rows {
      if let slide = motion.slide(in: row, from: before, to: image) {
        write(slide, in: row)
        before.apply(slide, in: row)
      }
      write(row, from: before, to: image)
    }
    return image
  }

  private mutating func write(_ slide: Slide, in row: Int) {
    writer.setPlain()
    let count = abs(slide.distance)
    let inner = slide.columns.upperBound - count
    let reachesEdge = slide.columns.upperBound == slide.screenColumns
    if slide.distance > 0 {
      writer.move(toRow: row, column: slide.columns.lowerBound)
      writer.deleteCells(count)
      if !reachesEdge {
        writer.move(toRow: row, column: inner)
        writer.insertCells(count)
      }
    } else {
      if !reachesEdge {
        writer.move(toRow: row, column: inner)
        writer.deleteCells(count)
      }
      writer.move(toRow: row, column: slide.columns.lowerBound)
      writer.insertCells(count)
    }
  }

  private mutating func write(_ row: Int, from old: ScreenImage, to new: ScreenImage) {
    old.withRow(row) { old in
      new.withRow(row) { new in
        var column = 0
        while let first = Self.firstDifference(old, new, from: column) {
          // A wide grapheme is written from its first half.
          column = write(new, old, row: row, from: new[first].isSecond ? first - 1 : first)
        }
      }
    }
  }

  private static func firstDifference(
    _ old: UnsafeBufferPointer<ImageCell>, _ new: UnsafeBufferPointer<ImageCell>, from start: Int
  ) -> Int? {
    guard let oldCells = old.baseAddress, let newCells = new.baseAddress else { return nil }
    var column = start
    while column < new.count {
      if oldCells[column] != newCells[column] { return column }
      column += 1
    }
    return nil
  }

  /// Writes something of `row` that differs and returns the first column behind it.
  private mutating func write(
    _ new: UnsafeBufferPointer<ImageCell>, _ old: UnsafeBufferPointer<ImageCell>, row: Int, from column: Int
  ) -> Int {
    bridge(new, row: row, to: column)
    let cell = new[column]
    let style = inventory.styles[Int(cell.style)]
    let isBlank = cell.isSpace && style.modifiers.isDisjoint(with: TerminalStyle.visibleOnBlank)
    if isBlank, capabilities.erases, capabilities.erasesInColor || style.background == 0 {
      let run = sameCells(new, old, from: column)
      let isToEnd = run.end == new.count
      let limit = isToEnd ? 3 : writer.costOfErasing(run.changed) + 4
      if run.changed > limit { return erase(run, style, isToEnd: isToEnd, row: row, column: column) }
    }
    writer.move(toRow: row, column: column)
    writer.set(style, isBlank: isBlank)
    put(cell)
    return column + (cell.isWide ? 2 : 1)
  }

  /// Erasing takes only the background along: nothing else may be set that shows on a blank.
  private mutating func erase(
    _ run: Run, _ style: TerminalStyle, isToEnd: Bool, row: Int, column: Int
  ) -> Int {
    writer.move(toRow: row, column: column)
    writer.set(style, isBlank: true)
    if isToEnd {
      writer.eraseToEnd()
      return run.end
    }
    writer.eraseCells(run.changed)
    return column + run.changed
  }

  private struct Run {
    /// Equal cells from the start of the run to the last one that differs from the screen.
    var changed: Int
    /// The column behind the last equal cell.
    var end: Int
  }

  private func sameCells(
    _ new: UnsafeBufferPointer<ImageCell>, _ old: UnsafeBufferPointer<ImageCell>, from start: Int
  ) -> Run {
    let cell = new[start]
    var run = Run(changed: 1, end: start + 1)
    while run.end < new.count, new[run.end] == cell {
      if old[run.end] != cell { run.changed = run.end - start + 1 }
      run.end += 1
    }
    return run
  }

  /// Writes again what lies between the cursor and `column`, where that takes fewer bytes than to step over it.
  private mutating func bridge(_ new: UnsafeBufferPointer<ImageCell>, row: Int, to column: Int) {
    guard let start = writer.column(in: row), start < column, column - start <= 6 else { return }
    let limit = writer.costOfMove(toColumn: column)
    var cost = 0
    for cell in new[start..<column] {
      let style = inventory.styles[Int(cell.style)]
      guard !cell.isWide, !cell.isSecond, ImageCell.hasCertainWidth(cell.glyph),
        writer.writes(style, blank: cell.isSpace)
      else { return }
      cost += cell.glyph < 0x80 ? 1 : cell.glyph < 0x800 ? 2 : 3
      if cost >= limit { return }
    }
    for cell in new[start..<column] { put(cell) }
  }

  private mutating func put(_ cell: ImageCell) {
    inventory.withScalars(of: cell.glyph) { writer.append($0) }
    writer.advance(cell.isWide ? 2 : 1, isCertain: ImageCell.hasCertainWidth(cell.glyph))
  }
}
