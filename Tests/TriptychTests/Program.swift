import Foundation
import Testing

/// The built program, run as people run it.
struct Program {
  /// What a run left behind.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// `$TRIPTYCH_PROGRAM`, else the one that was built with these tests, in the folder of the test binary.
  static let path: String =
    ProcessInfo.processInfo.environment["TRIPTYCH_PROGRAM"]
    ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "triptych").path

  /// Runs it with nothing on standard input unless given, in UTC, away from the settings of whoever runs the tests.
  ///
  /// - Parameter directory: where it runs, and where relative paths start.
  static func run(
    _ arguments: [String], input: Data? = nil, in directory: URL? = nil, environment: [String: String] = [:]
  ) throws -> Outcome {
    try launch(path, arguments, input: input, in: directory, environment: environment)
  }

  /// Runs a line of shell in which `$TRIPTYCH` is the program.
  static func shell(_ script: String, in directory: URL? = nil) throws -> Outcome {
    try launch(
      "/bin/bash", ["-c", script], input: nil, in: directory, environment: ["TRIPTYCH": path])
  }

  private static func launch(
    _ executable: String, _ arguments: [String], input: Data?, in directory: URL?,
    environment: [String: String]
  ) throws -> Outcome {
    let home = try Scratch()
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = directory ?? home.folder
    var variables = ProcessInfo.processInfo.environment.filter {
      ["PATH", "LD_LIBRARY_PATH", "SWIFT_BACKTRACE"].contains($0.key)
    }
    variables["HOME"] = home.folder.path
    variables["TZ"] = "UTC"
    variables["LC_ALL"] = "C.UTF-8"
    process.environment = variables.merging(environment) { _, new in new }

    // Files instead of pipes: neither side ever waits for the other.
    let output = try home.write("output", Data())
    let errors = try home.write("errors", Data())
    let source = try home.write("input", input ?? Data())
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = try FileHandle(forReadingFrom: source)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}

/// A folder that is gone with its owner.
final class Scratch: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "triptych-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  @discardableResult
  func write(_ name: String, _ data: Data) throws -> URL {
    let file = folder.appending(path: name)
    try data.write(to: file)
    return file
  }

  @discardableResult
  func write(_ name: String, _ lines: [String]) throws -> URL {
    try write(name, Data((lines.joined(separator: "\n") + "\n").utf8))
  }
}
