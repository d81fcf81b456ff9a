import Preferences
import SceneGraph
import Testing

@testable import CellCanvas
@testable import CursesTerminal

@Suite struct `Frames become bytes` {
  @Test func `ten thousand frames and sizes, each after the other, are on the screen as they were drawn`() {
    let seed: UInt64 = 20_261_123
    var frames = RandomFrames(seed: seed)
    var encoder = encoder(.xterm)
    var screen = VTScreen(columns: frames.frame.columns, rows: frames.frame.rows)
    for index in 0..<10_000 {
      let frame = frames.next()
      if frame.columns != screen.columns || frame.rows != screen.rows {
        screen.resize(columns: frame.columns, rows: frame.rows)
      }
      screen.feed(encoder.encode(frame))
      if let difference = difference(screen, frame) {
        Issue.record("seed \(seed), frame \(index): \(difference)")
        return
      }
    }
  }

  @Test(
    arguments: [
      StreamCapabilities(erasesInColor: false),
      StreamCapabilities(
        shiftsColumns: false, shiftsRows: false, erases: false, movesAlongAxes: false, feedsLines: false),
      StreamCapabilities(shiftsRows: false, synchronizes: true), StreamCapabilities(shiftsColumns: false),
    ], ColorDepth.allCases)
  func `a poorer terminal shows the same, at every depth`(
    _ capabilities: StreamCapabilities, _ depth: ColorDepth
  ) {
    let seed: UInt64 = 7
    var frames = RandomFrames(seed: seed, depth: depth)
    var encoder = encoder(capabilities)
    var screen = VTScreen(columns: 1, rows: 1, erasesInColor: capabilities.erasesInColor)
    for index in 0..<400 {
      let frame = frames.next()
      if frame.columns != screen.columns || frame.rows != screen.rows {
        screen.resize(columns: frame.columns, rows: frame.rows)
      }
      screen.feed(encoder.encode(frame))
      if let difference = difference(screen, frame) {
        Issue.record("seed \(seed), frame \(index): \(difference)")
        return
      }
      #expect(!screen.isSynchronizing)
    }
  }

  @Test func `the bytes between two frames are the same, whatever came before`() {
    var frames = RandomFrames(seed: 3)
    for _ in 0..<200 {
      let old = frames.frame
      let new = frames.next()
      var screen = VTScreen(columns: old.columns, rows: old.rows)
      screen.feed(bytes(from: nil, to: old))
      screen.resize(columns: new.columns, rows: new.rows)
      let sent = bytes(from: old, to: new)
      #expect(sent == bytes(from: old, to: new))
      screen.feed(sent)
      #expect(difference(screen, new) == nil)
    }
  }

