import CellCanvas
import Foundation
import FoundationXML
import Preferences
import SceneExport
import SceneGraph
import Testing

@Suite struct `Pictures` {
  private func frame(_ words: [String], size: GridExtent = GridExtent(columns: 30, rows: 3)) -> CellFrame {
    let lines = words.map { [TextRun("\($0)", .severity("error"))] as TextLine }
    let all = GridRect(column: 0, row: 0, columns: size.columns, rows: size.rows)
    let pane = Pane(
      id: "text", kind: .bar, frame: all, nodes: [.text(TextBlock(id: "words", frame: all, lines: lines))])
    return CellCanvas(
      theme: Theme(name: "plain", appearance: .dark), depth: .truecolor, glyphs: .safe, isSpoken: false
    )
    .frame(of: Scene(revision: 1, extent: size, panes: [pane]))
  }

  private func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

  @Test func `are well-formed documents with the words of the frame, in one run where one style is`() {
    let svg = SVGPicture(frame(["two words"]), title: "A frame", isDark: true).text
    #expect(isWellFormed(svg))
    #expect(svg.contains("two words") && svg.contains("<title>A frame</title>"))
    #expect(svg.contains("viewBox=\"0 0 240 51\""))
  }

  @Test(arguments: ["<script>alert(1)</script>", "a & b", "\" onload=\"x", "]]>", "日本 naïve", "\u{FFFE}x"])
  func `say hostile words and obey none`(words: String) {
    let svg = SVGPicture(frame([words]), title: words, isDark: false).text
    #expect(isWellFormed(svg), "\(svg)")
    #expect(!svg.contains("<script") && !svg.contains("onload=\"x"))
  }

  @Test func `a recording is a header and a line for each frame, at growing times`() throws {
    var cast = Asciicast(columns: 30, rows: 3, title: "demo \"x\"")
    cast.show(frame(["one"]), after: 0)
    cast.show(frame(["two"]), after: 0.75)
    let lines = cast.text.split(separator: "\n")
    #expect(lines.count == 3)
    let values = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
    let header = try #require(values[0] as? [String: Any])
    #expect(header["version"] as? Int == 2 && header["width"] as? Int == 30)
    #expect(header["title"] as? String == "demo \"x\"")
    let second = try #require(values[2] as? [Any])
    #expect(second[0] as? Double == 0.75 && second[1] as? String == "o")
    #expect((second[2] as? String)?.contains("two") == true)
  }
}
