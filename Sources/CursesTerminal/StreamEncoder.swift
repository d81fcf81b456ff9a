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
  private var shown: CellFrame?
  /// The image of what is shown, and the same again: one becomes that of the next frame while the other goes through all
  /// that happens to the terminal, so that neither is copied.
  private var image = ScreenImage(columns: 0, rows: 0)
  private var before = ScreenImage(columns: 0, rows: 0)
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
    if let shown, shown.extent == next.extent {
      update(from: shown, to: next)
    } else {
      paint(next)
    }
    placeCursor(of: next)
    shown = next
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

// MARK: - Rows

extension StreamEncoder {
  /// Row by row: nobody knows what stands there, so there is nothing to compare, to move or to save.
  private mutating func paint(_ next: CellFrame) {
    writer = StreamWriter(capabilities: capabilities, columns: next.columns)
    writer.clear()
    before = ScreenImage(columns: next.columns, rows: next.rows)
    image = before
    for row in 0..<next.rows { image.read(row, of: next, &inventory) }
    var plan = SpanPlan(from: before, to: image, rows: 0..<next.rows, styles: inventory.styles)
    let spans = plan.inReadingOrder
    plan.lend(image) { page in
      for span in spans { write(span, page) }
    }
    before = image
  }

  private mutating func update(from shown: CellFrame, to next: CellFrame) {
    var changed: Range<Int>?
    for row in 0..<next.rows where !shown.holdsSameBytes(asRow: row, of: next) {
      image.read(row, of: next, instead: shown, &inventory)
      if !image.holdsSameCells(inRow: row, as: before) { changed = (changed?.lowerBound ?? row)..<row + 1 }
    }
    guard let changed else { return }
    let motion = ScreenMotion(from: &before, to: image, rows: changed, capabilities)
    for scroll in motion.scrolls {
      writer.setPlain()
      writer.scroll(scroll.rows, by: scroll.distance, of: next.rows)
    }
    // A scroll may have changed rows that were right.
    let rows = motion.scrolls.reduce(changed) {
      min($0.lowerBound, $1.rows.lowerBound)..<max($0.upperBound, $1.rows.upperBound)
    }
    let slides = motion.slides(in: rows, from: before, to: image)
    write(slides)
    for slide in slides { before.apply(slide) }
    write(rows)
    before.copy(rows, from: image)
  }

  /// Rows one below the other that move alike go through each step together: from row to row is a step of a byte or
  /// three, and along the row and back more.
  private mutating func write(_ slides: [Slide]) {
    guard !slides.isEmpty else { return }
    writer.setPlain()
    var rest = slides[...]
    while let first = rest.first {
      let alike = rest.prefix { $0.columns == first.columns && $0.distance == first.distance }
      rest = rest.dropFirst(alike.count)
      // What comes in from an edge of the screen is pushed out again by the second step.
      let isLeft = first.distance > 0
      let count = abs(first.distance)
      let (near, far) = (first.columns.lowerBound, first.columns.upperBound - count)
      let reachesEdge = first.columns.upperBound == first.screenColumns
      let steps = [(near, isLeft), (far, !isLeft)].filter { !(reachesEdge && $0.0 == far) }
      for (column, deletes) in isLeft ? steps : steps.reversed() {
        for slide in alike {
          writer.move(toRow: slide.row, column: column)
          if deletes { writer.deleteCells(count) } else { writer.insertCells(count) }
        }
      }
    }
  }
}

// MARK: - Cells

extension StreamEncoder {
  /// Writes what differs in `rows`, in an order that takes few bytes.
  private mutating func write(_ rows: Range<Int>) {
    var plan = SpanPlan(from: before, to: image, rows: rows, styles: inventory.styles)
    let (fixed, isShort) = (plan.fixed, plan.isShort)
    let spans = isShort ? plan.spans : plan.spansByLook(writer)
    plan.lend(image) { page in
      for span in fixed { write(span, page) }
      if isShort { return writeShort(spans, page) }
      for span in spans { write(span, page) }
    }
  }

