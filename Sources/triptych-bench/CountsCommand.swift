import ArgumentParser
import Glibc

/// Instructions of the hot paths: the same on an idle and on a busy machine.
struct CountsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counts",
    abstract:
      "Counts the instructions of four hot paths with callgrind, and compares them with the stored counts.",
    discussion: """
      Ends with code 1 when a path needs over 10 % more instructions than stored.

      Examples:
        triptych-bench counts --check Sources/triptych-bench/instruction-counts.jsonl
        triptych-bench counts --store Sources/triptych-bench/instruction-counts.jsonl
      """)

  @Option(help: ArgumentHelp("Compare with this file.", valueName: "file"))
  var check: String?

  @Option(help: ArgumentHelp("Write the counts to this file.", valueName: "file"))
  var store: String?

  @Option(help: "Where generated files are kept.")
  var data = ".build/bench/data"

  func run() throws {
    guard let valgrind = ChildProcess.find("valgrind") else {
      throw BenchError("valgrind is not installed: apt-get install valgrind")
    }
    let toolchain = try Toolchain()
    let stored = try check.map { try Self.read($0) } ?? [:]
    if let check, let other = stored.values.first(where: { !toolchain.made($0) }) {
      // Another compiler makes other code: the counts say nothing about this change.
      print(
        "instruction counts: not compared; \(check) is of \(Toolchain.name(of: other)), this is \(toolchain)")
      return
    }
    let program = try programWithoutDebugInfo()
    let lines = try HotPath.allCases.map { path in
      var line = ResultLine("counts", path.rawValue)
      line["instructions"] = try count(path, valgrind, program)
      line.set("compiler", text: toolchain.compiler)
      line.set("machine", text: toolchain.machine)
      return line
    }
    if check == nil { for line in lines { line.print() } }
    if let store {
      var file = try OutputFile(store)
      for line in lines { try file.append(Array((line.json + "\n").utf8)) }
      try file.finish()
    }
    guard check != nil else { return }
    let verdicts = lines.map {
      CountVerdict(path: $0.name, now: $0["instructions"], stored: stored[$0.name]?["instructions"])
    }
    for verdict in verdicts { print(verdict) }
    if verdicts.contains(where: \.isGrowth) { throw ExitCode(1) }
  }

  private static func read(_ path: String) throws -> [String: ResultLine] {
    let text = String(decoding: try CellComparison.contents(path), as: UTF8.self)
    let lines = text.split(separator: "\n").compactMap { ResultLine(json: $0) }
    return Dictionary(lines.map { ($0.name, $0) }) { $1 }
  }

  /// Valgrind gives up on debug information that is newer than itself; names of functions are all it needs. The copy
  /// lies beside the program, so that it finds the same themes.
  private func programWithoutDebugInfo() throws -> String {
    guard let strip = ChildProcess.find("strip") else { return BenchOptions.ownPath }
    let copy = BenchOptions.ownPath + ".counted"
    _ = try ChildProcess.run([strip, "--strip-debug", "-o", copy, BenchOptions.ownPath]).succeeded("strip")
    return copy
  }

  private func count(_ path: HotPath, _ valgrind: String, _ program: String) throws -> Double {
    try BenchData.makeFolder(data)
    let log = "\(data)/callgrind.\(path.rawValue).log"
    _ = try ChildProcess.run(
      [
        valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file=\(log)",
        "--collect-atstart=no", "--toggle-collect=\(HotPath.measuredFunction)",
        program, "hotpath", path.rawValue, "--data", data,
      ], environment: ["SWIFT_DETERMINISTIC_HASHING": "1"]
    ).succeeded("callgrind on \(path.rawValue)")
    let text = String(decoding: try CellComparison.contents(log), as: UTF8.self)
    let collected = text.split(separator: "\n").last { $0.contains("Collected :") }
    guard let number = collected?.split(separator: " ").last.flatMap({ Double($0) }), number > 0 else {
      throw BenchError("callgrind did not see the hot path '\(path.rawValue)'; its words are in \(log)")
    }
    return number
  }
}

/// One path's count beside the stored one.
struct CountVerdict: CustomStringConvertible {
  var path: String
  var now: Double?
  var stored: Double?

  static let limit = 1.10

  var isGrowth: Bool {
    guard let now, let stored else { return false }
    return now > stored * Self.limit
  }

  var description: String {
    guard let now else { return "instruction counts: \(path): not counted" }
    guard let stored else {
      return "instruction counts: \(path): no count is stored; make bench-counts stores it"
    }
    let percent = Int(((now / stored - 1) * 100).rounded())
    let change =
      percent == 0 ? "as stored" : "\(abs(percent)) % \(percent > 0 ? "more" : "fewer") than stored"
    let remedy = isGrowth ? ": too many; make it cheaper, or accept it with make bench-counts" : ""
    return "instruction counts: \(path): \(Int(now)), \(change)\(remedy)"
  }
}

/// What decides how many instructions the same source becomes.
struct Toolchain: CustomStringConvertible {
  let compiler: String
  let machine: String

  init() throws {
    let version = try ChildProcess.run(["swift", "--version"], output: .captured, showsErrors: false).text
    let words = version.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let place = words.firstIndex(of: "version"), place + 1 < words.count else {
      throw BenchError("swift --version says no version")
    }
    compiler = words[place + 1]
    let info = String(decoding: try CellComparison.contents("/proc/cpuinfo"), as: UTF8.self)
    // The C library and Hyperscan choose their code by this; valgrind knows nothing beyond it.
    let hasAVX2 = info.split(whereSeparator: \.isWhitespace).contains("avx2")
    #if arch(x86_64)
      machine = "x86_64" + (hasAVX2 ? " avx2" : "")
    #elseif arch(arm64)
      machine = "arm64"
    #else
      machine = hasAVX2 ? "other avx2" : "other"
    #endif
  }

  func made(_ line: ResultLine) -> Bool {
    line.text("compiler") == compiler && line.text("machine") == machine
  }

  static func name(of line: ResultLine) -> String {
    "Swift \(line.text("compiler") ?? "?") on \(line.text("machine") ?? "?")"
  }

  var description: String { "Swift \(compiler) on \(machine)" }
}