  @Test func `a frame cut anywhere is healed by the next one that paints all`() {
    var frames = RandomFrames(seed: 11)
    var generator = SeededGenerator(seed: 12)
    for index in 0..<500 {
      var encoder = encoder(StreamCapabilities(synchronizes: true))
      let first = frames.next()
      var screen = VTScreen(columns: first.columns, rows: first.rows)
      screen.feed(encoder.encode(first))
      let bytes = encoder.encode(frames.next())
      screen.feed(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
      encoder.forget()
      let last = frames.next()
      screen.resize(columns: last.columns, rows: last.rows)
      screen.feed(encoder.encode(last))
      // What a cut sequence meant is the terminal's business, not the encoder's.
      if let difference = difference(screen, last, complains: false) {
        Issue.record("frame \(index): \(difference)")
      }
    }
  }

  @Test func `nothing changed is no byte`() {
    var frames = RandomFrames(seed: 5)
    var encoder = encoder(StreamCapabilities(synchronizes: true))
    for _ in 0..<50 {
      let frame = frames.next()
      _ = encoder.encode(frame)
      #expect(encoder.encode(frame).isEmpty)
    }
  }

  @Test func `a cursor that moves is a few bytes, and a hidden one is hidden once`() {
    var frame = CellFrame(extent: GridExtent(columns: 80, rows: 24), depth: .mono)
    var encoder = encoder(.xterm)
    _ = encoder.encode(frame)
    #expect(encoder.encode(frame).isEmpty)
    frame.cursor = GridPoint(column: 4, row: 2)
    #expect(text(encoder.encode(frame)) == "␛[3;5H␛[?25h")
    frame.cursor = GridPoint(column: 5, row: 2)
    #expect(text(encoder.encode(frame)) == "␛[C")
    frame.cursor = nil
    #expect(text(encoder.encode(frame)) == "␛[?25l")
  }
}

@Suite struct `What moved is moved by the terminal` {
  /// A bordered plot of random colours with an axis at its left and a column of words at its right.
  private func plot(columns: Int = 120, rows: Int = 40, from time: Int, firstRow: Int = 0) -> CellFrame {
    var frame = CellFrame(extent: GridExtent(columns: columns, rows: rows), depth: .colors256)
    let colors: [UInt8] = [18, 54, 24, 30, 36, 143, 149, 220]
    for row in 1..<rows - 1 {
      for (offset, letter) in "svc-\(100 + row + firstRow)".enumerated() {
        frame.put(letter, width: 1, column: offset, row: row, style: CellStyle())
      }
      for column in 10..<columns - 10 {
        var generator = SeededGenerator(seed: UInt64((row + firstRow) * 100_000 + column + time))
        let color = colors[Int(generator.next() % 8)]
        frame.put(" ", width: 1, column: column, row: row, style: CellStyle(background: .palette(color)))
      }
      for (offset, letter) in "│ words".enumerated() {
        frame.put(letter, width: 1, column: columns - 8 + offset, row: row, style: CellStyle())
      }
    }
    return frame
  }

  @Test(arguments: [1, -1, 7, -7])
  func `a pan in time is a shift of each row, and what stands right of the plot stays`(distance: Int) {
    let (old, new) = (plot(from: 100), plot(from: 100 + distance))
    let sent = bytes(from: old, to: new)
    let unshifted = bytes(
      from: old, to: new, StreamCapabilities(shiftsColumns: false, shiftsRows: false))
    #expect(sent.count < 38 * (30 + 13 * abs(distance)), "\(sent.count) bytes")
    #expect(sent.count * 4 < unshifted.count, "\(sent.count) of \(unshifted.count)")
    #expect(text(sent).contains("␛[\(abs(distance) == 1 ? "" : "7")P"))
    #expect(text(sent).contains("␛[\(abs(distance) == 1 ? "" : "7")@"))
  }

  @Test(arguments: [1, -1, 5])
  func `a pan in services is one scroll`(distance: Int) {
    let (old, new) = (plot(from: 0, firstRow: 50), plot(from: 0, firstRow: 50 + distance))
    let sent = bytes(from: old, to: new)
    #expect(text(sent).contains("␛[2;39r␛[\(abs(distance) == 1 ? "" : "5")\(distance > 0 ? "S" : "T")␛[r"))
    #expect(sent.count < 1400 * abs(distance), "\(sent.count) bytes")
  }

