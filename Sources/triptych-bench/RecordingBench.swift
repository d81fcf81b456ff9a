import ArgumentParser
import Compression
import EventModel
import Glibc

/// A session file of the log: what it costs beyond reading and compression, how big it is beside the same events as an
/// Avro container, and how soon it is on a screen.
struct RecordingBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recording",
    abstract: "Records the log and opens it again, beside fastavro's container of the same events.",
    discussion: "Example: triptych-bench recording --scale small")

  @OptionGroup var options: BenchOptions

  private static let blockByteCount = 256 << 10

  func run() throws {
    let data = try options.benchData()
    let log = try data.mainLog()
    let home = try CleanHome(data.path("home-recording"))
    let file = data.path("fleet.mcap")
    defer { data.discard(file) }
    try cost(log, file, home)
    try size(log, file, data)
    try opening(log, file, home)
  }

  /// In turn: reading alone, recording, and compressing the same bytes in blocks as the recorder does.
  private func cost(_ log: BenchLog, _ file: String, _ home: CleanHome) throws {
    let triptych = try options.triptych()
    var (read, record, compress, peak) = ([Double](), [Double](), [Double](), 0)
    for _ in 0..<options.scale.runs {
      complain("recording cost")
      read.append(
        try ChildProcess.run([triptych, "matrix", "--no-cache", log.path], environment: home.environment)
          .succeeded("triptych matrix").processorSeconds)
      unlink(file)
      let run = try ChildProcess.run(
        [triptych, "record", log.path, "-o", file], environment: home.environment, showsErrors: false
      ).succeeded("triptych record")
      record.append(run.processorSeconds)
      peak = max(peak, run.peakResidentBytes)
      compress.append(try Self.compress(log.path))
    }
    var line = ResultLine("recording", "cost")
    line["read_cpu_s"] = read.median
    line["record_cpu_s"] = record.median
    line["compress_cpu_s"] = compress.median
    line["beyond_share"] = (record.median - compress.median - read.median) / read.median
    line["peak_resident_bytes"] = Double(peak)
    line.print()
  }

  /// CPU seconds of zstd's level 3 for the file in blocks of 256 KiB; reading it is counted, too.
  private static func compress(_ path: String) throws -> Double {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw BenchError("\(path) cannot be opened") }
    defer { close(descriptor) }
    var compressor = ZstdCompressor(level: 3)
    var block = [UInt8](repeating: 0, count: blockByteCount)
    let start = processorSeconds()
    while true {
      let count = read(descriptor, &block, block.count)
      guard count > 0 else { break }
      _ = try block.withUnsafeBytes {
        try compressor.compress(UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
    }
    return processorSeconds() - start
  }

  private func size(_ log: BenchLog, _ file: String, _ data: BenchData) throws {
    var line = ResultLine("recording", "size")
    line["bytes"] = try Double(Self.byteCount(file))
    line["log_bytes"] = try Double(Self.byteCount(log.path))
    line.print()
    guard options.pythonPeers()["fastavro"] != nil else { return }
    complain("recording size, fastavro")
    let container = data.path("fleet.avro")
    defer { data.discard(container) }
    _ = try ChildProcess.run([options.python, "\(options.scripts)/container.py", log.path, container])
      .succeeded("fastavro")
    var theirs = ResultLine("recording", "size", tool: "fastavro")
    theirs["bytes"] = try Double(Self.byteCount(container))
    theirs.print()
  }

  private static func byteCount(_ path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw BenchError("\(path) is not there") }
    return Int(status.st_size)
  }

  /// On screen at the place where it was left: a frame with its counts, and later the exact ones.
  private func opening(_ log: BenchLog, _ file: String, _ home: CleanHome) throws {
    let triptych = try options.triptych()
    let total = " \(grouped(log.eventCount)) events"
    var (firsts, exacts, firstPeak, peak) = ([Double](), [Double](), 0.0, 0.0)
    for _ in 0..<options.scale.startRuns {
      let screen = try PseudoTerminal([triptych, file], environment: home.environment)
      defer { screen.end(patienceMs: 60_000) }
      let first = screen.wait { $0.filledCellCount >= 400 && $0.contains(FleetNames.services(1)[0]) }
      firstPeak = max(firstPeak, screen.memory("VmHWM") ?? .infinity)
      let exact = screen.wait {
        $0.line(0).contains(total) && !$0.contains("approximate") && !$0.contains("reading")
      }
      guard let first, let exact else {
        throw BenchError(
          "the\(total) of \(file) did not come on screen within a minute:\n\(screen.screen.text)")
      }
      firsts.append(first / 1000)
      exacts.append(exact / 1000)
      peak = max(peak, screen.memory("VmHWM") ?? .infinity)
    }
    var line = ResultLine("recording", "opening")
    line["frame_s"] = firsts.median
    line["frame_s_p95"] = firsts.quantile(0.95)
    line["exact_s"] = exacts.median
    line["frame_resident_bytes"] = firstPeak
    line["peak_resident_bytes"] = peak
    line["count"] = Double(log.eventCount)
    line.print()
  }
}
