// recording-probe: writes numbered events into session files as a recorder does, and says on standard output, a line at
// a time and never before it is true, which of them are saved. Support for tests only.
//
// recording-probe FOLDER [events=N] [each=N] [finish=0|1] [early=0|1] [pace=MICROSECONDS]

import Crypto
import Glibc
import Recording

struct Arguments {
  var folder: String
  var numbers: [String: Int] = [:]

  init() {
    folder = CommandLine.arguments.dropFirst().first ?? "."
    for word in CommandLine.arguments.dropFirst(2) {
      let parts = word.split(separator: "=")
      if parts.count == 2 { numbers[String(parts[0])] = Int(parts[1]) }
    }
  }

  var eventCount: Int { numbers["events"] ?? 100 }
  /// Events in a commit.
  var spacing: Int { max(1, numbers["each"] ?? 4) }
  var finishes: Bool { numbers["finish"] != 0 }
  /// A planted fault: calls events saved before they are.
  var isEarly: Bool { numbers["early"] == 1 }
  var pace: Int { numbers["pace"] ?? 0 }
}

/// Text that says its number, with digits behind it that hardly compress.
func event(_ number: Int) -> [UInt8] {
  var text = "event \(number) "
  var state = UInt64(number) &+ 1
  for _ in 0..<(number % 23) {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    text += String(state >> 8, radix: 16)
  }
  return Array((text + "\n").utf8)
}

/// In one call, so that a line is there whole or not at all.
func tell(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

/// Records into one file after the other; a new one begins where the last one could be trusted.
struct Recorder {
  var arguments = Arguments()
  var savedCount = 0
  var fileNumber = 0
  private static let fileLimit = 8

  mutating func run() -> Int32 {
    while fileNumber < Self.fileLimit {
      defer { fileNumber += 1 }
      guard let key = SigningKey() else { return 2 }
      do {
        var file = try RecordingFile(
          creating: "\(arguments.folder)/\(fileNumber).mcap", library: "recording-probe", key: key)
        if fill(&file) { return 0 }
      } catch { tell("REFUSED \(error)") }
    }
    return 1
  }

  /// False when another file is needed.
  private mutating func fill(_ file: inout RecordingFile) -> Bool {
    let first = savedCount
    let channel = file.channel(topic: "/events", encoding: "text", metadata: [])
    for number in first..<max(first, arguments.eventCount) {
      file.put(
        event(number), to: channel, logTime: UInt64(number), publishTime: UInt64(number), eventCount: 1)
      guard (number + 1) % arguments.spacing == 0 else { continue }
      if arguments.isEarly { tell("SAVED \(number + 1)") }
      attempt(&file, first, putCount: number + 1) { file throws(RecordingError) in try file.commit() }
      if file.isAbandoned { return false }
      if arguments.pace > 0 { usleep(UInt32(arguments.pace)) }
    }
    guard arguments.finishes else { return true }
    for _ in 0..<100 {
      let isDone = attempt(&file, first, putCount: arguments.eventCount) { file throws(RecordingError) in
        try file.finish()
      }
      if isDone { return true }
      if file.isAbandoned { return false }
    }
    return false
  }

  @discardableResult
  private mutating func attempt(
    _ file: inout RecordingFile, _ first: Int, putCount: Int,
    _ action: (inout RecordingFile) throws(RecordingError) -> Void
  ) -> Bool {
    do { try action(&file) } catch {
      tell("FAILED waiting=\(file.waitingByteCount) abandoned=\(file.isAbandoned) \(error)")
      return false
    }
    let count = first + Int(file.savedEventCount)
    if count > savedCount, !arguments.isEarly { tell("SAVED \(count)") }
    savedCount = max(savedCount, count)
    tell("WRITTEN \(putCount)")
    return true
  }
}

var recorder = Recorder()
exit(recorder.run())
