import EventMatrix
import EventModel
import Foundation
import LogFiles
import LogFormats
import Synchronization
import Testing

/// A temporary directory that is gone with its owner.
final class Workplace: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "triptych-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, _ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: (self(name) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)))
  }

  func append(_ text: String, _ name: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: self(name)))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  /// Runs a shell command in the directory.
  func run(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "cd '\(path)' && \(command)"]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(command)")
  }
}

/// What one event is to the matrix, with its service by name.
struct Count: Hashable {
  var time: Int64
  var service: String
  var severity: Severity
}

/// Gathers updates as a session would.
final class Recorder: Sendable {
  struct State {
    var services = ServiceTable()
    var events: [SourceID: [Count]] = [:]
    var problems: [SourceProblem] = []
    var gaps: [SourceGap] = []
    var states: [SourceState] = []
    var order: [String] = []
    var restCount = 0
    /// Everything, whether read or counted at an earlier time.
    var matrix = EventMatrix()
    var countedCount = 0
    var bucketed: BucketCounts?
    var samples: [SampledCounts] = []
    var notes: [SourceProblem] = []
  }

  private let state = Mutex(State())

  func take(_ update: SourceUpdate) {
    state.withLock { state in
      switch update {
      case .opened: state.order.append("opened")
      case .services(let table): state.services = table
      case .events(let columns):
        state.add(columns)
        state.matrix.add(columns)
      case .counted(let source, let matrix):
        state.countedCount += matrix.eventCount
        state.matrix.merge(matrix, of: source)
      case .bucketed(let counts): state.bucketed = counts
      case .sampled(let sample): state.samples.append(sample)
      case .note(let note): state.notes.append(note)
      case .status(let status): state.states.append(status.state)
      case .gap(let gap): state.gaps.append(gap)
      case .problem(let problem): state.problems.append(problem)
      case .ended: state.order.append("ended")
      case .allAtRest:
        state.order.append("rest")
        state.restCount += 1
      }
    }
  }

  var now: State { state.withLock { $0 } }
  var eventCount: Int { now.events.values.reduce(0) { $0 + $1.count } }

  /// Waits until `condition` holds, at most ten seconds.
  func wait(_ condition: (State) -> Bool) -> Bool {
    for _ in 0..<2000 {
      if condition(now) { return true }
      usleep(5000)
    }
    return false
  }

  func waitForEvents(_ count: Int) -> Bool {
    wait { $0.events.values.reduce(0) { $0 + $1.count } >= count }
  }
}

extension Recorder.State {
  mutating func add(_ columns: EventColumns) {
    let counts = (0..<columns.count).map { index in
      Count(
        time: columns.times[index], service: services[columns.services[index]].repaired,
        severity: columns.severities[index])
    }
    events[columns.source, default: []] += counts
  }
}

let fixedNow = Timestamp(seconds: 1_795_000_000)

/// Sources that are closed with their owner.
final class Opened {
  let recorder = Recorder()
  let sources: LogSources

  init(_ specifications: [SourceSpecification], _ change: (inout ReadingOptions) -> Void = { _ in }) {
    var options = ReadingOptions(now: fixedNow, followIntervalMs: 10)
    change(&options)
    let recorder = recorder
    sources = LogSources(options: options) { recorder.take($0) }
    sources.open(specifications)
  }

  convenience init(_ paths: String..., change: (inout ReadingOptions) -> Void = { _ in }) {
    self.init(paths.map { .path($0) }, change)
  }

  deinit { sources.close() }

  func read() -> Recorder.State {
    #expect(sources.waitUntilRead(timeoutMs: 20_000))
    return recorder.now
  }

  /// The events of one source, in its order.
  func counts(_ source: UInt32 = 0) -> [Count] { recorder.now.events[SourceID(rawValue: source)] ?? [] }
}

/// An NDJSON line a millisecond apart from the next, with three services and a mix of severities.
func line(_ index: Int, service: String? = nil) -> String {
  let seconds = 1_790_000_000 + index / 1000
  let severity = ["info", "info", "debug", "warn", "error"][index % 5]
  let name = service ?? ["cart", "pay", "ship"][index % 3]
  return
    "{\"ts\":\(seconds).\(String(String(index % 1000 + 1000).dropFirst())),\"level\":\"\(severity)\","
    + "\"service\":\"\(name)\",\"msg\":\"request \(index) done\",\"trace\":\"t\(index % 100)\"}\n"
}

func lines(_ range: Range<Int>) -> String { range.map { line($0) }.joined() }

/// The truth about `lines(range)`, by the rule they were made with.
func truth(_ range: Range<Int>) -> [Count] {
  range.map { index in
    Count(
      time: 1_790_000_000_000_000_000 + Int64(index) * 1_000_000,
      service: ["cart", "pay", "ship"][index % 3],
      severity: [.info, .info, .debug, .warn, .error][index % 5])
  }
}

extension Event {
  var text: String { message.repaired }
}
