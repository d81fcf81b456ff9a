import Foundation

/// A terminal for tests: bytes in, screen out, written from ECMA-48 and xterm's ctlseqs and knowing nothing of the
/// encoder. Strict: what it does not know, and what terminals do not agree about, is a complaint.
struct VTScreen {
  struct Style: Hashable {
    /// As SGR spells it without the leading 3 or 4: `9` the terminal's own, `8;5;N`, `8;2;R;G;B`, or a digit.
    var foreground = "9"
    var background = "9"
    var modifiers: Set<Int> = []
  }

  struct Cell: Hashable {
    var text = " "
    var style = Style()
    /// The second half of what stands before it.
    var isSecond = false

    /// What can be seen: a blank shows no foreground.
    var visible: Cell {
      guard text == " ", modifiersOnBlank.isEmpty else { return self }
      var seen = Cell(isSecond: isSecond)
      seen.style.background = style.background
      return seen
    }

    private var modifiersOnBlank: Set<Int> { style.modifiers.intersection([4, 7]) }
  }

  private(set) var columns: Int
  private(set) var rows: Int
  private(set) var cells: [Cell]
  private(set) var row = 0
  private(set) var column = 0
  private(set) var cursorIsVisible = true
  private(set) var isSynchronizing = false
  private(set) var complaints: [String] = []
  /// What is erased or comes in from an edge has the background that is set.
  let erasesInColor: Bool
  private var style = Style()
  private var waitsAtEdge = false
  private var region: Range<Int>
  private var last = ""
  private var pending: [UInt8] = []

  init(columns: Int, rows: Int, erasesInColor: Bool = true) {
    (self.columns, self.rows, self.erasesInColor) = (columns, rows, erasesInColor)
    cells = Array(repeating: Cell(), count: columns * rows)
    region = 0..<rows
  }

  /// As a terminal's window does: what fits stays where it was.
  mutating func resize(columns: Int, rows: Int) {
    var resized = Array(repeating: Cell(), count: columns * rows)
    for row in 0..<min(rows, self.rows) {
      for column in 0..<min(columns, self.columns) {
        resized[row * columns + column] = cells[row * self.columns + column]
      }
    }
    (self.columns, self.rows, cells, region) = (columns, rows, resized, 0..<rows)
    (row, column, waitsAtEdge) = (min(row, rows - 1), min(column, columns - 1), false)
  }

  func cell(_ column: Int, _ row: Int) -> Cell { cells[row * columns + column] }

  mutating func feed(_ bytes: [UInt8]) {
    for byte in bytes { feed(byte) }
  }

  private mutating func feed(_ byte: UInt8) {
    // An ESC ends whatever was begun (VT500 parser).
    if byte == 0x1B { pending = [] }
    pending.append(byte)
    if pending[0] == 0x1B {
      guard pending.count > 2, (0x40...0x7E).contains(byte) else { return }
      control(
        String(decoding: pending.dropFirst(2).dropLast(), as: UTF8.self), Character(Unicode.Scalar(byte)))
      pending = []
    } else if byte < 0x20 {
      pending = []
      switch byte {
      case 0x08: require(!waitsAtEdge, "a backspace at the edge"); column = max(0, column - 1)
      case 0x0A:
        require(!waitsAtEdge && row + 1 < rows, "a line feed at the edge")
        row = min(row + 1, rows - 1)
      case 0x0D: (column, waitsAtEdge) = (0, false)
      default: complain("control \(byte)")
      }
    } else if let text = String(validating: pending, as: UTF8.self) {
      pending = []
      put(text)
    } else if pending.count > 3 {
      complain("bytes \(pending) are no UTF-8")
      pending = []
    }
  }

  private mutating func complain(_ words: String) { if complaints.count < 10 { complaints.append(words) } }
  private mutating func require(_ holds: Bool, _ words: String) { if !holds { complain(words) } }

  // MARK: Characters

  private mutating func put(_ text: String) {
    let width = Self.width(of: text.unicodeScalars.first!)
    if width == 0 {
      let start = waitsAtEdge ? column : column - 1
      guard start >= 0 else { return complain("a mark without a character") }
      let lead = cells[row * columns + start].isSecond ? start - 1 : start
      cells[row * columns + lead].text += text
      return
    }
    if waitsAtEdge { complain("the line wraps in row \(row)") }
    require(column + width <= columns, "something wide in the last column of row \(row)")
    guard column + width <= columns else { return }
    for offset in 0..<width { release(column + offset) }
    cells[row * columns + column] = Cell(text: text, style: style)
    if width == 2 { cells[row * columns + column + 1] = Cell(text: " ", style: style, isSecond: true) }
    last = text
    if column + width == columns {
      (column, waitsAtEdge) = (columns - 1, true)
    } else {
      column += width
    }
  }

  /// Blanks the other half of something wide.
  private mutating func release(_ column: Int) {
    let index = row * columns + column
    if cells[index].isSecond { cells[index - 1] = Cell(text: " ", style: cells[index - 1].style) }
    if column + 1 < columns, !cells[index].isSecond, cells[index + 1].isSecond {
      cells[index + 1] = Cell(text: " ", style: cells[index].style)
    }
  }

