import Foundation

extension DeclaredTargets {
  /// Package.swift as SwiftPM itself understands it (`swift package dump-package`).
  static let checkout = Result { try read() }

  private static func read() throws -> DeclaredTargets {
    let folder = FileManager.default.temporaryDirectory.appending(path: "triptych-manifest-\(getpid())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let swift = Process()
    let output = Pipe()
    swift.executableURL = URL(filePath: "/usr/bin/env")
    // A scratch folder of its own: the one of the checkout is locked while its tests run.
    swift.arguments = ["swift", "package", "--scratch-path", folder.path, "dump-package"]
    swift.currentDirectoryURL = Checkout.root
    swift.standardOutput = output
    try swift.run()
    let json = output.fileHandleForReading.readDataToEndOfFile()
    swift.waitUntilExit()
    return DeclaredTargets(try JSONDecoder().decode(Dump.self, from: json))
  }

  private init(_ dump: Dump) {
    rooms = [:]
    products = [:]
    for target in dump.targets where target.type != "test" && target.path?.hasPrefix("Tests/") != true {
      rooms[target.name] = Set(target.dependencies.compactMap(\.targetName))
      products[target.name] = Set(target.dependencies.compactMap(\.productName))
    }
  }

  private struct Dump: Decodable {
    var targets: [Target]

    struct Target: Decodable {
      var name: String
      var type: String
      var path: String?
      var dependencies: [Dependency]
    }

    /// `{"byName": ["EventModel", null]}` or `{"product": ["ArgumentParser", "swift-argument-parser", ...]}`.
    struct Dependency: Decodable {
      var byName: [String?]?
      var target: [String?]?
      var product: [String?]?

      var targetName: String? { (byName ?? target)?.first ?? nil }
      var productName: String? { product?.first ?? nil }

      private enum Keys: String, CodingKey { case byName, target, product }

      /// Only the first element is a name; the others may be of any shape.
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        func first(_ key: Keys) throws -> [String?]? {
          guard container.contains(key) else { return nil }
          var list = try container.nestedUnkeyedContainer(forKey: key)
          return [try list.decode(String.self)]
        }
        byName = try first(.byName)
        target = try first(.target)
        product = try first(.product)
      }
    }
  }
}
