import Foundation
import FoundationXML
import Testing

@Suite("A report")
struct ReportCommandTests {
  /// A log with a service whose name would be markup, and a note on it.
  private static func incident() throws -> Scratch {
    let scratch = try Scratch()
    let hostile = "<script>alert(1)</script>|`*[x](y)"
    try scratch.write(
      "shop.log",
      (0..<120).map { second in
        let time = "2026-11-23T03:\(String(format: "%02d:%02d", second / 60, second % 60))Z"
        let level = second > 90 ? "error" : "info"
        return "{\"time\":\"\(time)\",\"level\":\"\(level)\",\"service\":\"\(hostile)\",\"msg\":\"m\"}"
      })
    return scratch
  }

  private static func write(_ scratch: Scratch, _ arguments: String) throws -> (status: Int32, text: String) {
    let result = try Program.shell(
      "XDG_STATE_HOME=$PWD/state NO_COLOR=1 \"$TRIPTYCH\" report shop.log --tz +02:00 \(arguments) 2>&1",
      in: scratch.folder)
    return (result.status, result.output)
  }

  private static func note(_ scratch: Scratch) throws {
    _ = try Program.shell(
      """
      printf 'worst\\nnote <img src=x onerror=alert(2)>\\nhypothesis it is the deploy\\nhypothesis.state 2 supported\\nquit\\n' \
        | USER=ada XDG_STATE_HOME=$PWD/state "$TRIPTYCH" shop.log --plain
      """, in: scratch.folder)
  }

  @Test func `has summary, both times, notes, hypotheses, evidence and links, the same twice`() throws {
    let scratch = try Self.incident()
    try Self.note(scratch)
    let first = try Self.write(scratch, "-o a.md")
    #expect(first.status == 0, "\(first.text)")
    let text = try scratch.text("a.md")
    #expect(text.contains("29 errors") && text.contains("120 events"))
    #expect(text.contains("| 2026-11-23 03:01:31 | 2026-11-23 05:01:31"))
    #expect(text.contains("**note** by ada") && text.contains("**supported** by ada"))
    #expect(text.contains("[evidence 2.1](<triptych://open?"))
    #expect(!text.replacing(/```text[\s\S]*?```/, with: "").contains("<script>"))
    _ = try Self.write(scratch, "-o b.md")
    #expect(try scratch.text("b.md") == text)
  }

