// swift-tools-version: 6.2
// Decoders of the rooms under libFuzzer and AddressSanitizer: a package of its own, since the flags below must not
// reach what people use. `Rooms` is a link to the rooms' sources.
import PackageDescription

let swift: [SwiftSetting] = [
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing", "-parse-as-library"]),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Rooms/\(name)", swiftSettings: swift)
}

func library(_ name: String, _ linked: String...) -> Target {
  .target(name: name, path: "Rooms/\(name)", linkerSettings: linked.map { .linkedLibrary($0) })
}

let package = Package(
  name: "triptych-fuzz",
  targets: [
    library("CZstd", "zstd"),
    library("CZlib", "z"),
    library("CSodium", "sodium"),
    library("CHyperscan", "hs", "stdc++"),
    room("EventModel", ["CHyperscan"]),
    room("Compression", ["CZstd", "CZlib"]),
    room("Crypto", ["CSodium"]),
    room("Recording", ["EventModel", "Compression", "Crypto"]),
    .executableTarget(
      name: "fuzz-recording", dependencies: ["EventModel", "Compression", "Crypto", "Recording"],
      path: "Fuzzer", swiftSettings: swift,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]),
  ],
  swiftLanguageModes: [.v6]
)
