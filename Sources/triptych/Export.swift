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

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write counts or the screen into files: csv, json, svg, asciicast.",
    usage: "triptych export [<options>] [<source> ...]",
    discussion: """
      --csv and --json hold what 'triptych matrix' prints; --svg is the screen after the keys, --asciicast each screen \
      on the way there. Several may be written at once; a file that is there is never overwritten.

      Examples:
        triptych export app.log --csv counts.csv --svg screen.svg
        triptych export app.log --asciicast tour.cast --keys 'w ret ret esc'
      """)

  @OptionGroup var sourceOptions: SourceOptions
  @OptionGroup(title: "Looks") var appearance: AppearanceOptions

  @Option(help: ArgumentHelp("Counts as csv.", valueName: "file")) var csv: String?
  @Option(help: ArgumentHelp("Counts as json lines.", valueName: "file")) var json: String?
  @Option(help: ArgumentHelp("The screen as a picture.", valueName: "file")) var svg: String?
  @Option(help: ArgumentHelp("The screens as a terminal recording (asciicast v2).", valueName: "file"))
  var asciicast: String?

  @Option(help: ArgumentHelp("Width of a bucket of the counts: 250ms, 5s, 1m, 1h, 1d.", valueName: "width"))
  var bucket: WidthArgument?

  @Option(help: ArgumentHelp("Columns and rows of the screen.", valueName: "WxH"))
  var size = FrameSize(columns: 120, rows: 36)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keys in keymap notation, separated by blanks: j j ret C-o.", valueName: "keys"))
  var keys: String?

  /// Between two keys of a recording.
  private static let keySeconds = 0.75

  func validate() throws {
    guard csv != nil || json != nil || svg != nil || asciicast != nil else {
      throw ValidationError("name a file to write: --csv, --json, --svg or --asciicast")
    }
  }

  func run() throws {
    let strokes: [KeyStroke]
    do { strokes = try KeyStroke.sequence(notation: keys ?? "") } catch {
      throw ValidationError("--keys: \(error)")
    }
    let files = [csv, json, svg, asciicast].compactMap(\.self)
    guard Set(files).count == files.count else { throw ValidationError("a file is named twice") }
    for file in files where access(file, F_OK) == 0 {
      throw ProgramExit.environment("\(file): it is there already; remove it or name another file")
    }
    let selection = try sourceOptions.eventSelection()
    if csv != nil || json != nil {
      let reading = try EventReading.atRest(sourceOptions)
      if let csv { try writeMatrix(reading, selection, "csv", to: csv) }
      if let json { try writeMatrix(reading, selection, "json", to: json) }
    }
    if svg != nil || asciicast != nil { try writeScreens(strokes) }
  }

  private func writeMatrix(
    _ reading: EventReading, _ selection: EventSelection, _ format: String, to path: String
  ) throws {
    var matrix = try Matrix.parse(["--format", format])
    matrix.bucket = bucket
    try NewFile.write(to: path) { write in
      var output = Output(collecting: ())
      if format == "csv" { output.write("time,service,severity,count\n") }
      matrix.write(reading, selection, to: &output)
      try write(output.collected)
    }
  }

  private func writeScreens(_ strokes: [KeyStroke]) throws {
    let appearance = Appearance(self.appearance)
    for problem in appearance.problems { Output.complain(problem.description) }
    let reading = try Opening.read(sourceOptions)
    var configuration = appearance.sessionConfiguration(
      zone: try sourceOptions.reading.namedZone() ?? appearance.zone)
    configuration.notes = RememberedNotes().notes(about: try sourceOptions.reading.requiredSpecifications())
    var session = OfflineSession(
      reading, extent: GridExtent(columns: size.columns, rows: size.rows), form: appearance.form,
      keymap: appearance.keymap, configuration: configuration,
      memoryLimit: appearance.configuration.memoryLimit, now: WallClock.now)
    if let link = try Opening.link(sourceOptions) { session.follow(link) }
    if let range = try Opening.slice(sourceOptions) { session.slice(range) }
    let depth = ColorDepth.chosen(
      flag: appearance.color == .auto ? .truecolor : appearance.color, environment: ProcessEnvironment.all,
      terminalColors: nil, hasRGB: true)
    let canvas = appearance.canvas(depth: depth, glyphs: appearance.glyphs ?? .safe)
    let title = reading.statuses.map { SafeText($0.name, byteLimit: 200).string }.joined(separator: ", ")
    var cast = Asciicast(columns: size.columns, rows: size.rows, title: title)
    cast.show(canvas.frame(of: session.scene), after: 0)
    for stroke in strokes where !session.hasQuit {
      session.press(stroke)
      if !session.hasQuit { cast.show(canvas.frame(of: session.scene), after: Self.keySeconds) }
    }
    let isDark = appearance.themeInForce.value.appearance == .dark
    if let svg {
      let picture = SVGPicture(canvas.frame(of: session.scene), title: title, isDark: isDark)
      try NewFile.write(to: svg) { try $0(Array(picture.text.utf8)) }
    }
    if let asciicast { try NewFile.write(to: asciicast) { try $0(Array(cast.text.utf8)) } }
  }
}
