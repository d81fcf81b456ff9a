import ArgumentParser
import Glibc

/// A child that writes events at a rate into a pipe.
struct Feed {
  /// The end to read from.
  let output: Int32
  private let child: pid_t

  init(_ arguments: [String]) throws {
    let ends = try ChildProcess.pipeEnds()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends.write, 1)
    child = try ChildProcess.spawn([BenchOptions.ownPath, "feed"] + arguments, [:], &actions, nil)
    close(ends.write)
    output = ends.read
  }

  func end() {
    kill(child, SIGTERM)
    waitpid(child, nil, 0)
  }
}

/// Writes events of the present time to standard output, evenly.
struct FeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed", abstract: "Writes events to standard output at a rate, for ever.",
    shouldDisplay: false)

  @Option(help: "Events a second.")
  var rate = 50_000

  func run() throws {
    var events = GeneratedEvents(eventCount: .max, seconds: 1_000_000, seed: BenchData.seed)
    var writer = LogWriter(.ndjson, serviceCount: events.serviceCount)
    var file = try OutputFile("-")
    signal(SIGPIPE, SIG_DFL)
    // A hundred portions a second, or one event at a time.
    let portion = max(1, rate / 100)
    let intervalNs = Int64(1_000_000_000) * Int64(portion) / Int64(rate)
    var next = monotonicNs()
    while true {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
      for _ in 0..<portion {
        guard var event = events.next() else { return }
        event.microseconds = microseconds
        try writer.write(event, to: &file)
      }
      try file.flush()
      next += intervalNs
      let waitNs = next - monotonicNs()
      if waitNs > 0 { usleep(UInt32(waitNs / 1_000)) }
    }
  }
}
