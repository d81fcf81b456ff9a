import ArgumentParser
import CellCanvas
import EventMatrix
import EventModel
import Glibc
import LogFiles
import LogFormats
import Preferences
import SceneGraph
import Session
import SessionHost

/// Four paths that everything else waits for, on small fixed inputs, for callgrind to count.
struct HotPathCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hotpath", abstract: "Goes down one hot path; run it under callgrind.", shouldDisplay: false)

  @Argument var path: HotPath

  @Option var data = ".build/bench/data"

  func run() throws { print(try path.digest(data)) }
}

enum HotPath: String, CaseIterable, ExpressibleByArgument {
  /// NDJSON to columns, and columns into the matrix.
  case decode
  /// Panes of 120 x 200 x 6 at several zooms.
  case pane
  /// Scene to cells at 300 x 100.
  case frame
  /// A literal in raw events.
  case filter

  static let eventCount = 20_000

  /// Callgrind counts only inside the functions of this mangled name: the methods below, not closures in them.
  static let measuredFunction = "*8measureds6UInt64VyF"

  /// What the path came to, so that none of it can be left out.
  func digest(_ folder: String) throws -> UInt64 {
    switch self {
    case .decode: try DecodePath(try Self.log(folder)).measured()
    case .pane: PanePath().measured()
    case .frame: try FramePath().measured()
    case .filter: try FilterPath(try Self.file(folder)).measured()
    }
  }

  private static func file(_ folder: String) throws -> String {
    try BenchData.makeFolder(folder)
    let path = "\(folder)/hotpath.ndjson"
    try BenchData.write(
      .ndjson, path, cells: "\(folder)/hotpath.cells.csv", fileName: "hotpath", eventCount: eventCount)
    return path
  }

  private static func log(_ folder: String) throws -> [UInt8] { try CellComparison.contents(file(folder)) }
}

private struct DecodePath {
  private let bytes: [UInt8]
  private let layout: LogLayout

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    guard let layout = LogLayout(name: "ndjson") else { throw BenchError("no layout is called ndjson") }
    self.layout = layout
  }

  @inline(never) func measured() -> UInt64 {
    var decoder = LogDecoder(
      layout: layout,
      options: DecodingOptions(
        modificationTime: GeneratedEvents.start, defaultService: ForeignText("hotpath")),
      source: SourceID(rawValue: 0))
    var matrix = EventMatrix()
    var batch = DecodedBatch(source: SourceID(rawValue: 0))
    bytes.withUnsafeBytes { _ = decoder.decode($0, at: 0, isEnd: true, into: &batch) }
    matrix.add(batch.columns)
    matrix.settle()
    return UInt64(matrix.eventCount)
  }
}

private struct PanePath {
  private let matrix: EventMatrix

  init() {
    var events = GeneratedEvents(eventCount: 500_000, seconds: 3_600, seed: BenchData.seed)
    var matrix = EventMatrix()
    var columns = EventColumns(source: SourceID(rawValue: 0))
    while true {
      events.next(4_096, into: &columns)
      if columns.count == 0 { break }
      matrix.add(columns)
    }
    matrix.settle()
    self.matrix = matrix
  }

  @inline(never) func measured() -> UInt64 {
    let rows = (0..<Int32(GeneratedEvents.serviceCount)).map { $0 }
    var sum: UInt64 = 0
    for width in [30, 10, 3] as [Int64] {
      let query = MatrixQuery(
        columns: TimeColumns(start: GeneratedEvents.start, widthNs: width * 1_000_000_000, count: 120),
        rowOfService: rows, rowCount: rows.count)
      for _ in 0..<10 { sum &+= UInt64(matrix.counts(query).counts[0]) }
    }
    return sum
  }
}

private struct FramePath {
  private let scene: Scene
  private let canvas: CellCanvas

  init() throws {
    var events = GeneratedEvents(eventCount: 100_000, seconds: 3_600, seed: BenchData.seed)
    var matrix = EventMatrix()
    var columns = EventColumns(source: SourceID(rawValue: 0))
    while true {
      events.next(4_096, into: &columns)
      if columns.count == 0 { break }
      matrix.add(columns)
    }
    matrix.settle()
    var services = ServiceTable()
    for name in FleetNames.services(GeneratedEvents.serviceCount) { _ = services.intern(ForeignText(name)) }
    var state = SessionState()
    let view = ViewID(rawValue: 1)
    _ = state.apply(.configure(SessionConfiguration()))
    _ = state.apply(.attach(view, GridExtent(columns: 300, rows: 100)))
    _ = state.apply(.data(SessionData(matrix: matrix, services: services)))
    guard let scene = state.scene(for: view) else { throw BenchError("a view that is attached has a scene") }
    self.scene = scene
    canvas = CellCanvas(theme: try FrameBench.themeOfCheckout(), depth: .colors256)
  }

  @inline(never) func measured() -> UInt64 {
    var sum: UInt64 = 0
    for _ in 0..<3 { sum &+= UInt64(canvas.frame(of: scene).cells.count) }
    return sum
  }
}

private struct FilterPath {
  private let reading: EventReading
  private let filter: EventFilter

  init(_ path: String) throws {
    reading = EventReading.atRest(
      [.path(path)],
      options: ReadingOptions(timeZone: .utc, now: GeneratedEvents.start, workerCount: 1), countsEvents: false
    )
    filter = try EventFilter("\"\(FilterBench.patterns[0].text)\"")
    // Making the pattern's automaton costs more than reading this small a file with it, and is not the hot path.
    _ = hitCount
  }

  @inline(never) func measured() -> UInt64 { hitCount }

  private var hitCount: UInt64 {
    var hits = 0
    _ = reading.sources.scan(RawQuery(filter: filter)) { columns, _ in hits += columns.count }
    return UInt64(hits)
  }
}
