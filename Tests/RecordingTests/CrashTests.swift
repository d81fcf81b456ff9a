import Foundation
import Testing

@testable import Recording

/// Every state in which a power cut may leave the files of the real writer, read by the real reader.
@Suite("A session file after a power cut")
struct CrashTests {
  private static let isLong = ProcessInfo.processInfo.environment["TRIPTYCH_LONG"] != nil
  private static let seed =
    ProcessInfo.processInfo.environment["TRIPTYCH_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)

  struct Course: Sendable, CustomStringConvertible {
    var description: String
    var arguments: [String]
    var disk: [String: String] = [:]
    /// In `make check-long`; the courses together make more than 100,000.
    var stateCount: Int
  }

  static let courses = [
    Course(description: "to the end", arguments: ["events=480", "each=30"], stateCount: 40_000),
    Course(
      description: "in small pieces", arguments: ["events=72", "each=12"], disk: ["PIECE": "300"],
      stateCount: 40_000),
    Course(
      description: "past an inline index", arguments: ["events=1050", "each=15", "finish=0"],
      stateCount: 15_000),
    Course(
      description: "over a disk that fails once", arguments: ["events=240", "each=30"],
      disk: ["FAULT": "11:EIO:1"], stateCount: 10_000),
    Course(
      description: "over a full disk", arguments: ["events=240", "each=30"],
      disk: ["FAULT": "8:ENOSPC:5", "PIECE": "500"], stateCount: 10_000),
  ]

  /// Some thousand states; in `make check-long` 115,000, which take some minutes.
  @Test(arguments: courses)
  func `holds every event that was called saved, and none that was not written`(_ course: Course) throws {
    let wanted = Self.isLong ? course.stateCount : 600
    let found = try Enumeration(course.arguments, course.disk, seed: Self.seed, stateCount: wanted)
    #expect(found.states.count >= wanted, "TRIPTYCH_SEED=\(Self.seed)")
    #expect(found.faults.isEmpty, "TRIPTYCH_SEED=\(Self.seed) \(found.faults.prefix(3))")
    #expect(found.acknowledgedCount > 50)
  }

  /// What the enumeration is worth: it sees writers that are wrong.
  @Test(arguments: [
    ("data that is not synced", ["FORGET": "fdatasync"], "early=0"),
    ("a name that is not synced", ["FORGET": "directory"], "early=0"),
    ("saved said too early", [:], "early=1"),
  ])
  func `is found wanting where the writer is wrong`(
    _ name: String, _ disk: [String: String], _ argument: String
  ) throws {
    let found = try Enumeration(
      ["events=60", "each=6", argument], disk, seed: Self.seed, stateCount: 100)
    #expect(found.faults.contains { $0.contains("lost") }, "\(name)")
  }
}

/// The crash states of one run of the probe.
struct Enumeration {
  /// Digests of the different ones.
  private(set) var states: Set<Int> = []
  private(set) var faults: [String] = []
  private(set) var acknowledgedCount = 0
  private let cache = RecoveredEvents.Cache()

  /// - Parameter stateCount: drawn until there are so many, after those that are always looked at.
  init(_ arguments: [String], _ disk: [String: String], seed: UInt64, stateCount: Int) throws {
    let run = try ProbeRun(arguments, disk: disk)
    try #require(run.status == 0, "\(run.lines.suffix(3))")
    var generator = SeededGenerator(seed: seed)
    for round in 0..<200 where round == 0 || states.count < stateCount {
      var moment = CrashDisk()
      try judge(moment, round, &generator)
      for operation in run.log.operations {
        moment.apply(operation)
        try judge(moment, round, &generator)
      }
      acknowledgedCount = moment.acknowledgedCount
      let all = moment.files(after: moment.pending.map(\.wholeFate))
      let made = Dictionary(
        uniqueKeysWithValues: all.map { (URL(filePath: $0.key).lastPathComponent, $0.value) })
      try #require(made == run.files, "the log does not say what became of the files")
    }
  }

  private mutating func judge(
    _ moment: CrashDisk, _ round: Int, _ generator: inout SeededGenerator
  ) throws {
    for fates in moment.fates(drawCount: round == 0 ? 4 : 40, from: &generator) {
      let files = moment.files(after: fates)
      guard states.insert(digest(files, moment.acknowledgedCount)).inserted else { continue }
      let found = RecoveredEvents(files, cache)
      let lost = (0..<moment.acknowledgedCount).filter { !found.numbers.contains($0) }
      if !lost.isEmpty { faults.append("lost \(lost.prefix(3)) of \(moment.acknowledgedCount): \(fates)") }
      if !found.foreign.isEmpty { faults.append("never written: \(found.foreign.prefix(2))") }
      if !found.unreadable.isEmpty { faults.append("unreadable: \(found.unreadable) \(fates)") }
    }
  }

  private func digest(_ files: [String: [UInt8]], _ acknowledgedCount: Int) -> Int {
    var hasher = Hasher()
    hasher.combine(acknowledgedCount)
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      hasher.combine(name)
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
    return hasher.finalize()
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
