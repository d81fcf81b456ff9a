import ArgumentParser
import CellCanvas
import CursesTerminal
import EventMatrix
import EventModel
import Glibc
import Preferences
import SceneGraph
import Session

/// What one key costs from the command to the bytes for the terminal, each part apart, in processor time.
struct FrameBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame",
    abstract: "Zooms and pans at random and builds every frame; no terminal takes part.")

  @OptionGroup var options: WorldOptions

  @Option(help: "How many services; the generated ones are spread over as many.")
  var services = GeneratedEvents.serviceCount

  @Option(help: "Columns of the screen.")
  var columns = 300

  @Option(help: "Rows of the screen.")
  var rows = 100

  func run() throws {
    let theme = try Self.themeOfCheckout()
    for (name, commands) in Self.walks {
      guard options.only.isEmpty || name.contains(options.only) else { continue }
      var world = FrameWorld(matrix: matrix, services: serviceTable, extent: extent, theme: theme)
      var choices = SeededNumbers(seed: options.seed)
      var phases = FramePhases()
      for _ in 0..<options.repetitions {
        world.step(commands.randomElement(using: &choices) ?? .zoomIn, &phases)
      }
      printLine(
        "frame", options.events, name,
        [("services", "\(services)"), ("columns", "\(columns)"), ("rows", "\(rows)")] + phases.fields
          + [("checksum", "\(world.digest)")])
    }
  }

  private static let walks: [(String, [CommandName])] = [
    ("zoom", [.zoomIn, .zoomIn, .zoomOut, .panLeft, .panRight]),
    ("pan", [.panLeft, .panRight, .panUp, .panDown]),
    ("cursor", [.cursorLeft, .cursorRight, .cursorUp, .cursorDown]),
  ]

  private var extent: GridExtent { GridExtent(columns: columns, rows: rows) }

  private var serviceTable: ServiceTable {
    var table = ServiceTable()
    for service in 0..<services { _ = table.intern(ForeignText("team\(service % 17)/service-\(service)")) }
    return table
  }

  private var matrix: EventMatrix {
    var generator = GeneratedEvents(eventCount: options.events, seconds: options.seconds, seed: options.seed)
    var numbers = SeededNumbers(seed: options.seed ^ 1)
    let copies = UInt32(max(1, services / GeneratedEvents.serviceCount))
    var matrix = EventMatrix()
    var columns = EventColumns(source: SourceID(rawValue: 0))
    while true {
      generator.next(4_096, into: &columns)
      guard columns.count > 0 else { break }
      if copies > 1 {
        var spread = EventColumns(source: columns.source)
        for index in 0..<columns.count {
          let service =
            columns.services[index].rawValue * copies + UInt32.random(in: 0..<copies, using: &numbers)
          spread.append(
            time: Timestamp(nanoseconds: columns.times[index]), service: ServiceID(rawValue: service),
            severity: columns.severities[index])
        }
        matrix.add(spread)
      } else {
        matrix.add(columns)
      }
    }
    matrix.settle()
    return matrix
  }

  /// The theme people see; run from a checkout, as `make bench` does.
  static func themeOfCheckout() throws -> Theme {
    let locator = ResourceLocator(environment: [:], executable: realPath("/proc/self/exe"))
    let loaded = Theme.load("dark", from: locator.texts(of: .themes))
    guard loaded.problems.isEmpty else { throw ValidationError("\(loaded.problems[0].description)") }
    return loaded.value
  }

  private static func realPath(_ path: String) -> String {
    guard let text = realpath(path, nil) else { return path }
    defer { free(text) }
    return String(cString: text)
  }
}

/// A session with one view, taken from command to cells step by step.
struct FrameWorld {
  private var state = SessionState()
  private let view = ViewID(rawValue: 1)
  private let canvas: CellCanvas
  private var encoder = StreamEncoder(capabilities: .xterm)
  /// Of every frame so far.
  private(set) var digest: UInt64 = 0

  init(matrix: EventMatrix, services: ServiceTable, extent: GridExtent, theme: Theme) {
    canvas = CellCanvas(theme: theme, depth: .colors256)
    _ = state.apply(.configure(SessionConfiguration()))
    _ = state.apply(.attach(view, extent))
    _ = state.apply(.data(SessionData(matrix: matrix, services: services)))
    // The whole screen is painted once, before anything is measured.
    if let scene = state.scene(for: view) { _ = encoder.encode(canvas.frame(of: scene)) }
  }

  mutating func step(_ name: CommandName, _ phases: inout FramePhases) {
    phases.apply.time { _ = state.apply(.invoke(view, name, argument: nil)) }
    guard let scene = phases.build.time({ state.scene(for: view) }) else { return }
    let next = phases.paint.time { canvas.frame(of: scene) }
    let bytes = phases.encode.time { encoder.encode(next) }
    phases.endFrame(byteCount: bytes.count)
    for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}

/// Processor time of each part of a frame, in microseconds.
struct FramePhases {
  var apply = Part()
  var build = Part()
  var paint = Part()
  /// Comparing with the screen is part of it.
  var encode = Part()
  private var whole = Part()
  private var byteCounts = Part()

  struct Part {
    fileprivate(set) var values: [Double] = []

    mutating func time<Result>(_ body: () -> Result) -> Result {
      let start = Self.now()
      let result = body()
      values.append(Double(Self.now() - start) / 1_000)
      return result
    }

    func quantile(_ share: Double) -> Double {
      let sorted = values.sorted()
      return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    private static func now() -> Int64 {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
  }

  mutating func endFrame(byteCount: Int) {
    whole.values.append([apply, build, paint, encode].reduce(0) { $0 + ($1.values.last ?? 0) })
    byteCounts.values.append(Double(byteCount))
  }

  var fields: [(String, String)] {
    [("frame", whole), ("apply", apply), ("build", build), ("paint", paint), ("encode", encode)].flatMap {
      [
        ("\($0.0)_p50_us", $0.1.quantile(0.5).rounded(to: 1)),
        ("\($0.0)_p95_us", $0.1.quantile(0.95).rounded(to: 1)),
      ]
    } + [("bytes_p50", byteCounts.quantile(0.5).rounded(to: 0))]
  }
}