  @Test func `rows of many looks are written look by look, in half of what their order would take`() {
    let (old, new) = (plot(from: 0), plot(from: 5_000))
    let sent = text(bytes(from: old, to: new))
    let colors = sent.matches(of: /␛\[[0-9;]*m/).count
    // Eight grounds, and nothing for the plain border that stays.
    #expect(colors <= 9, "\(colors) changes of colour")
    // A blank and a step of at most five bytes for each cell; in their order it were a colour of ten bytes and a blank.
    #expect(sent.utf8.count < 38 * 100 * 6, "\(sent.utf8.count) bytes for 3,800 cells")
  }

  @Test func `an axis that moves over more columns than the cells below it is moved by the terminal too`() {
    func grown(to time: Int) -> CellFrame {
      var frame = plot(from: 100 + time)
      for row in 1..<39 {
        for column in 10..<80 { frame.put(" ", width: 1, column: column, row: row, style: CellStyle()) }
      }
      for column in 10..<110 {
        let digit = Character("\((column + time) * 7 / 3 % 10)")
        frame.put(digit, width: 1, column: column, row: 0, style: CellStyle(modifiers: .bold))
      }
      return frame
    }
    let sent = text(bytes(from: grown(to: 0), to: grown(to: 1)))
    #expect(sent.contains("␛[P"))
    let digits = sent.replacing(/␛\[[0-9;]*[A-Za-z]/, with: "").count(where: \.isNumber)
    #expect(digits < 10, "\(digits) digits of the axis were written again: \(sent)")
  }

  @Test func `a screen of which nobody knows anything is written row by row`() {
    var frame = CellFrame(extent: GridExtent(columns: 3, rows: 2), depth: .colors256)
    for (index, letter) in "abcdef".enumerated() {
      let style = CellStyle(foreground: .palette(index % 2 == 0 ? 1 : 2))
      frame.put(letter, width: 1, column: index % 3, row: index / 3, style: style)
    }
    #expect(
      text(bytes(from: nil, to: frame)).hasSuffix(
        "␛[31ma␛[32mb␛[31mc␛[2H␛[32md␛[31me␛[32mf␛[?25l"))
  }

  @Test func `a line that makes CR and LF of an LF gets none`() {
    let (old, new) = (plot(from: 0), plot(from: 1))
    #expect(bytes(from: old, to: new).contains(0x0A))
    #expect(!bytes(from: old, to: new, StreamCapabilities(feedsLines: false)).contains(0x0A))
  }

  @Test func `a shift that would cut something wide is not made`() {
    var (old, new) = (plot(from: 0), plot(from: 1))
    for frame in [0, 1] {
      for row in 1..<39 {
        let column = 40 - frame
        if frame == 0 {
          old.put("支", width: 2, column: column, row: row, style: CellStyle())
        } else {
          new.put("支", width: 2, column: column, row: row, style: CellStyle())
        }
      }
    }
    let bytes = text(bytes(from: old, to: new))
    #expect(!bytes.contains("P") && !bytes.contains("@"))
  }
}

@Suite struct `Bytes are few` {
  private func change(
    _ columns: Int = 40, depth: ColorDepth = .colors256, style: CellStyle = CellStyle(),
    _ body: (inout CellFrame) -> Void
  ) -> String {
    let old = CellFrame(extent: GridExtent(columns: columns, rows: 3), depth: depth, style: style)
    var new = old
    body(&new)
    return text(bytes(from: old, to: new))
  }

  @Test func `words in the terminal's own colours need no colour`() {
    let bytes = change { frame in
      for (column, letter) in "error".enumerated() {
        frame.put(letter, width: 1, column: column, row: 0, style: CellStyle())
      }
    }
    #expect(bytes == "error")
  }

  @Test
  func `a coloured blank sets a ground and no foreground, and the first sixteen colours their short codes`() {
    let bytes = change { frame in
      frame.put(
        " ", width: 1, column: 0, row: 0,
        style: CellStyle(foreground: .palette(252), background: .palette(60)))
      frame.put(" ", width: 1, column: 1, row: 0, style: CellStyle(background: .palette(9)))
    }
    #expect(bytes == "␛[48;5;60m ␛[101m ")
  }

  @Test func `a line that became empty is erased, not overwritten`() {
    var old = CellFrame(extent: GridExtent(columns: 60, rows: 2), depth: .mono)
    for column in 0..<60 { old.put("x", width: 1, column: column, row: 0, style: CellStyle()) }
    let new = CellFrame(extent: old.extent, depth: .mono)
    #expect(text(bytes(from: old, to: new)) == "\r␛[K")
  }

  @Test func `behind a letter whose width is disputed the cursor is placed anew`() {
    let bytes = change { frame in
      frame.put("支", width: 2, column: 0, row: 0, style: CellStyle())
      frame.put("x", width: 1, column: 2, row: 0, style: CellStyle())
    }
    #expect(bytes == "支␛[3Gx")
  }

  @Test func `the last cell of the screen is written without moving anything`() {
    let old = CellFrame(extent: GridExtent(columns: 5, rows: 2), depth: .mono)
    var new = old
    for row in 0..<2 {
      for column in 0..<5 { new.put("x", width: 1, column: column, row: row, style: CellStyle()) }
    }
    var screen = VTScreen(columns: 5, rows: 2)
    screen.feed(bytes(from: nil, to: new))
    #expect(difference(screen, new) == nil)
  }

