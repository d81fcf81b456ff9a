import Preferences
import Session
import Testing

private func keymap(_ text: String, others: [String: String] = [:]) -> Loaded<Keymap> {
  var files = others.mapValues { TextFile(path: "other.toml", text: $0) }
  files["mine"] = TextFile(path: "mine.toml", text: text)
  return Keymap.load("mine", from: NamedTexts(files))
}

private func problems(_ text: String, others: [String: String] = [:]) -> [String] {
  keymap(text, others: others).problems.map(\.description)
}

extension Keymap {
  fileprivate func match(_ keys: String, in context: CommandContext = .matrix) -> KeymapMatch {
    resolve((try? KeyStroke.sequence(notation: keys)) ?? [], in: context)
  }

  fileprivate func command(_ keys: String, in context: CommandContext = .matrix) -> CommandName? {
    if case .command(let binding) = match(keys, in: context) { binding.command } else { nil }
  }
}

@Suite struct KeymapTests {
  static let names = ["default", "emacs", "less", "vim"]

  @Test func `all shipped keymaps are here`() {
    #expect(Shipped.texts(in: "Keymaps").names() == Self.names)
  }

  @Test(arguments: names)
  func `a shipped keymap loads without a problem`(name: String) {
    let loaded = Keymap.load(name, from: Shipped.texts(in: "Keymaps"))
    #expect(loaded.problems.map(\.description) == [])
    #expect(loaded.value.name == name)
  }
}
