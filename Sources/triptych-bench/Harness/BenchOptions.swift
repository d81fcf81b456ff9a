import ArgumentParser
import Glibc

extension BenchScale: ExpressibleByArgument {}

/// What every bench on whole programs needs.
struct BenchOptions: ParsableArguments {
  @Option(help: "small (a few minutes) or full.")
  var scale = BenchScale.small

  @Option(help: "Where generated files are kept.")
  var data = ".build/bench/data"

  @Option(help: "The program that is measured; by default the one beside this.")
  var program: String?

  @Option(help: "A Python with the peers in it.")
  var python = ".build/bench-venv/bin/python"

  @Option(help: "The scripts around the peers.")
  var scripts = "Sources/triptych-bench/Peers"

  @Flag(inversion: .prefixedNo, help: "Run the peers too, on the same data.")
  var peers = true

  func benchData() throws -> BenchData { try BenchData(folder: data, scale: scale) }

  func triptych() throws -> String {
    let path = program ?? Self.ownFolder + "/triptych"
    guard access(path, X_OK) == 0 else {
      throw BenchError(
        "\(path) is not there; build it: swift build -c release --static-swift-stdlib --product triptych")
    }
    return path
  }

  /// Peers of Python by name, with their versions; those that are missing are left out.
  func pythonPeers() -> [String: String] {
    guard peers, access(python, X_OK) == 0,
      let run = try? ChildProcess.run([python, "\(scripts)/versions.py"], output: .captured)
    else { return [:] }
    let lines = run.text.split(separator: "\n").compactMap { ResultLine(json: $0) }
    return Dictionary(lines.compactMap { line in line.text("version").map { (line.tool, $0) } }) { $1 }
  }

  /// The path of a peer's program, where peers are wanted and it is installed.
  func peer(_ program: String) -> String? { peers ? ChildProcess.find(program) : nil }

  static let ownFolder: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard readlink("/proc/self/exe", &buffer, Int(PATH_MAX)) > 0 else { return "." }
    let path = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
  }()

  static let ownPath = ownFolder + "/triptych-bench"
}

/// Folders of its own for a program: no configuration, no state, no cache from elsewhere.
struct CleanHome {
  let folder: String

  /// Emptied first.
  init(_ folder: String) throws {
    self.folder = folder
    try empty()
  }

  func empty() throws {
    _ = try ChildProcess.run(["rm", "-rf", "--", folder])
    for name in ["cache", "config", "state", "data"] { try BenchData.makeFolder("\(folder)/\(name)") }
  }

  var environment: [String: String] {
    [
      "HOME": absolute, "XDG_CACHE_HOME": "\(absolute)/cache", "XDG_CONFIG_HOME": "\(absolute)/config",
      "XDG_STATE_HOME": "\(absolute)/state", "XDG_DATA_HOME": "\(absolute)/data", "TZ": "UTC",
    ]
  }

  private var absolute: String {
    guard !folder.hasPrefix("/"), let current = getcwd(nil, 0) else { return folder }
    defer { free(current) }
    return String(cString: current) + "/" + folder
  }
}