  @Test func `without colour no colour is sent`() {
    var frames = RandomFrames(seed: 1, depth: .mono)
    var encoder = encoder(.xterm)
    for _ in 0..<200 {
      let bytes = text(encoder.encode(frames.next()))
      let colors = bytes.matches(of: /␛\[([0-9;]*)m/).flatMap { $0.1.split(separator: ";") }
      #expect(colors.allSatisfy { ["0", "1", "2", "3", "4", "7", "22", "23", "24", "27"].contains($0) })
    }
  }

  @Test func `long frames stand in brackets, short ones do not`() {
    var encoder = encoder(StreamCapabilities(synchronizes: true))
    var frame = CellFrame(extent: GridExtent(columns: 80, rows: 24), depth: .mono)
    _ = encoder.encode(frame)
    frame.put("x", width: 1, column: 0, row: 0, style: CellStyle())
    #expect(!text(encoder.encode(frame)).contains("2026"))
    for column in 0..<80 {
      for row in 0..<24 where (row + column) % 2 == 0 {
        frame.put("y", width: 1, column: column, row: row, style: CellStyle())
      }
    }
    let bytes = text(encoder.encode(frame))
    #expect(bytes.hasPrefix("␛[?2026h") && bytes.hasSuffix("␛[?2026l"))
  }
}

/// With the widths the test's terminal believes in, whatever the locale.
private func encoder(_ capabilities: StreamCapabilities) -> StreamEncoder {
  StreamEncoder(capabilities: capabilities, width: VTScreen.width)
}

private func bytes(
  from shown: CellFrame?, to next: CellFrame, _ capabilities: StreamCapabilities = .xterm
) -> [UInt8] {
  var encoder = encoder(capabilities)
  if let shown { _ = encoder.encode(shown) }
  return encoder.encode(next)
}

private func text(_ bytes: [UInt8]) -> String {
  String(decoding: bytes, as: UTF8.self).replacing("\u{1B}", with: "␛")
}

extension CellFrame {
  fileprivate mutating func put(_ text: Character, width: Int, column: Int, row: Int, style: CellStyle) {
    put(Glyph(text), width: width, column: column, row: row, style: PackedStyle(style))
  }
}

/// What a frame should look like, cell by cell; `nil` when the screen shows just that.
func difference(_ screen: VTScreen, _ frame: CellFrame, complains: Bool = true) -> String? {
  if complains, let complaint = screen.complaints.first { return complaint }
  for row in 0..<frame.rows {
    for column in 0..<frame.columns {
      let wanted = frame[column, row]
      var expected = VTScreen.Cell(text: String(wanted.text), style: vtStyle(wanted.style))
      if wanted.width == 0 {
        expected.text = " "
        expected.isSecond = true
      }
      let seen = screen.cell(column, row)
      if seen.visible != expected.visible {
        return "\(column),\(row) shows \(seen.visible) and should show \(expected.visible)"
      }
    }
  }
  if screen.cursorIsVisible != (frame.cursor != nil) {
    return "the cursor is visible: \(screen.cursorIsVisible)"
  }
  guard let cursor = frame.cursor else { return nil }
  return screen.column == cursor.column && screen.row == cursor.row
    ? nil : "the cursor stands at \(screen.column),\(screen.row) and should at \(cursor)"
}

private func vtStyle(_ style: CellStyle) -> VTScreen.Style {
  func color(_ color: Color) -> String {
    switch color {
    case .terminal: "9"
    case .palette(let index): index < 8 ? "\(index)" : "8;5;\(index)"
    case .rgb(let red, let green, let blue): "8;2;\(red);\(green);\(blue)"
    }
  }
  let codes: [(Modifiers, Int)] = [(.bold, 1), (.dim, 2), (.italic, 3), (.underline, 4), (.reverse, 7)]
  return VTScreen.Style(
    foreground: color(style.foreground), background: color(style.background),
    modifiers: Set(codes.filter { style.modifiers.contains($0.0) }.map(\.1)))
}
