import CellCanvas
import EventModel
import Foundation
import GoldenFrames
import Incidents
import LogFiles
import Preferences
import SceneGraph
import Session
import SessionHost
import Testing

/// The main screens over the demo's night, as the program draws them with its own themes and keymaps. What differs is
/// reviewed like code (`make golden`).
@Suite struct `Screens` {
  /// The demo's night in a file that is called the same everywhere.
  private static let night: EventReading = read("checkout.ndjson", of: nightBytes)

  private static let nightBytes: [UInt8] = {
    var bytes: [UInt8] = []
    Incident.play(IncidentScenario.all[0]).appendNDJSON(to: &bytes)
    return bytes
  }()

  private static let folder = try? Scratch()

  private static func read(_ name: String, of bytes: [UInt8]) -> EventReading {
    let file = try? folder?.write(name, Data(bytes))
    let options = ReadingOptions(now: Timestamp(nanoseconds: 0))
    return EventReading.atRest([.path(file?.path ?? name)], options: options)
  }

  private static let resources = ResourceLocator(
    environment: [:], executable: URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path)

  /// What the screen shows after these keys. Files lose their folder, which is another one in every run.
  private func screen(
    _ columns: Int, _ rows: Int, keys: String = "", theme: String = "dark", depth: ColorDepth = .mono,
    glyphs: GlyphSet = .safe, form: ViewForm = .cells, of reading: EventReading = night
  ) throws -> CellFrame {
    let look = Theme.load(theme, from: Self.resources.texts(of: .themes))
    #expect(look.problems.isEmpty)
    let session = try session(columns, rows, keys: keys, form: form, of: reading)
    return CellCanvas(theme: look.value, depth: depth, glyphs: glyphs, isSpoken: form == .words).frame(
      of: session.scene)
  }

  private func session(
    _ columns: Int, _ rows: Int, keys: String, form: ViewForm, of reading: EventReading = night
  ) throws -> OfflineSession {
    let keymap = Keymap.load("default", from: Self.resources.texts(of: .keymaps)).value
    let configuration = SessionConfiguration(
      keys: keymap.labels, themeNames: Self.resources.names(of: .themes),
      keymapNames: Self.resources.names(of: .keymaps))
    var session = OfflineSession(
      reading, extent: GridExtent(columns: columns, rows: rows), form: form, keymap: keymap,
      configuration: configuration, now: Timestamp(nanoseconds: 1_795_404_600_000_000_000))
    session.apply(.data(withoutFolder(session.state.data)))
    for stroke in try KeyStroke.sequence(notation: keys) { session.press(stroke) }
    return session
  }

  @Test(arguments: [(200, 60), (120, 36), (80, 24), (40, 12)])
  func `the triptych fits every size`(columns: Int, rows: Int) throws {
    let frame = try screen(columns, rows)
    #expect(golden(frame.plainText(), "triptych-\(columns)x\(rows)") == nil)
  }

  static let screens: [(name: String, columns: Int, rows: Int, keys: String)] = [
    ("time-severity", 80, 24, "2"), ("service-severity", 80, 24, "3"),
    ("service-severity-small", 40, 12, "3"),
    ("events", 120, 36, "w ret"), ("events-small", 40, 12, "w ret"), ("event-wide", 200, 60, "w ret ret"),
    ("event", 80, 24, "w ret ret j j j"), ("help", 80, 24, "?"), ("palette", 80, 24, ": w o r s"),
    ("which-key", 80, 24, "g"), ("filter", 120, 36, "f s t a t u s > = 5 0 0 ret s f"),
    ("filter-complaint", 80, 24, "f / [ / ret"), ("selection", 120, 36, "w v l l l j j"),
    ("lens-rate", 80, 24, "i i"), ("lens-weighted", 80, 24, "i"), ("quiet-hidden", 120, 36, "z z"),
    ("folded", 80, 24, "z m"), ("same-trace", 120, 36, "w ret ret g x"), ("sources", 80, 24, "g i"),
    ("replay", 80, 24, "w P"), ("replay-known", 120, 36, "w P K"), ("replay-small", 40, 12, "P"),
  ]

  @Test(arguments: screens.indices)
  func `every main screen is as reviewed`(index: Int) throws {
    let (name, columns, rows, keys) = Self.screens[index]
    let text = try screen(columns, rows, keys: keys).plainText()
    #expect(golden(text, name) == nil)
  }

  private func withoutFolder(_ data: SessionData) -> SessionData {
    guard let path = Self.folder?.folder.path else { return data }
    var data = data
    for index in data.sources.indices {
      let shorter = { (text: ForeignText) in ForeignText(text.repaired.replacing(path + "/", with: "")) }
      data.sources[index].name = shorter(data.sources[index].name)
      data.sources[index].problems = data.sources[index].problems.map(shorter)
    }
    return data
  }

  @Test func `an empty file says so where the faces would be`() throws {
    let reading = Self.read("empty.log", of: [])
    #expect(golden(try screen(80, 24, of: reading).plainText(), "empty") == nil)
  }

  @Test func `what is wrong with a file is on the screen`() throws {
    let lines = Self.nightBytes.prefix(8000) + Array("\nbroken {\u{0}\n".utf8) + [0xFF, 0xFE, 0x0A]
    let reading = Self.read("broken.ndjson", of: Array(lines))
    #expect(golden(try screen(80, 24, keys: "g i", of: reading).plainText(), "problems") == nil)
  }

  @Test func `it is readable in ASCII, and without colour`() throws {
    #expect(
      golden(try screen(80, 24, theme: "mono", glyphs: .ascii).plainText(), "triptych-80x24-ascii") == nil)
    #expect(golden(try screen(80, 24, theme: "mono").styledText(), "triptych-80x24-mono") == nil)
  }

  static let spoken: [(name: String, keys: String)] = [
    ("a11y", "w"), ("a11y-events", "w ret j"), ("a11y-event", "w ret ret j j j"),
    ("a11y-palette", ": z o o m"),
    ("a11y-selection", "w v l j"), ("a11y-severities", "2"), ("a11y-totals", "3"), ("a11y-lens-rate", "i i"),
    ("a11y-mark", "w m a l"),
  ]

  @Test(arguments: spoken.indices)
  func `in words it is for ears: no boxes, one sentence, the cursor on what it speaks of`(index: Int) throws {
    let (name, keys) = Self.spoken[index]
    let frame = try screen(80, 24, keys: keys, theme: "high-contrast", glyphs: .ascii, form: .words)
    let text = frame.plainText()
    let isASCII = text.unicodeScalars.allSatisfy { $0.isASCII }
    #expect(isASCII)
    #expect(!text.contains("+--") && !text.contains("|"))
    let cursor = try #require(frame.cursor)
    #expect(golden("\(text)\ncursor \(cursor.column),\(cursor.row)", name) == nil)
  }

  @Test(arguments: [
    ("plain", "w"), ("plain-events", "w ret"), ("plain-event", "w ret ret"), ("plain-palette", ": z o o m"),
  ])
  func `line by line it is tables of numbers and one sentence`(name: String, keys: String) throws {
    let session = try session(100, 40, keys: keys, form: .words)
    let lines = SceneText(session.scene).parts.flatMap(\.lines)
    let sentence = session.state.sentence(for: ViewID(rawValue: 1)).string
    #expect(golden((lines + [sentence]).joined(separator: "\n"), name) == nil)
  }

  @Test func `in 256 colours it is drawn with the ramps of the dark theme`() throws {
    #expect(golden(try screen(80, 24, depth: .colors256).styledText(), "triptych-80x24-256") == nil)
  }
}
