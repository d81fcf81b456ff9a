import Foundation
import Testing

/// Python with MCAP's own library.
enum PythonScript {
  private static let interpreter = URL(filePath: #filePath)
    .appending(path: "../../../.build/test-venv/bin/python").standardized

  static let isThere = FileManager.default.isExecutableFile(atPath: interpreter.path)

  /// Runs `script` with the path of a file and one of `variants`, for each of these.
  static func output(_ script: String, _ variants: String...) throws -> [(file: [UInt8], words: String)] {
    try variants.map { variant in
      let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).mcap")
      defer { try? FileManager.default.removeItem(at: file) }
      let words = try run(script, file.path, variant)
      return (Array(try Data(contentsOf: file)), words)
    }
  }

  static func run(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = interpreter
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
