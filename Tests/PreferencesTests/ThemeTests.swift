import Foundation
import Preferences
import SceneGraph
import Testing

/// The checkout's own files, as a user gets them.
enum Shipped {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func texts(in folder: String) -> NamedTexts {
    let directory = root.appendingPathComponent(folder)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    var texts: [String: TextFile] = [:]
    for file in files where file.hasSuffix(".toml") {
      let bytes = (try? Data(contentsOf: directory.appendingPathComponent(file))) ?? Data()
      texts[String(file.dropLast(5))] = TextFile(path: "\(folder)/\(file)", bytes: Array(bytes))
    }
    return NamedTexts(texts)
  }
}

private func theme(_ text: String, others: [String: String] = [:]) -> Loaded<Theme> {
  var files = others.mapValues { TextFile(path: "other.toml", text: $0) }
  files["mine"] = TextFile(path: "mine.toml", text: text)
  return Theme.load("mine", from: NamedTexts(files))
}

private func problems(_ text: String, others: [String: String] = [:]) -> [String] {
  theme(text, others: others).problems.map(\.description)
}

@Suite struct ThemeTests {
  static let names = ["colorblind", "dark", "high-contrast", "light", "mono", "viridis"]

  @Test func `all shipped themes are here`() {
    #expect(Shipped.texts(in: "Themes").names() == Self.names)
  }

  @Test(arguments: names)
  func `a shipped theme loads without a problem and passes the lint`(name: String) {
    let loaded = Theme.load(name, from: Shipped.texts(in: "Themes"))
    #expect(loaded.problems.map(\.description) == [])
    #expect(loaded.value.name == name)
    #expect(ThemeLint.findings(in: loaded.value).map(\.description) == [])
  }
}
