import Preferences

/// Bytes for a terminal, and what the terminal will be like once it has them: where its cursor stands and how it
/// writes. Says the same in as few bytes as it can.
struct StreamWriter {
  private var bytes: ByteRoom
  private let columns: Int
  private let moves: CursorMoves
  private var cursor = CursorPlace.unknown
  /// `nil`: any.
  private var style: TerminalStyle?

  init(capabilities: StreamCapabilities, columns: Int) {
    self.columns = columns
    moves = CursorMoves(capabilities)
    bytes = ByteRoom(1024)
  }

  /// Ready for the next frame, from where the last one ended.
  mutating func takeBytes() -> [UInt8] { bytes.take() }

  var byteCount: Int { bytes.count }

  /// How far the writer has come.
  struct Place {
    fileprivate var cursor: CursorPlace
    fileprivate var style: TerminalStyle?
    fileprivate(set) var byteCount: Int
  }

  var place: Place { Place(cursor: cursor, style: style, byteCount: bytes.count) }

  /// Goes back to an earlier place; returns the bytes since.
  mutating func goBack(to place: Place) -> [UInt8] {
    (cursor, style) = (place.cursor, place.style)
    return bytes.removing(from: place.byteCount)
  }

  /// Writes again what `goBack` took, which ended at `end`.
  mutating func goOn(with taken: [UInt8], to end: Place) {
    taken.withUnsafeBufferPointer { bytes.append($0) }
    (cursor, style) = (end.cursor, end.style)
  }

  /// Where the cursor stands, if it is known to stand in `row`.
  func column(in row: Int) -> Int? {
    cursor.row == row && cursor.column >= 0 ? cursor.column : nil
  }

  mutating func append(_ text: StaticString) {
    bytes.append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// An empty screen, all of it scrolling, the terminal's own colours, the cursor at the top left.
  mutating func clear() {
    append("\u{1B}[r\u{1B}[m\u{1B}[H\u{1B}[2J")
    style = TerminalStyle()
    cursor = CursorPlace(row: 0, column: 0)
  }
}

// MARK: - Cursor

extension StreamWriter {
  mutating func move(toRow row: Int, column: Int) {
    let goal = CursorPlace(row: row, column: column)
    if cursor == goal { return }
    let move = moves.cheapest(from: cursor, to: goal)
    let start = cursor
    bytes.write(atMost: CursorMove.longest) { move.put(from: start, to: goal, &$0) }
    cursor = goal
  }

  /// Bytes that a move in this row takes.
  func costOfMove(toColumn column: Int) -> Int { costOfMove(toRow: max(0, cursor.row), column: column) }

  func costOfMove(toRow row: Int, column: Int) -> Int {
    moves.cheapest(from: cursor, to: CursorPlace(row: row, column: column)).cost
  }

  /// - Parameter start: behind the last column, where the cursor waits at the edge, only rows count.
  @inline(__always)
  func costOfMove(from start: CursorPlace, to goal: CursorPlace) -> Int {
    let column = start.column < columns ? start.column : CursorPlace.unknown.column
    return moves.cheapest(from: CursorPlace(row: start.row, column: column), to: goal).cost
  }
}

// MARK: - What is written, moved and erased where the cursor stands

extension StreamWriter {
  /// Writes the cells of `columns`, of one look, from where the cursor stands, as far as all terminals agree about their
  /// widths; returns the column behind.
  ///
  /// - Parameter stopsAtBlanks: in front of the first blank after something else.
  mutating func put(
    _ cells: UnsafeBufferPointer<ImageCell>, _ columns: Range<Int>, stopsAtBlanks: Bool
  ) -> Int {
    var column = columns.lowerBound
    bytes.write(atMost: 3 * columns.count) { text in
      var mayStop = false
      while column < columns.upperBound {
        let cell = cells[column]
        guard cell.isCertain, !(cell.isSpace && mayStop) else { break }
        mayStop = stopsAtBlanks && !cell.isSpace
        text.put(utf8: cell.glyph)
        column += 1
      }
    }
    advance(column - columns.lowerBound, isCertain: true)
    return column
  }

  /// Says that `count` columns were written; a glyph whose width terminals disagree about leaves the column open, and
  /// the last column leaves the terminal waiting at the edge.
  mutating func advance(_ count: Int, isCertain: Bool) {
    guard cursor.column >= 0 else { return }
    let next = cursor.column + count
    cursor.column = isCertain && next < columns ? next : CursorPlace.unknown.column
    if next >= columns && !isCertain { cursor.row = CursorPlace.unknown.row }
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    for unit in scalar.utf8 { bytes.append(unit) }
  }

