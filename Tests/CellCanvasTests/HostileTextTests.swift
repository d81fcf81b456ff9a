import CellCanvas
import EventModel
import Foundation
import Preferences
import SceneGraph
import Testing

@Suite struct `Hostile text stays text` {
  @Test func `no control, C1 or bidi character from a log line reaches a frame`() {
    let evil = [
      "title \u{1B}]0;PWNED\u{7} end", "clear \u{1B}[2J\u{1B}[H", "c1 \u{9B}2J \u{9D}0;T\u{9C}",
      "bidi \u{202E}gnp.exe\u{202C}",
      "back\u{8}\u{8}\r\n\tover", "\u{1B}Pq\u{1B}\\", "zero\u{0}byte \u{FEFF}\u{200B}\u{2028}",
    ]
    check(evil.map { ForeignText($0) } + [ForeignText(bytes: [0xFF, 0xFE, 0xC3, 0x28, 0x1B, 0x5B])])
  }

  @Test(arguments: ["bench/evil.log", "data/trust/blns/blns.txt"])
  func `nor from collections of naughty lines`(name: String) throws {
    let file = sharedFolder.appending(path: name)
    guard let data = try? Data(contentsOf: file) else {
      print("skipped: \(file.path) is not there; set TRIPTYCH_SHARED to the folder that holds it")
      return
    }
    check(data.split(separator: 0x0A).map { ForeignText(bytes: Array($0)) })
  }

  /// Every line as a title, a word, a table cell, an axis label and a label in a cell.
  private func check(_ lines: [ForeignText]) {
    for depth in [ColorDepth.mono, .colors256] {
      for line in lines {
        let frame = testCanvas(depth).frame(of: scene(showing: SafeText(line)))
        let plain = frame.plainText()
        #expect(plain.unicodeScalars.allSatisfy { $0 == "\n" || isHarmless($0) }, "\(line)")
        let sequences = /\u{1B}\[[0-9;]*m/.matchingSemantics(.unicodeScalar)
        let styled = frame.ansiText().replacing(sequences, with: "")
        #expect(styled.unicodeScalars.allSatisfy { $0 == "\n" || isHarmless($0) }, "\(line)")
        #expect(plain.contains("└") && plain.split(separator: "\n").count == 8, "the frame is whole")
      }
    }
  }

  private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
      0xE0000...0xE007F, 0x61C:
      false
    default: true
    }
  }

  private func scene(showing text: SafeText) -> Scene {
    let frame = GridRect(column: 0, row: 0, columns: 60, rows: 8)
    let wide = CellGrid(
      id: "g", frame: GridRect(column: 1, row: 5, columns: 50, rows: 1), columns: 2, rows: 1, cellColumns: 25,
      presence: [.value, .zero], intensity: [9, 0], tone: [.error, .amount], counts: [1, 0],
      labels: [text, text])
    return Scene(
      revision: 0, extent: GridExtent(columns: 60, rows: 8),
      panes: [
        Pane(
          id: "p", kind: .framed, frame: frame, title: [TextRun(text)], isFocused: false,
          nodes: [
            .text(
              TextBlock(
                id: "t", frame: GridRect(column: 1, row: 1, columns: 58, rows: 1), lines: [[TextRun(text)]])),
            .table(
              Table(
                id: "b", frame: GridRect(column: 1, row: 2, columns: 58, rows: 2),
                columns: [.init(title: text, width: 20), .init(title: text, width: 0)],
                rows: [.init(cells: [[TextRun(text)], [TextRun(text)]])], totalRowCount: 1)),
            .axis(
              Axis(
                id: "a", frame: GridRect(column: 1, row: 4, columns: 58, rows: 1), edge: .vertical,
                ticks: [.init(offset: 0, label: [TextRun(text)])])),
            .cellGrid(wide),
          ])
      ])
  }
}

/// Beside the checkout, or where TRIPTYCH_SHARED says.
private var sharedFolder: URL {
  if let path = ProcessInfo.processInfo.environment["TRIPTYCH_SHARED"] { return URL(filePath: path) }
  return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")
}