  /// A cursor that moves by a cell leaves and enters cells of three looks: from left to right, or what costs least to
  /// begin first, whichever is shorter.
  private mutating func writeShort(_ spans: [Span], _ page: SpanPage) {
    let start = writer.place
    for span in spans { write(span, page) }
    guard spans.count > 2 else { return }
    let end = writer.place
    let bytes = writer.goBack(to: start)
    for span in spans { page.setPending(true, span) }
    var rest = spans
    while writer.byteCount < end.byteCount, let index = cheapest(of: rest, page) {
      write(rest.remove(at: index), page)
    }
    guard writer.byteCount >= end.byteCount else { return }
    _ = writer.goBack(to: start)
    writer.goOn(with: bytes, to: end)
  }

  /// Where the span stands that costs least to begin.
  private func cheapest(of spans: [Span], _ page: SpanPage) -> Int? {
    var best: (index: Int, cost: Int)?
    for (index, span) in spans.enumerated() {
      let cost =
        writer.costOfMove(toRow: span.row, column: span.columns.lowerBound)
        + writer.cost(of: page.style(span.style), isBlank: span.isBlank)
      if cost < best?.cost ?? .max { best = (index, cost) }
    }
    return best?.index
  }

  private mutating func write(_ span: Span, _ page: SpanPage) {
    page.setPending(false, span)
    let cells = page.row(span.row)
    bridge(cells, page, row: span.row, to: span.columns.lowerBound)
    let style = page.style(span.style)
    // Erasing takes only the background along: nothing else may be set that shows on a blank.
    let mayErase =
      capabilities.erases && (capabilities.erasesInColor || style.background == 0)
      && style.modifiers.isDisjoint(with: TerminalStyle.visibleOnBlank)
    var column = span.columns.lowerBound
    while column < span.columns.upperBound {
      writer.move(toRow: span.row, column: column)
      writer.set(style, isBlank: span.isBlank)
      if mayErase, cells[column].isSpace, let end = erase(cells, from: column, to: span.columns.upperBound) {
        column = end
      } else if cells[column].isCertain {
        column = writer.put(cells, column..<span.columns.upperBound, stopsAtBlanks: mayErase)
      } else {
        put(cells[column])
        column += cells[column].isWide ? 2 : 1
      }
    }
  }

  /// Erases blanks that begin at `column`, where that is shorter than to write them; returns the column behind.
  private mutating func erase(
    _ cells: UnsafeBufferPointer<ImageCell>, from column: Int, to spanEnd: Int
  ) -> Int? {
    let blank = cells[column]
    var end = column + 1
    while end < spanEnd, cells[end] == blank { end += 1 }
    guard end - column > 3 else { return nil }
    if end == spanEnd, cells[end...].allSatisfy({ $0 == blank }) {
      writer.eraseToEnd()
      return cells.count
    }
    guard end - column > writer.costOfErasing(end - column) + (end < spanEnd ? 4 : 0) else { return nil }
    writer.eraseCells(end - column)
    return end
  }

  /// Writes over what lies between the cursor and `column`, where that takes fewer bytes than to step over it: with what
  /// stands there, or with anything where something else will be written yet.
  private mutating func bridge(
    _ cells: UnsafeBufferPointer<ImageCell>, _ page: SpanPage, row: Int, to column: Int
  ) {
    guard let start = writer.column(in: row), start < column, column - start <= 6 else { return }
    let limit = writer.costOfMove(toColumn: column)
    var cost = 0
    for place in start..<column {
      let cell = cells[place]
      if page.isPending(place, row) {
        cost += 1
      } else {
        guard !cell.isSecond, cell.isCertain, writer.writes(page.style(cell.style), blank: cell.isSpace)
        else { return }
        cost += cell.glyph < 0x80 ? 1 : cell.glyph < 0x800 ? 2 : 3
      }
      if cost >= limit { return }
    }
    for place in start..<column { put(page.isPending(place, row) ? .blank : cells[place]) }
  }

  private mutating func put(_ cell: ImageCell) {
    inventory.withScalars(of: cell.glyph) { writer.append($0) }
    writer.advance(cell.isWide ? 2 : 1, isCertain: ImageCell.hasCertainWidth(cell.glyph))
  }
}