  @Test func `as HTML is one page without scripts or anything from elsewhere`() throws {
    let scratch = try Self.incident()
    try Self.note(scratch)
    let result = try Self.write(scratch, "--format html -o a.html")
    #expect(result.status == 0, "\(result.text)")
    let text = try scratch.text("a.html")
    #expect(!text.contains("<script") && !text.contains("<img") && !text.contains("url("))
    #expect(text.contains("&lt;script&gt;alert(1)") && text.contains("&lt;img src=x"))
    #expect(text.contains("<svg ") && text.contains("href=\"triptych://open?"))
    for match in text.matches(of: /(src|href)="([^"]*)"/) { #expect(match.2.hasPrefix("triptych://open?")) }
  }

  @Test(arguments: ["md", "html"])
  func `keeps what people wrote between the markers, whatever they wrote`(format: String) throws {
    let scratch = try Self.incident()
    let file = "a.\(format)"
    _ = try Self.write(scratch, "--format \(format) -o \(file)")
    let hint = "What led to it, and what made it worse?"
    let words = "The deploy.\n\n- 日本 | <b>bold</b>\n    ```\nA half-open thought"
    try scratch.replace(hint, with: words, in: file)
    try Self.note(scratch)
    let again = try Self.write(scratch, "--format \(format) -o \(file)")
    #expect(again.status == 0 && again.text.isEmpty, "\(again.text)")
    let text = try scratch.text(file)
    #expect(text.contains("begin causes -->\n\(words)\n<!-- triptych:end causes"))
    #expect(text.contains("it is the deploy"))
    #expect(!FileManager.default.fileExists(atPath: "\(scratch.folder.path)/\(file).before-1"))
  }

  @Test(arguments: [
    ("<!-- triptych:end causes -->", "", "the part 'causes' has no end before line"),
    ("<!-- triptych:begin causes -->", "", "the end of 'causes' has no beginning"),
    ("<!-- triptych:end causes -->", "<!-- triptych:end cau", "a marker is damaged"),
    ("<!-- triptych:begin actions -->", "<!-- triptych:begin causes -->", "stands there twice"),
    ("## Timeline", "## Timeline\n\nMy own words.", "something outside of the parts for people was edited"),
  ])
  func `loses no word where markers are damaged, and says where`(
    old: String, new: String, complaint: String
  ) throws {
    let scratch = try Self.incident()
    _ = try Self.write(scratch, "-o a.md")
    try scratch.replace("What led to it, and what made it worse?", with: "It was the deploy.", in: "a.md")
    try scratch.replace(old, with: new, in: "a.md")
    let damaged = try scratch.text("a.md")
    let again = try Self.write(scratch, "-o a.md")
    #expect(again.status == 0 && again.text.contains(complaint), "\(again.text)")
    #expect(again.text.contains("all that stood there is kept in a.md.before-1"))
    #expect(try scratch.text("a.md.before-1") == damaged)
  }

  @Test func `never takes the place of another file`() throws {
    let scratch = try Self.incident()
    try scratch.write("mine.md", ["# Mine"])
    let result = try Self.write(scratch, "-o mine.md")
    #expect(
      result.status == 3 && result.text.contains("it is no report in this format, and is not overwritten"))
    #expect(try scratch.text("mine.md") == "# Mine\n")
  }

  @Test func `is drawn by a browser`() throws {
    let scratch = try Self.incident()
    let browser = try Program.shell("command -v chromium || command -v chromium-browser", in: scratch.folder)
    guard browser.status == 0 else {
      print("skipped: no chromium is installed")
      return
    }
    _ = try Self.write(scratch, "--format html -o a.html")
    let drawn = try Program.shell(
      """
      timeout 60 $(command -v chromium || command -v chromium-browser) --headless --no-sandbox --disable-gpu \
        --user-data-dir=$PWD/profile --dump-dom file://$PWD/a.html 2>/dev/null
      """, in: scratch.folder)
    #expect(drawn.output.contains("Post-mortem") && drawn.output.contains("</svg>"))
  }
}

@Suite("An export")
struct ExportCommandTests {
  @Test func `of counts is what matrix prints, of the screen what frame shows`() throws {
    let scratch = try Scratch()
    try scratch.write(
      "a.log", (0..<50).map { "2026-11-23T03:07:\(String(format: "%02d", $0))Z ERROR shop: failed \($0)" })
    let result = try Program.shell(
      """
      export XDG_STATE_HOME=$PWD/state
      "$TRIPTYCH" export a.log --bucket 10s --csv a.csv --json a.json --svg a.svg --asciicast a.cast --keys 'w ret' \
        && "$TRIPTYCH" matrix a.log --bucket 10s | cmp - a.csv \
        && "$TRIPTYCH" matrix a.log --bucket 10s --format json | cmp - a.json
      """, in: scratch.folder)
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try scratch.text("a.csv").split(separator: "\n").count == 6)
    #expect(try scratch.text("a.cast").split(separator: "\n").count == 4)
    #expect(XMLParser(data: Data(try scratch.text("a.svg").utf8)).parse())
    let again = try Program.run(["export", "a.log", "--csv", "a.csv"], in: scratch.folder)
    #expect(again.status == 3 && again.errors.contains("it is there already"))
    #expect(try Program.run(["export", "a.log"], in: scratch.folder).status == 2)
  }
}

extension Scratch {
  fileprivate func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// In a file that has `old`.
  fileprivate func replace(_ old: String, with new: String, in name: String) throws {
    let text = try text(name)
    try #require(text.contains(old))
    try write(name, Data(text.replacing(old, with: new).utf8))
  }
}
