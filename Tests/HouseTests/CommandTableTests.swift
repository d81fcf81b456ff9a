import Foundation
import Preferences
import Session
import Testing

/// What can be done can be found: by key, by palette, in help and in the README.
@Suite struct CommandTableTests {
  @Test func `every command is in the table once, with words for help`() {
    let ids = CommandTable.all.map(\.id)
    #expect(ids.count == Set(ids).count)
    #expect(Set(ids) == Set(CommandName.allCases.map(\.rawValue)))
    for spec in CommandTable.all {
      #expect(spec.title.count >= 4 && spec.title.first?.isUppercase == true, "\(spec.id): '\(spec.title)'")
      #expect(!spec.title.hasSuffix("."), "\(spec.id): titles are no sentences")
      #expect(!spec.contexts.isEmpty, "\(spec.id) works nowhere")
    }
  }

  @Test func `every command has a key, or the palette offers it by a title of its own`() {
    let titles = CommandTable.all.map(\.title)
    for spec in CommandTable.all where spec.defaultKeys.isEmpty {
      #expect(titles.count { $0 == spec.title } == 1, "\(spec.id) shares its title and has no key")
      #expect(
        spec.contexts.contains(.global), "\(spec.id) has no key, and the palette opens only global commands")
    }
  }

  @Test func `the keys of the README are keys of the table`() throws {
    let keys = Set(CommandTable.all.flatMap(\.defaultKeys)).union(["hjkl"])
    let readme = try Checkout.text("README.md")
    let table = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("Keys\n") })
    for match in table.matches(of: /`([^`]+)`/) {
      let key = String(match.1)
      if key.hasPrefix("--") { continue }
      #expect(
        keys.contains(key.replacing("enter", with: "ret")), "README says '\(key)', which no command has")
    }
  }
}

@Suite struct DataFileTests {
  private func texts(_ folder: String) -> NamedTexts {
    NamedTexts(
      Dictionary(
        uniqueKeysWithValues: Checkout.files(below: folder, endings: ["toml"]).compactMap { path in
          guard let text = try? Checkout.text(path) else { return nil }
          let name = URL(filePath: path).deletingPathExtension().lastPathComponent
          return (name, TextFile(path: path, text: text))
        }))
  }

  @Test func `every theme loads without a word of complaint`() {
    let themes = texts("Themes")
    #expect(Set(themes.names()).isSuperset(of: ["dark", "light", "high-contrast", "mono"]))
    for name in themes.names() {
      let problems = Theme.load(name, from: themes).problems
      #expect(problems.isEmpty, "\(problems.map(\.description).joined(separator: "\n"))")
    }
  }

  @Test func `every keymap loads without a word of complaint`() {
    let keymaps = texts("Keymaps")
    #expect(Set(keymaps.names()).isSuperset(of: ["default", "vim", "emacs", "less"]))
    for name in keymaps.names() {
      let problems = Keymap.load(name, from: keymaps).problems
      #expect(problems.isEmpty, "\(problems.map(\.description).joined(separator: "\n"))")
    }
  }

  @Test(arguments: ["Themes", "Keymaps"])
  func `a folder of data files explains itself, and each file starts with what it is`(folder: String) throws {
    #expect(Checkout.exists("\(folder)/README.md"))
    for path in Checkout.files(below: folder, endings: ["toml"]) {
      #expect(try Checkout.text(path).hasPrefix("# "), "\(path) does not start with a comment")
    }
  }
}
