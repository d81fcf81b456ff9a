import Foundation
import Testing

/// recording-probe on a disk that remembers and fails.
struct ProbeRun {
  var log: DiskLog
  /// What the probe said, line by line.
  var lines: [String]
  var status: Int32
  /// What is in the folder afterwards, by name.
  var files: [String: [UInt8]]

  /// - Parameters:
  ///   - arguments: of the probe.
  ///   - disk: `FAULT`, `PIECE`, `FORGET` of the disk recorder.
  init(_ arguments: [String], disk: [String: String] = [:]) throws {
    let scratch = try ProbeScratch()
    let log = scratch.place.appending(path: "log")
    var settings = [
      "LD_PRELOAD": try Self.recorder.get().path, "DISK_FOLDER": scratch.folder.path,
      "DISK_LOG": log.path, "DISK_ACK_FD": "1",
    ]
    for (name, value) in disk { settings["DISK_" + name] = value }
    let process = Self.process([scratch.folder.path] + arguments, settings)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    lines = Self.lines(output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    status = process.terminationStatus
    self.log = try DiskLog([UInt8](Data(contentsOf: log)))
    files = try scratch.files()
  }

  static func process(_ arguments: [String], _ settings: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = folder.appending(path: "recording-probe")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
    return process
  }

  /// A last line without an end was cut by the probe's death.
  static func lines(_ said: Data) -> [String] {
    String(decoding: said, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map(String.init)
  }

  /// The highest number behind `word`; 0 when it was never said.
  static func highest(_ word: String, in lines: [String]) -> Int {
    lines.compactMap { line in
      line.hasPrefix(word + " ") ? Int(line.dropFirst(word.count + 1)) : nil
    }.max() ?? 0
  }

  /// Where the build put these tests and the probe.
  private static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// The library to preload, compiled anew by each run of the tests.
  private static let recorder = Result { () throws -> URL in
    let source = URL(filePath: #filePath).appending(path: "../../tools/disk-recorder.c").standardized
    let made = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).so")
    let compiler = try Process.run(
      URL(filePath: "/usr/bin/env"),
      arguments: ["clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o", made.path, source.path])
    compiler.waitUntilExit()
    try #require(
      compiler.terminationStatus == 0, "clang, which comes with Swift, cannot compile \(source.path)")
    let library = folder.appending(path: "disk-recorder.so")
    try #require(rename(made.path, library.path) == 0 || Self.move(made, to: library))
    return library
  }

  /// Between file systems.
  private static func move(_ made: URL, to library: URL) -> Bool {
    try? FileManager.default.removeItem(at: library)
    return (try? FileManager.default.moveItem(at: made, to: library)) != nil
  }
}

/// A place on the disk that goes with its owner.
final class ProbeScratch {
  let place = FileManager.default.temporaryDirectory.appending(path: "probe-\(UUID())")
  /// Where the probe records.
  let folder: URL

  init() throws {
    folder = place.appending(path: "files")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: place) }

  func files() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      files[name] = [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }
    return files
  }
}