  static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x300...0x36F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xFF00...0xFF60, 0x1F300...0x1FAFF: 2
    default: 1
    }
  }

  private var blank: Cell {
    var cell = Cell()
    if erasesInColor { cell.style.background = style.background }
    return cell
  }

  // MARK: Control sequences

  private mutating func control(_ parameters: String, _ final: Character) {
    if parameters.hasPrefix("?") { return mode(parameters.dropFirst(), isOn: final == "h") }
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    let count = max(1, numbers.first ?? 1)
    switch final {
    case "H":
      place(row: count - 1, column: max(1, numbers.count > 1 ? numbers[1] : 1) - 1)
    case "G": place(row: row, column: count - 1)
    case "d":
      require(!waitsAtEdge, "VPA at the edge")
      place(row: count - 1, column: column)
    case "A", "B", "C", "D":
      require(!waitsAtEdge, "CU\(final) at the edge")
      let (down, right) = ["A": (-count, 0), "B": (count, 0), "C": (0, count), "D": (0, -count)][final]!
      place(row: row + down, column: column + right)
    case "m": select(numbers)
    case "J":
      require(parameters == "2", "ED \(parameters)")
      cells = Array(repeating: blank, count: cells.count)
    case "K":
      require(parameters.isEmpty && !waitsAtEdge, "EL \(parameters)")
      erase(columns - column)
    case "X": erase(count)
    case "P":
      shift { line, blank in
        let gone = min(count, line.count)
        line.removeFirst(gone)
        line += Array(repeating: blank, count: gone)
      }
    case "@":
      shift { line, blank in
        line = Array(repeating: blank, count: min(count, line.count)) + line.dropLast(min(count, line.count))
      }
    case "b":
      require(!last.isEmpty && Self.width(of: last.unicodeScalars.first!) == 1, "REP of nothing")
      for _ in 0..<count { put(last) }
    case "r":
      region = numbers.count == 2 ? numbers[0] - 1..<numbers[1] : 0..<rows
      require(region.upperBound <= rows && region.count > 1 || rows == 1, "a region \(region)")
      place(row: 0, column: 0)
    case "S", "T": scroll(final == "S" ? count : -count)
    default: complain("CSI \(parameters)\(final)")
    }
    if final != "b" && final != "m" { last = "" }
  }

  private mutating func mode(_ name: Substring, isOn: Bool) {
    switch name {
    case "25": cursorIsVisible = isOn
    case "2026": isSynchronizing = isOn
    default: complain("mode \(name)")
    }
  }

  private mutating func place(row: Int, column: Int) {
    require(row >= 0 && row < rows && column >= 0 && column < columns, "a cursor at \(column),\(row)")
    (self.row, self.column) = (min(max(0, row), rows - 1), min(max(0, column), columns - 1))
    waitsAtEdge = false
  }

  private mutating func erase(_ count: Int) {
    require(!waitsAtEdge && column + count <= columns, "erasing \(count) from \(column)")
    release(column)
    for index in column..<min(columns, column + count) {
      release(index)
      cells[row * columns + index] = blank
    }
  }

  private mutating func shift(_ body: (inout [Cell], Cell) -> Void) {
    require(!waitsAtEdge, "shifting at the edge")
    let start = row * columns
    var line = Array(cells[start + column..<start + columns])
    require(line.first?.isSecond != true, "shifting from the middle of something wide")
    body(&line, blank)
    require(line.count == columns - column, "a line of \(line.count)")
    require(line.first?.isSecond != true, "half of something wide is left")
    cells.replaceSubrange(start + column..<start + columns, with: line)
  }

  private mutating func scroll(_ distance: Int) {
    for row in distance > 0 ? Array(region) : region.reversed() {
      let source = row + distance
      for column in 0..<columns {
        cells[row * columns + column] = region.contains(source) ? cells[source * columns + column] : blank
      }
    }
  }

  // MARK: SGR

  private mutating func select(_ codes: [Int]) {
    var codes = codes[...]
    if codes.isEmpty { codes = [0] }
    while let code = codes.popFirst() {
      switch code {
      case 0: style = Style()
      case 1, 2, 3, 4, 7: style.modifiers.insert(code)
      case 22: style.modifiers.subtract([1, 2])
      case 23, 24, 27: style.modifiers.remove(code - 20)
      case 30...37: style.foreground = "\(code - 30)"
      case 40...47: style.background = "\(code - 40)"
      case 90...97: style.foreground = "8;5;\(code - 82)"
      case 100...107: style.background = "8;5;\(code - 92)"
      case 39: style.foreground = "9"
      case 49: style.background = "9"
      case 38, 48:
        let count = codes.first == 5 ? 2 : 4
        let color = "8;" + codes.prefix(count).map { "\($0)" }.joined(separator: ";")
        require(codes.count >= count, "SGR \(code) cut short")
        codes = codes.dropFirst(count)
        if code == 38 { style.foreground = color } else { style.background = color }
      default: complain("SGR \(code)")
      }
    }
  }
}
