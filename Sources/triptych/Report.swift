internal import ArgumentParser
internal import CellCanvas
internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneExport
internal import SceneGraph
internal import Session
internal import SessionHost

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a post-mortem: summary, timeline, pictures, notes and hypotheses.",
    usage: "triptych report [<options>] [<source> ...] -o <file>",
    discussion: """
      Notes are those written while browsing these sources (N). Some parts are for people to write, between markers; \
      what stands there is kept when the report is written again. A file that is no report is never overwritten.

      Examples:
        triptych report app.log -o incident.md
        triptych report app.log --format html -o incident.html
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case md, html }

  @OptionGroup var sourceOptions: SourceOptions
  @OptionGroup(title: "Looks") var appearance: AppearanceOptions

  @Option(help: "How it is written: Markdown, or one HTML file that needs nothing else.")
  var format: Format = .md

  @Option(name: .shortAndLong, help: ArgumentHelp("The report's file.", valueName: "file"))
  var output: String

  func run() throws {
    let earlier = try EarlierReport(at: output, format: format.rawValue)
    let appearance = Appearance(self.appearance)
    for problem in appearance.problems { Output.complain(problem.description) }
    // With whole paths: the links open from anywhere.
    let specifications = try sourceOptions.reading.requiredSpecifications().map(\.absolute)
    let reading = try EventReading.atRest(
      specifications, options: try sourceOptions.reading.readingOptions()
    ).reported()
    let zone = try sourceOptions.reading.namedZone() ?? appearance.zone
    var configuration = appearance.sessionConfiguration(zone: zone)
    configuration.showsHints = false
    configuration.notes = RememberedNotes().notes(about: specifications)
    var session = OfflineSession(
      reading, extent: GridExtent(columns: 120, rows: 36), keymap: appearance.keymap,
      configuration: configuration, now: WallClock.now)
    if let link = try Opening.link(sourceOptions) { session.follow(link) }
    if let range = try Opening.slice(sourceOptions) { session.slice(range) }
    guard let summary = session.state.summary(for: ViewID(rawValue: 1)) else { return }
    let pictures = Self.pictures(&session, summary, appearance)
    let content = ReportContent(
      summary: summary, sources: reading.statuses.map { SafeText($0.name) }, zone: zone, pictures: pictures)
    let text =
      switch format {
      case .md: content.markdown(keeping: earlier)
      case .html: content.html(keeping: earlier)
      }
    for damage in earlier.damages { Output.complain("\(output): \(damage)") }
    try earlier.replace(with: text)
  }

  private static let pictureLimit = 9

  /// The whole, then the views in which notes were written.
  private static func pictures(
    _ session: inout OfflineSession, _ summary: SessionSummary, _ appearance: Appearance
  ) -> [ReportContent.Picture] {
    let canvas = appearance.canvas(depth: .truecolor, glyphs: appearance.glyphs ?? .safe)
    let isDark = appearance.themeInForce.value.appearance == .dark
    func picture(_ title: SafeText, _ link: SessionLink) -> ReportContent.Picture {
      let frame = canvas.frame(of: session.scene)
      return ReportContent.Picture(
        title: title, link: link, plain: frame.plainText(),
        svg: SVGPicture(frame, title: title.string, isDark: isDark).text)
    }
    var pictures = [picture("All of it", summary.link)]
    for (index, note) in summary.notes.prefix(pictureLimit - 1).enumerated() {
      session.follow(note.link)
      pictures.append(picture("Where \(note.kind.rawValue) \(index + 1) was written", note.link))
    }
    return pictures
  }
}

/// The parts of an earlier report that people wrote, by name.
struct EarlierReport {
  /// Parts for people, in the order of the report, with what to write there.
  static let parts: [(name: String, title: String, hint: String)] = [
    ("causes", "Causes", "What led to it, and what made it worse?"),
    ("actions", "Actions", "Who does what by when, so that it does not happen again?"),
    ("lessons", "What went well, what did not", "Detection, decisions, tools, luck."),
  ]

  private let path: String
  private var texts: [String: String] = [:]
  /// Of a damaged file: all of it, to be kept beside the new one.
  private var original: [UInt8]?
  /// What is wrong with the markers, and where.
  private(set) var damages: [String] = []

  private static let byteLimit = 16 << 20
  static func begin(_ name: String) -> String { "<!-- triptych:begin \(name) -->" }
  static func end(_ name: String) -> String { "<!-- triptych:end \(name) -->" }
  private static func head(_ format: String) -> String { "<!-- triptych report v1 \(format) " }

  /// Throws (code 3) where the file is there and is no report of this format.
  init(at path: String, format: String) throws {
    self.path = path
    guard let bytes = try Self.bytes(at: path) else { return }
    guard let text = String(validating: bytes, as: UTF8.self),
      let head = Self.lines(text).first(where: { $0.contains(Self.head(format)) })
    else {
      throw ProgramExit.environment(
        "\(path): it is no report in this format, and is not overwritten; name another file")
    }
    read(text)
    let generated = Self.digest(ofGenerated: text)
    if damages.isEmpty, !head.contains(" \(generated) ") {
      damages.append("something outside of the parts for people was edited")
    }
    if !damages.isEmpty { original = bytes }
  }

  /// What people wrote in a part, or the hint.
  func text(of part: (name: String, title: String, hint: String)) -> String { texts[part.name] ?? part.hint }

  /// Without it nothing could be kept: lines as they stand, by markers that stand on lines of their own.
  private mutating func read(_ text: String) {
    var open: (name: String, line: Int, lines: [String])?
    for (index, line) in Self.lines(text).enumerated() {
      let number = index + 1
      let trimmed = line.split(separator: " ").joined(separator: " ")
      if let name = Self.name(in: trimmed, "begin") {
        if let open {
          damages.append("line \(open.line): the part '\(open.name)' has no end before line \(number)")
        }
        if texts[name] != nil { damages.append("line \(number): the part '\(name)' stands there twice") }
        if !Self.parts.contains(where: { $0.name == name }) {
          damages.append("line \(number): this version knows no part '\(name)'")
        }
        open = (name, number, [])
      } else if let name = Self.name(in: trimmed, "end") {
        if let open, open.name == name {
          if texts[name] == nil { texts[name] = open.lines.joined(separator: "\n") }
        } else {
          damages.append("line \(number): the end of '\(name)' has no beginning")
        }
        open = nil
      } else if trimmed.contains("triptych:begin") || trimmed.contains("triptych:end") {
        damages.append("line \(number): a marker is damaged")
      } else {
        open?.lines.append(line)
      }
    }
    if let open { damages.append("line \(open.line): the part '\(open.name)' has no end") }
    for part in Self.parts where texts[part.name] == nil && damages.isEmpty {
      damages.append("the markers of the part '\(part.name)' are gone")
    }
  }

  private static func name(in line: String, _ kind: String) -> String? {
    let start = "<!-- triptych:\(kind) "
    guard line.hasPrefix(start), line.hasSuffix(" -->"), line.utf8.count > start.utf8.count + 4 else {
      return nil
    }
    return String(line.dropFirst(start.count).dropLast(4))
  }

  /// Line ends of any editor.
  private static func lines(_ text: String) -> [String] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
  }

  /// FNV-1a over all lines that are neither the head's nor inside a part for people: tells an accident, no more.
  private static func digest(ofGenerated text: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var isInside = false
    for line in lines(text) where !line.contains("<!-- triptych report v1 ") {
      if line.contains("<!-- triptych:end ") { isInside = false }
      if !isInside {
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 10) &* 0x100_0000_01B3
      }
      if line.contains("<!-- triptych:begin ") { isInside = true }
    }
    return String(hash, radix: 16)
  }

  /// `text` with the line that says what it is, where `headMark` stands.
  static func sealed(_ text: String, format: String) -> String {
    let withoutHead = text.split(separator: headMark, maxSplits: 1, omittingEmptySubsequences: false)
    guard withoutHead.count == 2 else { return text }
    let head = Self.head(format) + "0 -->"
    let digest = digest(ofGenerated: String(withoutHead[0]) + head + String(withoutHead[1]))
    return String(withoutHead[0]) + Self.head(format) + digest + " -->" + String(withoutHead[1])
  }

  static let headMark = "\u{1}head\u{1}"

  /// Writes the report whole or not at all; a damaged one is kept beside it first.
  func replace(with text: String) throws {
    if let original {
      var number = 1
      while access("\(path).before-\(number)", F_OK) == 0 { number += 1 }
      try NewFile.write(to: "\(path).before-\(number)") { try $0(original) }
      Output.complain("\(path): all that stood there is kept in \(path).before-\(number)")
    }
    let draft = "\(path).\(getpid()).draft"
    try NewFile.write(to: draft) { try $0(Array(text.utf8)) }
    guard rename(draft, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(draft)
      throw ProgramExit.environment("\(path): cannot be written: \(reason)")
    }
  }

  private static func bytes(at path: String) throws -> [UInt8]? {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw ProgramExit.environment("\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= byteLimit {
      let count = Glibc.read(file, &piece, piece.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw ProgramExit.environment("\(path): cannot be read: \(String(cString: strerror(errno)))")
      }
      bytes += piece[..<count]
    }
    throw ProgramExit.environment("\(path): it is larger than any report, and is not overwritten")
  }
}
