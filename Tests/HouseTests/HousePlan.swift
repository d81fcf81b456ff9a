/// The rooms on their lines, and what each may import: the table of Sources/README.md as data.
struct HousePlan {
  struct Line {
    /// Rooms from left to right.
    var rooms: [String]
    var mayUsePackages = false
  }

  /// Index = number of the line.
  var lines: [Line]
  /// Where a room may know one beside it on its own line.
  var beside: [String: Set<String>]
  /// Modules that come with Swift and the system, per kind of room.
  var everywhere: Set<String> = ["Swift", "Synchronization"]
  /// Rooms that may talk to the system at all; all others are pure.
  var mayUseSystem: Set<String>
  /// What a pure room may take from the C library: arithmetic and memory, nothing that knows the world.
  var pureFunctions: Set<String>

  static let triptych = HousePlan(
    lines: [
      Line(rooms: [
        "CNcurses", "CSodium", "CRdKafka", "CVulkan", "COpenXR", "CZstd", "CZlib", "CXxHash", "CSnappy",
        "CPkcs11", "CHyperscan", "CByteScan", "CCellRows", "CMalloc",
      ]),
      Line(rooms: ["EventModel", "SceneGraph", "Compression", "Crypto"]),
      Line(rooms: ["AvroCodec", "LogFormats", "EventMatrix", "Templates", "Workflow"]),
      Line(rooms: ["Signing", "Anomaly"]),
      Line(rooms: ["Explain", "Session"]),
      Line(rooms: ["LogFiles", "Recording", "Preferences", "Incidents"], mayUsePackages: true),
      Line(
        rooms: ["KafkaFeed", "HardwareKeys", "CellCanvas", "GPU", "SceneExport"], mayUsePackages: true),
      Line(
        rooms: ["SessionHost", "CursesTerminal", "SceneRenderer", "Handoff", "NiFiClient", "LegacyBridge"],
        mayUsePackages: true),
      Line(rooms: ["Headset", "SimulatedHeadset"], mayUsePackages: true),
      Line(rooms: ["triptych", "triptych-headset", "triptych-bench"], mayUsePackages: true),
    ],
    beside: [
      // A scene is drawn from events' words: SafeText is made from ForeignText.
      "SceneGraph": ["EventModel"],
      "Session": ["Explain"],
      // A recording is a source like a file, and what was read is copied into one.
      "LogFiles": ["Recording"],
    ],
    mayUseSystem: [
      "Compression", "LogFiles", "Recording", "Preferences", "Incidents", "KafkaFeed", "HardwareKeys", "GPU",
      "SceneExport", "SessionHost", "CursesTerminal", "SceneRenderer", "Handoff", "NiFiClient",
      "LegacyBridge", "Headset", "SimulatedHeadset", "triptych", "triptych-headset", "triptych-bench",
    ],
    pureFunctions: [
      "log2", "log", "log10", "exp", "exp2", "pow", "sqrt", "floor", "ceil", "memchr", "memcmp", "memcpy",
      "memmem",
    ])

  func line(of room: String) -> Int? { lines.firstIndex { $0.rooms.contains(room) } }

  func isCModule(_ module: String) -> Bool { lines[0].rooms.contains(module) }
}

/// What Package.swift declares: targets and what they depend on directly.
struct DeclaredTargets {
  /// Other rooms, by target name.
  var rooms: [String: Set<String>]
  /// Products of other packages, by target name.
  var products: [String: Set<String>]
}

/// An import that the plan or Package.swift does not allow.
struct ImportProblem: Equatable, CustomStringConvertible {
  var path: String
  var lineNumber: Int
  var reason: String

  var description: String { "\(path):\(lineNumber): \(reason)" }
}

extension HousePlan {
  /// Compares the imports of one file of `room` with the declared dependencies and with the plan.
  func problems(in source: SwiftSource, room: String, declared: DeclaredTargets) -> [ImportProblem] {
    source.imports.compactMap { found in
      reason(against: found, room: room, declared: declared).map {
        ImportProblem(path: source.path, lineNumber: found.lineNumber, reason: $0)
      }
    }
  }

  private func reason(against found: SwiftSource.Import, room: String, declared: DeclaredTargets) -> String? {
    let module = found.module
    guard let own = line(of: room) else { return "room '\(room)' has no place in the plan" }
    if everywhere.contains(module) { return nil }
    if module == "Foundation" || module.hasPrefix("Foundation") {
      return "Foundation costs start-up time; use the standard library, or Glibc where I/O is the room's job"
    }
    if module == "Glibc" { return systemReason(found, room: room) }
    if declared.products[room, default: []].contains(module) {
      return lines[own].mayUsePackages
        ? nil : "'\(module)' is from another package; those are for lines 5 to 9, \(room) is on \(own)"
    }
    guard let other = line(of: module) else {
      return "'\(module)' is neither a room of the plan nor a declared product of \(room)"
    }
    if !declared.rooms[room, default: []].contains(module) {
      return "'\(module)' is reachable at most through others; declare it in Package.swift or do without"
    }
    if other < own || beside[room, default: []].contains(module) { return nil }
    return "\(room) is on line \(own) and may not know \(module) on line \(other)"
  }

  private func systemReason(_ found: SwiftSource.Import, room: String) -> String? {
    if mayUseSystem.contains(room) { return nil }
    guard let member = found.member else {
      return "\(room) is pure; import single functions (`import func Glibc.log2`), not all of Glibc"
    }
    return pureFunctions.contains(member) ? nil : "\(room) is pure and has no use for \(member)"
  }

  /// C modules that more than one room imports, with those rooms.
  func sharedCModules(_ imports: [String: Set<String>]) -> [String: [String]] {
    var owners: [String: [String]] = [:]
    for (room, modules) in imports {
      for module in modules where isCModule(module) { owners[module, default: []].append(room) }
    }
    return owners.filter { $0.value.count > 1 }.mapValues { $0.sorted() }
  }
}
