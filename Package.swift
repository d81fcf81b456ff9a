// swift-tools-version: 6.2
// Triptych: a debugger for distributed systems. The rooms, their lines and what each may import are
// drawn in Sources/README.md; `make check` compares this file with that table.
import PackageDescription

/// Warnings are errors with the compilers we test with; a newer one may know new warnings, and those must not
/// stop anybody. `TRIPTYCH_WARNINGS=allow` is for work in progress.
#if compiler(<6.4)
  let warnings: [SwiftSetting] =
    Context.environment["TRIPTYCH_WARNINGS"] == "allow" ? [] : [.treatAllWarnings(as: .error)]
#else
  let warnings: [SwiftSetting] = []
#endif

let swift: [SwiftSetting] =
  [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
  ] + warnings

/// A Swift room and the test target beside it.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
  ]
}

/// `golden`: the folder beside the tests holds golden frames, which are read where they lie.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], golden: Bool = false, fixtures: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies,
    exclude: (golden ? ["Golden"] : []) + (fixtures ? ["Fixtures"] : []), swiftSettings: swift)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "triptych",
  products: [
    .executable(name: "triptych", targets: ["triptych"]),
    .executable(name: "triptych-bench", targets: ["triptych-bench"]),
  ],
  dependencies: [
    // Subcommands, help and completions as people expect them; needs no Foundation.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Line 0: C modules, each imported by one Swift room.
    .target(name: "CNcurses", linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(name: "CZstd", linkerSettings: [.linkedLibrary("zstd")]),
    .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
    // XXH64 for the block hashes: as fast as memory, where a hash of our own would not be.
    .target(name: "CXxHash", linkerSettings: [.linkedLibrary("xxhash")]),
    // Sixteen bytes at a time to the end of a JSON string, which Swift's SIMD types cannot say.
    .target(name: "CByteScan"),
    // Hyperscan: regular expressions in linear time, over raw blocks. Written in C++, as its archive remembers.
    .target(name: "CHyperscan", linkerSettings: [.linkedLibrary("hs"), .linkedLibrary("stdc++")]),
    // Sums over rows of counts with vector instructions and reads ahead, which Swift cannot say.
    .target(name: "CCellRows"),
    // libsodium: BLAKE2b, Ed25519 in the strict profile, memory that is locked and wiped.
    .target(name: "CSodium", linkerSettings: [.linkedLibrary("sodium")]),
    // malloc_trim and mallopt: memory that reading a big file has freed goes back to the system.
    .target(name: "CMalloc"),
  ]
    // Line 1
    + room("EventModel", ["CHyperscan"])
    + room("SceneGraph", ["EventModel"])
    + room("Compression", ["CZstd", "CZlib"])
    + room("Crypto", ["CSodium"])
    // Line 2
    + room("LogFormats", ["EventModel", "CByteScan"])
    + room("EventMatrix", ["EventModel", "CCellRows"])
    // Line 4
    + room("Session", ["EventModel", "SceneGraph", "EventMatrix"])
    // Line 5
    + room("LogFiles", ["EventModel", "Compression", "LogFormats", "EventMatrix", "Recording", "CXxHash"])
    + room("Recording", ["EventModel", "Compression", "Crypto", "LogFormats"])
    + room("Preferences", ["SceneGraph", "Session"])
    + room("Incidents", ["EventModel"])
    // Line 6
    + room("CellCanvas", ["SceneGraph", "Preferences"])
    + room("SceneExport", ["Preferences", "CellCanvas"])
    // Line 7
    + room(
      "SessionHost",
      [
        "EventModel", "SceneGraph", "EventMatrix", "Crypto", "LogFormats", "Session", "LogFiles", "Recording",
        "Preferences", "CMalloc",
      ])
    + room("CursesTerminal", ["CNcurses", "SceneGraph", "Session", "Preferences", "CellCanvas"])
    + [
      // Line 9
      .executableTarget(
        name: "triptych",
        dependencies: [
          "EventModel", "SceneGraph", "EventMatrix", "LogFormats", "Session", "LogFiles", "Recording",
          "Preferences", "Incidents",
          "CellCanvas", "SceneExport", "SessionHost", "CursesTerminal", argumentParser,
        ], swiftSettings: swift),
      .executableTarget(
        name: "triptych-bench",
        dependencies: [
          "EventModel", "SceneGraph", "EventMatrix", "LogFormats", "Session", "LogFiles", "Preferences",
          "CellCanvas", "CursesTerminal", "SessionHost", argumentParser,
        ], exclude: ["Peers", "instruction-counts.jsonl"], swiftSettings: swift),

      // Screens as text files beside the tests; linked by tests only.
      .target(
        name: "GoldenFrames", dependencies: ["CellCanvas", "SceneGraph"], path: "Tests/GoldenFrames",
        swiftSettings: swift),
      tests("EventModelTests", ["EventModel"]),
      tests("SceneGraphTests", ["EventModel", "SceneGraph"]),
      tests("CompressionTests", ["Compression"]),
      tests("CryptoTests", ["Crypto"]),
      tests("LogFormatsTests", ["EventModel", "LogFormats"]),
      tests("EventMatrixTests", ["EventModel", "EventMatrix"]),
      tests("SessionTests", ["EventModel", "SceneGraph", "EventMatrix", "Session", "Incidents"]),
      tests(
        "LogFilesTests",
        ["EventModel", "Compression", "Crypto", "LogFormats", "EventMatrix", "Recording", "LogFiles"]),
      // Writes session files until it is killed or its disk fails.
      .executableTarget(
        name: "recording-probe", dependencies: ["Crypto", "Recording"], path: "Tests/RecordingProbe",
        swiftSettings: swift),
      tests(
        "RecordingTests",
        ["EventModel", "Compression", "Crypto", "LogFormats", "Recording", "recording-probe"], fixtures: true),
      tests("PreferencesTests", ["SceneGraph", "Session", "Preferences"]),
      tests("IncidentsTests", ["EventModel", "LogFormats", "Incidents"]),
      tests(
        "CellCanvasTests",
        ["EventModel", "SceneGraph", "Session", "Preferences", "CellCanvas", "GoldenFrames"],
        golden: true),
      tests("SceneExportTests", ["SceneGraph", "Preferences", "CellCanvas", "SceneExport"]),
      // A screen small enough to judge the terminal by, for tests that need a real one.
      .executableTarget(
        name: "terminal-probe",
        dependencies: ["SceneGraph", "Session", "Preferences", "CellCanvas", "CursesTerminal"],
        path: "Tests/TerminalProbe", swiftSettings: swift),
      tests(
        "CursesTerminalTests",
        ["SceneGraph", "Session", "Preferences", "CellCanvas", "CursesTerminal", "terminal-probe"]),
      tests(
        "SessionHostTests",
        [
          "EventModel", "SceneGraph", "EventMatrix", "Crypto", "LogFormats", "Session", "LogFiles",
          "Recording",
          "Preferences", "SessionHost",
        ]),
      // The program as people use it, and the house rules.
      tests(
        "TriptychTests",
        [
          "EventModel", "SceneGraph", "Crypto", "Recording", "Session", "Preferences", "CellCanvas",
          "SessionHost", "LogFiles",
          "Incidents",
          "GoldenFrames",
        ], golden: true),
      tests("TriptychBenchTests", ["triptych-bench", "EventModel"]),
      tests("HouseTests", ["EventModel", "SceneGraph", "Session", "Preferences"]),
    ],
  swiftLanguageModes: [.v6]
)