  mutating func deleteCells(_ count: Int) { sequence(count, "P") }
  /// ECMA-48 8.3.64 ICH.
  mutating func insertCells(_ count: Int) { sequence(count, "@") }
  /// ECMA-48 8.3.38 ECH.
  mutating func eraseCells(_ count: Int) { sequence(count, "X") }
  /// ECMA-48 8.3.41 EL.
  mutating func eraseToEnd() { append("\u{1B}[K") }

  /// Moves `rows` by `distance`, up when it is positive (DECSTBM, ECMA-48 8.3.147 SU, 8.3.113 SD).
  mutating func scroll(_ rows: Range<Int>, by distance: Int, of screenRows: Int) {
    let isPart = rows != 0..<screenRows
    if isPart {
      append("\u{1B}[")
      append(number: rows.lowerBound + 1)
      bytes.append(UInt8(ascii: ";"))
      append(number: rows.upperBound)
      bytes.append(UInt8(ascii: "r"))
    }
    sequence(abs(distance), distance > 0 ? "S" : "T")
    if isPart {
      append("\u{1B}[r")
      cursor = CursorPlace(row: 0, column: 0)
    }
  }

  func costOfErasing(_ count: Int) -> Int { CursorMoves.sequenceCost(count) }
}

// MARK: - Style (ECMA-48 8.3.117 SGR)

extension StreamWriter {
  /// Sets how the next character looks; `isBlank` where it shows nothing but its background.
  @inline(__always)
  mutating func set(_ wanted: TerminalStyle, isBlank: Bool) {
    if let style {
      if style == wanted { return }
      if isBlank && style.background == wanted.background
        && style.modifiers.isDisjoint(with: TerminalStyle.visibleOnBlank)
      {
        return
      }
    }
    change(to: wanted, isBlank: isBlank)
  }

  /// Bytes that `set` takes.
  func cost(of wanted: TerminalStyle, isBlank: Bool) -> Int {
    if writes(wanted, blank: isBlank) { return 0 }
    guard let old = style, wanted != TerminalStyle() else { return Self.cost(from: nil, to: wanted) }
    var goal = wanted
    if isBlank {
      goal.foreground = old.foreground
      goal.modifiers = old.modifiers.subtracting(TerminalStyle.visibleOnBlank)
    }
    let difference = Self.cost(from: old, to: goal)
    return old.modifiers.isSubset(of: goal.modifiers)
      ? difference : min(difference, Self.cost(from: nil, to: wanted))
  }

  /// Whether a cell of `wanted` can be written as things are.
  func writes(_ wanted: TerminalStyle, blank isBlank: Bool) -> Bool {
    guard let style else { return false }
    if style == wanted { return true }
    let visible = style.modifiers.union(wanted.modifiers).intersection(TerminalStyle.visibleOnBlank)
    return isBlank && style.background == wanted.background && visible.isEmpty
  }

  /// The terminal's own colours, which fill what moving cells leave behind on every terminal.
  mutating func setPlain() { set(TerminalStyle(), isBlank: true) }

  private mutating func change(to wanted: TerminalStyle, isBlank: Bool) {
    guard let old = style, wanted != TerminalStyle() || isBlank && old.background == 0 else {
      return reset(to: wanted)
    }
    var goal = wanted
    if isBlank {
      // What cannot be seen stays as it is: the next word may want it.
      goal.foreground = old.foreground
      goal.modifiers = old.modifiers.subtracting(TerminalStyle.visibleOnBlank)
    }
    let start = bytes.count
    bytes.write(atMost: Self.longestSGR) { text in
      text.put("\u{1B}[")
      Self.putDifference(old, goal, &text)
      text.replaceLast(with: UInt8(ascii: "m"))
    }
    style = goal
    guard !old.modifiers.isSubset(of: goal.modifiers) else { return }
    // Taking something back may cost more than starting anew.
    let difference = bytes.removing(from: start)
    reset(to: wanted)
    if bytes.count - start > difference.count {
      _ = bytes.removing(from: start)
      difference.withUnsafeBufferPointer { bytes.append($0) }
      style = goal
    }
  }

  private mutating func reset(to wanted: TerminalStyle) {
    style = wanted
    if wanted == TerminalStyle() { return append("\u{1B}[m") }
    bytes.write(atMost: Self.longestSGR) { text in
      text.put("\u{1B}[0;")
      Self.putDifference(TerminalStyle(), wanted, &text)
      text.replaceLast(with: UInt8(ascii: "m"))
    }
  }

