internal import ArgumentParser
internal import CellCanvas
internal import EventModel
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

/// One frame of the screen as text, without a terminal.
struct Frame: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what the screen would show, after these keys.",
    discussion: """
      Waits until the sources are read, presses the keys in order, and prints the frame.

      Examples:
        triptych frame app.log
        triptych frame app.log --size 200x60 --keys 'g w ret ret' --color 256
      """)

  @OptionGroup var sourceOptions: SourceOptions
  @OptionGroup(title: "Looks") var appearance: AppearanceOptions

  @Option(help: ArgumentHelp("Columns and rows of the frame.", valueName: "WxH"))
  var size = FrameSize(columns: 120, rows: 36)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keys in keymap notation, separated by blanks: j j ret C-o.", valueName: "keys"))
  var keys: String?

  @Option(help: ArgumentHelp("What time it is, instead of the clock.", valueName: "time"))
  var now: String?

  func run() throws {
    let appearance = Appearance(self.appearance)
    for problem in appearance.problems { Output.complain(problem.description) }
    let strokes = try self.strokes()
    let now = try nowTime()
    let reading = try Opening.read(sourceOptions)
    var session = OfflineSession(
      reading, extent: GridExtent(columns: size.columns, rows: size.rows), form: appearance.form,
      keymap: appearance.keymap,
      configuration: appearance.sessionConfiguration(
        zone: try sourceOptions.reading.namedZone() ?? appearance.zone),
      memoryLimit: appearance.configuration.memoryLimit, now: now)
    let trail = RecordedTrail(try sourceOptions.reading.specifications())
    session.apply(.trail(trail.steps))
    if let link = try Opening.link(sourceOptions) ?? trail.end { session.follow(link) }
    if let range = try Opening.slice(sourceOptions, now: now) { session.slice(range) }
    for stroke in strokes where !session.hasQuit { session.press(stroke) }
    let depth = ColorDepth.chosen(
      flag: appearance.color == .auto ? .never : appearance.color, environment: ProcessEnvironment.all,
      terminalColors: nil, hasRGB: false)
    let canvas = appearance.canvas(depth: depth, glyphs: appearance.glyphs ?? .safe)
    let frame = canvas.frame(of: session.scene)
    Output.print(
      appearance.color == .auto || appearance.color == .never ? frame.plainText() : frame.ansiText())
  }

  private func strokes() throws -> [KeyStroke] {
    do {
      return try KeyStroke.sequence(notation: keys ?? "")
    } catch {
      throw ValidationError("--keys: \(error)")
    }
  }

  private func nowTime() throws -> Timestamp {
    guard let now else { return WallClock.now }
    let context = TimeContext(
      reference: WallClock.now, range: nil, now: WallClock.now, zone: try sourceOptions.reading.zone())
    do {
      guard let time = try TimeExpression(now).resolved(in: context) else {
        throw ValidationError("--now: '\(now)' is no instant; write 2026-11-23T03:07:00Z")
      }
      return time
    } catch let error as TimeExpressionError {
      throw ValidationError("--now: \(error)")
    }
  }
}

/// `200x60`, each from 1 to 1000.
struct FrameSize: ExpressibleByArgument {
  var columns: Int
  var rows: Int

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  init?(argument: String) {
    let parts = argument.split(separator: "x").compactMap { Int($0) }
    guard parts.count == 2, parts.allSatisfy((1...1000).contains) else { return nil }
    self.init(columns: parts[0], rows: parts[1])
  }

  var defaultValueDescription: String { "\(columns)x\(rows)" }
}
