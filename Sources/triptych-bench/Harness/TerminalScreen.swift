/// What a terminal would show: enough of ECMA-48 and xterm for the programs that are measured. Colours are not kept.
struct TerminalScreen {
  let columns: Int
  let rows: Int
  private var cells: [Unicode.Scalar]
  private var row = 0
  private var column = 0
  /// The cursor stands behind the last column, and the next character wraps.
  private var isPending = false
  private var top = 0
  private var bottom: Int
  private var last: Unicode.Scalar = " "
  private var saved = (row: 0, column: 0)
  private var state = State.text
  private var parameters: [UInt8] = []
  private var scalar: UInt32 = 0
  private var missing = 0
  /// Frames that were bracketed by synchronized output (mode 2026).
  private(set) var synchronizedFrameCount = 0

  private enum State { case text, escape, control, string, stringEscape, charset }

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    bottom = rows - 1
    cells = Array(repeating: " ", count: columns * rows)
  }

  /// The text of a row, without blanks at its end.
  func line(_ row: Int) -> String {
    var view = String.UnicodeScalarView(cells[row * columns..<(row + 1) * columns])
    while view.last == " " { view.removeLast() }
    return String(view)
  }

  var text: String { (0..<rows).map(line).joined(separator: "\n") }

  func contains(_ word: String) -> Bool { (0..<rows).contains { line($0).contains(word) } }

  /// The first number before the word "events", as line 1 of ours counts them; `nil` where there is none.
  var eventCount: Int? {
    for row in 0..<rows {
      let words = line(row).split(separator: " ")
      for (word, next) in zip(words, words.dropFirst()) where next == "events" {
        let digits = word.filter { $0 != "," && $0 != "~" }
        if let count = Int(digits) { return count }
      }
    }
    return nil
  }

  /// Where the next character would go.
  var cursor: Cursor { Cursor(row: row, column: column) }

  struct Cursor: Equatable {
    var row: Int
    var column: Int
  }

  var filledCellCount: Int { cells.count { $0 != " " } }

  mutating func feed(_ bytes: some Sequence<UInt8>) { for byte in bytes { feed(byte) } }

  private mutating func feed(_ byte: UInt8) {
    switch state {
    case .text: feedText(byte)
    case .escape: feedEscape(byte)
    case .charset: state = .text
    case .control:
      if byte < 0x40 { parameters.append(byte) } else { finishControl(byte) }
    case .string:
      if byte == 0x07 { state = .text } else if byte == 0x1b { state = .stringEscape }
    case .stringEscape: state = byte == 0x5c ? .text : .string
    }
  }

  // MARK: Text

  private mutating func feedText(_ byte: UInt8) {
    if missing > 0, byte & 0xc0 == 0x80 {
      scalar = scalar << 6 | UInt32(byte & 0x3f)
      missing -= 1
      if missing == 0 { put(Unicode.Scalar(scalar) ?? "\u{fffd}") }
      return
    }
    missing = 0
    switch byte {
    case 0x1b: state = .escape
    case 0x0d: move(row: row, column: 0)
    case 0x0a, 0x0b, 0x0c: lineFeed()
    case 0x08: move(row: row, column: column - 1)
    case 0x09: move(row: row, column: (column / 8 + 1) * 8)
    case 0x20..<0x7f: put(Unicode.Scalar(byte))
    case 0xc2..<0xe0: (scalar, missing) = (UInt32(byte & 0x1f), 1)
    case 0xe0..<0xf0: (scalar, missing) = (UInt32(byte & 0x0f), 2)
    case 0xf0..<0xf5: (scalar, missing) = (UInt32(byte & 0x07), 3)
    default: break
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    if isPending {
      column = 0
      lineFeed()
    }
    cells[row * columns + column] = scalar
    last = scalar
    isPending = column == columns - 1
    if !isPending { column += 1 }
  }

  private mutating func lineFeed() {
    isPending = false
    if row == bottom { scroll(1, from: top) } else { row = min(row + 1, rows - 1) }
  }

  private mutating func move(row: Int, column: Int) {
    self.row = min(max(row, 0), rows - 1)
    self.column = min(max(column, 0), columns - 1)
    isPending = false
  }

  /// Moves the rows from `first` to the bottom of the region up, or down where `count` is negative.
  private mutating func scroll(_ count: Int, from first: Int) {
    guard first <= bottom else { return }
    let height = bottom - first + 1
    let shift = min(abs(count), height)
    let old = cells
    for place in 0..<height {
      let source = count > 0 ? place + shift : place - shift
      for column in 0..<columns {
        cells[(first + place) * columns + column] =
          (0..<height).contains(source) ? old[(first + source) * columns + column] : " "
      }
    }
  }

  // MARK: Sequences

  private mutating func feedEscape(_ byte: UInt8) {
    state = .text
    switch byte {
    case UInt8(ascii: "["):
      parameters.removeAll(keepingCapacity: true)
      state = .control
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"): state = .string
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "#"):
      state = .charset
    case UInt8(ascii: "7"): saved = (row, column)
    case UInt8(ascii: "8"): move(row: saved.row, column: saved.column)
    case UInt8(ascii: "D"): lineFeed()
    case UInt8(ascii: "M"):
      if row == top { scroll(-1, from: top) } else { move(row: row - 1, column: column) }
    case UInt8(ascii: "E"):
      column = 0
      lineFeed()
    case UInt8(ascii: "c"): self = TerminalScreen(columns: columns, rows: rows)
    default: break
    }
  }

  private mutating func finishControl(_ final: UInt8) {
    state = .text
    if parameters.first == UInt8(ascii: "?") { return finishMode(final) }
    guard parameters.first.map({ $0 >= 0x30 && $0 <= 0x3b }) ?? true else { return }
    let numbers = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map {
      digits in
      digits.reduce(0) { min($0 * 10 + max(0, Int($1) - 0x30), 9_999) }
    }
    let first = max(1, numbers.first ?? 1)
    let second = max(1, numbers.dropFirst().first ?? 1)
    switch final {
    case UInt8(ascii: "H"), UInt8(ascii: "f"): move(row: first - 1, column: second - 1)
    case UInt8(ascii: "A"): move(row: row - first, column: column)
    case UInt8(ascii: "B"), UInt8(ascii: "e"): move(row: row + first, column: column)
    case UInt8(ascii: "C"), UInt8(ascii: "a"): move(row: row, column: column + first)
    case UInt8(ascii: "D"): move(row: row, column: column - first)
    case UInt8(ascii: "E"): move(row: row + first, column: 0)
    case UInt8(ascii: "F"): move(row: row - first, column: 0)
    case UInt8(ascii: "G"), UInt8(ascii: "`"): move(row: row, column: first - 1)
    case UInt8(ascii: "d"): move(row: first - 1, column: column)
    case UInt8(ascii: "J"): eraseDisplay(numbers.first ?? 0)
    case UInt8(ascii: "K"): eraseLine(numbers.first ?? 0)
    case UInt8(ascii: "X"): erase(row * columns + column, min(first, columns - column))
    case UInt8(ascii: "P"): shiftLine(first)
    case UInt8(ascii: "@"): shiftLine(-first)
    case UInt8(ascii: "L"): if row >= top { scroll(-first, from: row) }
    case UInt8(ascii: "M"): if row >= top { scroll(first, from: row) }
    case UInt8(ascii: "S"): scroll(first, from: top)
    case UInt8(ascii: "T"): scroll(-first, from: top)
    case UInt8(ascii: "b"): for _ in 0..<min(first, columns * rows) { put(last) }
    case UInt8(ascii: "r"):
      top = min(first - 1, rows - 1)
      bottom = min(numbers.count > 1 && numbers[1] > 0 ? numbers[1] - 1 : rows - 1, rows - 1)
      if top >= bottom { (top, bottom) = (0, rows - 1) }
      move(row: 0, column: 0)
    case UInt8(ascii: "s"): saved = (row, column)
    case UInt8(ascii: "u"): move(row: saved.row, column: saved.column)
    default: break
    }
  }

  private mutating func finishMode(_ final: UInt8) {
    let modes = parameters.dropFirst().split(separator: UInt8(ascii: ";")).map {
      String(decoding: $0, as: UTF8.self)
    }
    if final == UInt8(ascii: "h"), modes.contains("2026") { synchronizedFrameCount += 1 }
    if modes.contains("1049") || modes.contains("47") {
      erase(0, cells.count)
      move(row: 0, column: 0)
    }
  }

  private mutating func eraseDisplay(_ kind: Int) {
    let place = row * columns + column
    switch kind {
    case 0: erase(place, cells.count - place)
    case 1: erase(0, place + 1)
    default: erase(0, cells.count)
    }
  }

  private mutating func eraseLine(_ kind: Int) {
    let start = row * columns
    switch kind {
    case 0: erase(start + column, columns - column)
    case 1: erase(start, column + 1)
    default: erase(start, columns)
    }
  }

  private mutating func erase(_ place: Int, _ count: Int) {
    for index in place..<place + count { cells[index] = " " }
  }

  /// Takes out characters at the cursor, or makes room where `count` is negative.
  private mutating func shiftLine(_ count: Int) {
    let start = row * columns
    let old = Array(cells[start..<start + columns])
    for place in column..<columns {
      let source = place + count
      let isOutside = count > 0 ? source >= columns : source < column
      cells[start + place] = isOutside ? " " : old[source]
    }
  }
}