  /// Two colours of 17 bytes, and every modifier taken and given.
  private static let longestSGR = 96

  /// - Parameter old: `nil`: everything is taken back first.
  private static func cost(from old: TerminalStyle?, to new: TerminalStyle) -> Int {
    if old == nil && new == TerminalStyle() { return 3 }
    let start = old ?? TerminalStyle()
    var cost = old == nil ? 4 : 2
    if start.modifiers != new.modifiers {
      let taken = start.modifiers.subtracting(new.modifiers)
      let weights: Modifiers = [.bold, .dim]
      cost += 3 * taken.subtracting(weights).rawValue.nonzeroBitCount
      cost += 2 * new.modifiers.subtracting(start.modifiers).rawValue.nonzeroBitCount
      if !taken.isDisjoint(with: weights) {
        cost +=
          3 + 2 * start.modifiers.intersection(new.modifiers).intersection(weights).rawValue.nonzeroBitCount
      }
    }
    if start.foreground != new.foreground { cost += sgrByteCount(of: new.foreground) }
    if start.background != new.background { cost += sgrByteCount(of: new.background) }
    return cost
  }

  /// With the semicolon behind it; brighter grounds of the first sixteen colours take one more.
  private static func sgrByteCount(of color: UInt32) -> Int {
    func digits(_ value: UInt32) -> Int { value < 10 ? 1 : value < 100 ? 2 : 3 }
    let value = color & 0xFF_FFFF
    if color & TerminalStyle.palette != 0 { return value < 16 ? 3 : 6 + digits(value) }
    guard color & TerminalStyle.rgb != 0 else { return 3 }
    return 8 + digits(value >> 16) + digits(value >> 8 & 0xFF) + digits(value & 0xFF)
  }

  /// Every code followed by a semicolon.
  @inline(__always)
  private static func putDifference(_ old: TerminalStyle, _ new: TerminalStyle, _ text: inout ByteRoom.End) {
    if old.modifiers != new.modifiers {
      let weights: Modifiers = [.bold, .dim]
      var kept = old.modifiers
      if !old.modifiers.intersection(weights).isSubset(of: new.modifiers) {
        text.put("22;")
        kept.subtract(weights)
      }
      let taken = kept.subtracting(new.modifiers)
      if taken.contains(.italic) { text.put("23;") }
      if taken.contains(.underline) { text.put("24;") }
      if taken.contains(.reverse) { text.put("27;") }
      let added = new.modifiers.subtracting(kept)
      if added.contains(.bold) { text.put("1;") }
      if added.contains(.dim) { text.put("2;") }
      if added.contains(.italic) { text.put("3;") }
      if added.contains(.underline) { text.put("4;") }
      if added.contains(.reverse) { text.put("7;") }
    }
    if old.foreground != new.foreground { put(color: new.foreground, base: 30, &text) }
    if old.background != new.background { put(color: new.background, base: 40, &text) }
  }

  /// - Parameter base: 30 for words, 40 for their ground.
  @inline(__always)
  private static func put(color: UInt32, base: Int, _ text: inout ByteRoom.End) {
    let value = Int(color & 0xFF_FFFF)
    if color & TerminalStyle.palette != 0 {
      if value < 16 {
        text.put(number: value < 8 ? base + value : base + 60 + value - 8)
      } else {
        text.put(number: base + 8)
        text.put(";5;")
        text.put(number: value)
      }
    } else if color & TerminalStyle.rgb != 0 {
      text.put(number: base + 8)
      text.put(";2;")
      text.put(number: value >> 16)
      text.put(UInt8(ascii: ";"))
      text.put(number: value >> 8 & 0xFF)
      text.put(UInt8(ascii: ";"))
      text.put(number: value & 0xFF)
    } else {
      text.put(number: base + 9)
    }
    text.put(UInt8(ascii: ";"))
  }
}

// MARK: - Spelling

extension StreamWriter {
  /// CSI with one number, which is left out where it is 1.
  private mutating func sequence(_ number: Int, _ final: Unicode.Scalar) {
    append("\u{1B}[")
    if number != 1 { append(number: number) }
    bytes.append(UInt8(truncatingIfNeeded: final.value))
  }

  private mutating func append(number: Int) { bytes.write(atMost: 20) { $0.put(number: number) } }
}
