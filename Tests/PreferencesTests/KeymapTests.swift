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

  /// DESIGN section 12: what hands rely on in every shipped keymap. `nil` is a command that does not exist yet: its
  /// keys stay free for it.
  static let reserved: [(keys: String, command: String?)] =
    [
      ("left", "cursor.left"), ("right", "cursor.right"), ("up", "cursor.up"), ("down", "cursor.down"),
      ("h", "cursor.left"), ("l", "cursor.right"), ("k", "cursor.up"), ("j", "cursor.down"),
      ("H", "page.earlier"),
      ("L", "page.later"), ("-", "zoom.out"), ("=", "zoom.in"), ("0", "zoom.fit"), ("1", "face.time-service"),
      ("2", "face.time-severity"), ("3", "face.service-severity"), ("tab", "focus.next"), ("v", "select"),
      ("y", "copy"),
      ("/", "search"), ("n", "next.match"), ("] e", "next.error"), ("[ e", "previous.error"),
      ("f", "filter.add"),
      ("g t", "go.time"), ("g x", "go.same-trace"), ("u", "undo"), ("C-r", "redo"), ("C-o", "jump.back"),
      ("m", "mark.set"), ("'", "mark.go"), (":", "palette"), ("?", "help"), ("S-left", "pan.left"),
      ("S-right", "pan.right"), ("S-up", "pan.up"), ("S-down", "pan.down"), ("R", "record.toggle"),
      ("K", "known.at-cursor"),
    ]
    + ["N", "c", "g r", "g v", "f12", "g k", "g y", "g n", "! !"].map { ($0, nil) }

  @Test(arguments: names)
  func `reserved keys do what they are reserved for`(name: String) {
    let keymap = Keymap.load(name, from: Shipped.texts(in: "Keymaps")).value
    for (keys, command) in Self.reserved {
      #expect(keymap.command(keys)?.rawValue == command, "\(keys) in \(name)")
    }
  }

  @Test(arguments: names)
  func `every command that has default keys keeps a key in every shipped keymap`(name: String) {
    let keymap = Keymap.load(name, from: Shipped.texts(in: "Keymaps")).value
    for spec in CommandTable.all where !spec.defaultKeys.isEmpty {
      #expect(!keymap.keys(for: spec.name).isEmpty, "\(spec.id) in \(name)")
    }
  }

  @Test(arguments: names)
  func `in a shipped keymap no sequence hides another in any context`(name: String) {
    let keymap = Keymap.load(name, from: Shipped.texts(in: "Keymaps")).value
    for spec in CommandTable.all {
      for keys in keymap.keys(for: spec.name) {
        // Wherever the keys work, they work when typed one after the other.
        let contexts = CommandContext.allCases.filter { context in
          if case .command(let binding) = keymap.resolve(keys, in: context) {
            binding.command == spec.name
          } else {
            false
          }
        }
        #expect(!contexts.isEmpty, "\(spec.id) \(keys.map(\.notation)) in \(name)")
        for context in contexts {
          for count in 1..<keys.count {
            guard case .prefix = keymap.resolve(Array(keys.prefix(count)), in: context) else {
              Issue.record("\(keys.map(\.notation)) cannot be typed in \(context) of \(name)")
              continue
            }
          }
        }
      }
    }
  }

  @Test func `the table's own labels are those that its keys have`() {
    let keymap = Keymap()
    #expect(keymap.labels.count == CommandTable.all.count)
    for spec in CommandTable.all {
      let bound = keymap.keys(for: spec.name).map { KeyStroke.notation(of: $0) }
      #expect(keymap.labels[spec.name] == bound, "\(spec.id)")
    }
  }

  @Test func `every key of the command table is bound in each of its contexts`() {
    let keymap = Keymap()
    for spec in CommandTable.all {
      #expect(keymap.labels[spec.name]?.count == spec.defaultKeys.count, "\(spec.id)")
      for keys in spec.defaultKeys {
        for context in spec.contexts where context != .global {
          #expect(keymap.command(keys, in: context) == spec.name, "\(keys) in \(context)")
        }
      }
    }
  }

  @Test func `a context's own keys come before the global ones`() {
    let keymap = keymap("[keys.global]\n'x' = 'help'\n[keys.events]\n'x' = 'undo'").value
    #expect(keymap.command("x", in: .matrix) == .help)
    #expect(keymap.command("x", in: .events) == .undo)
    #expect(keymap.match("A-z") == .none)
    #expect(keymap.match("") == .none)
    #expect(keymap.match("g t x") == .none)
  }

  @Test func `a begun sequence lists what goes on, with titles`() {
    let keymap = keymap(
      "[keys.global]\n'X a' = 'undo'\n'X b c' = { cmd = 'lens', arg = 'rate' }\n'X d e'='redo'\n[group]\n'X b' = 'lenses'"
    ).value
    #expect(
      keymap.match("X")
        == .prefix([
          KeyContinuation(stroke: "a", title: CommandTable.spec(.undo).title),
          KeyContinuation(stroke: "b", title: "lenses"), KeyContinuation(stroke: "d", title: "more keys"),
        ]))
    #expect(keymap.match("X b c") == .command(Binding(.lens, argument: "rate")))
    #expect(
      keymap.match("X b")
        == .prefix([KeyContinuation(stroke: "c", title: CommandTable.spec(.lens).title + ": rate")]))
    #expect(keymap.keys(for: .lens) == [])
  }

  @Test func `while text is typed only the ways out work beside the prompt's own keys`() {
    let keymap = Keymap()
    #expect(keymap.match("q", in: .prompt) == .none)
    #expect(keymap.match("g", in: .prompt) == .none)
    #expect(keymap.match("C-r", in: .prompt) == .none)
    #expect(keymap.command("esc", in: .prompt) == .back)
    #expect(keymap.command("C-c", in: .prompt) == .quitNow)
    #expect(keymap.command("ret", in: .prompt) == .promptAccept)
    #expect(keymap.command("ret", in: .matrix) == .open)
  }

  @Test func `a keymap's own keys are the first that help shows`() {
    let keymap = keymap("[keys.global]\n'A-h' = 'help'").value
    #expect(keymap.labels[.help]?.first == "A-h")
    #expect(keymap.keys(for: .help).count == CommandTable.spec(.help).defaultKeys.count + 1)
  }

  @Test func `false frees a key, everywhere or in one pane`() {
    let everywhere = keymap("[keys.global]\n'j' = false\n'space' = false").value
    #expect(everywhere.match("j", in: .matrix) == .none)
    #expect(everywhere.match("j", in: .events) == .none)
    #expect(everywhere.match("space", in: .matrix) == .none)
    let inMatrix = keymap("[keys.matrix]\n'?' = false\n'j' = false").value
    #expect(inMatrix.match("?", in: .matrix) == .none)
    #expect(inMatrix.command("?", in: .events) == .help)
    #expect(inMatrix.match("j", in: .matrix) == .none)
    #expect(inMatrix.command("j", in: .events) == .cursorDown)
  }

  @Test func `a global key of a command that works in some panes only is bound there`() {
    let keymap = keymap("[keys.global]\n'C-n' = 'cursor.down'\n'A-f' = 'fold'").value
    #expect(keymap.command("C-n", in: .events) == .cursorDown)
    #expect(keymap.command("A-f", in: .matrix) == .fold)
    #expect(keymap.match("A-f", in: .events) == .none)
    // The prompt has C-n for itself.
    #expect(keymap.command("C-n", in: .prompt) == .promptDown)
  }

  @Test func `keys that a terminal cannot tell apart are one key`() {
    let keymap = keymap("[keys.global]\n'C-i' = 'jump.forward'\n'C-m' = 'undo'").value
    #expect(keymap.command("tab") == .jumpForward)
    #expect(keymap.command("ret") == .undo)
    #expect(
      problems("[keys.global]\n'tab' = 'undo'\n'C-i' = 'redo'") == [
        "mine.toml:3: 'C-i' and 'tab' are the same keys for a terminal, and line 2 binds them already"
      ])
  }

  @Test(arguments: [
    ("[keys.global]\n'x' = 'hlep'", "mine.toml:2: no command is called 'hlep'; did you mean 'help'?"),
    (
      "[keys.global]\n'pgdwn' = 'help'",
      "mine.toml:2: keys 'pgdwn': no key is called 'pgdwn'; did you mean 'pgdn'?"
    ),
    ("[keys.matirx]\n'x' = 'help'", "mine.toml:1: [keys] has no key 'matirx'; did you mean 'matrix'?"),
    (
      "[keys.events]\n'x' = 'fold'",
      "mine.toml:2: the command 'fold' does nothing in events; bind it in [keys.matrix]"
    ),
    ("[keys.global]\n'x' = { cmd = 'help', arg = 'x' }", "mine.toml:2: the command 'help' takes no argument"),
    ("[keys.global]\n'x' = { arg = 'x' }", "mine.toml:2: the binding of 'x' has no cmd"),
    (
      "[keys.global]\n'x' = { cmd = 'lens', argg = 'x' }",
      "mine.toml:2: a binding has no key 'argg'; did you mean 'arg'?"
    ),
    (
      "[keys.global]\n'x' = 3",
      "mine.toml:2: 'x' is bound to a whole number; write \"command\", { cmd = \"command\", arg = \"text\" } or false"
    ),
    ("[meta]\nsequence_timeout_ms = -1", "mine.toml:2: 'sequence_timeout_ms' is -1, not 0 to 60000"),
    ("[meta]\ninherit = 'vim'", "mine.toml:2: [meta] has no key 'inherit'; did you mean 'inherits'?"),
    (
      "[keys.global]\n'g' = 'help'",
      "mine.toml:2: 'g' would hide 'g s' (go.start); unbind one of them with \"g s\" = false"
    ),
    (
      "[keys.matrix]\n'space x' = 'undo'",
      "mine.toml:2: 'space x' can never be typed in matrix: 'space' (fold) comes first; unbind one of them with "
        + "\"space\" = false"
    ),
    (
      "[keys.global]\n'= =' = 'undo'",
      "mine.toml:2: '= =' can never be typed: '=' (zoom.in) comes first; unbind one of them with \"=\" = false"
    ),
  ])
  func `a mistake says its line and what was meant`(text: String, problem: String) {
    #expect(problems(text).first == problem)
  }

  @Test func `a refused binding leaves what was there`() {
    let keymap = keymap("[keys.global]\n'g' = 'help'\n'q' = 'nonsense'\n'x' = 'undo'").value
    #expect(keymap.command("g t") == .goTime)
    #expect(keymap.command("q") == .quit)
    #expect(keymap.command("x") == .undo)
  }

  @Test func `a keymap that inherits nothing still stands on the default keys, and a missing one too`() {
    #expect(keymap("").value.labels == Keymap().labels)
    let loaded = Keymap.load("vmi", from: Shipped.texts(in: "Keymaps"))
    #expect(loaded.problems.map(\.description) == ["keymap: no keymap is called 'vmi'; did you mean 'vim'?"])
    #expect(loaded.value.labels == Keymap().labels)
  }

  @Test func `the timeout is inherited and can be changed`() {
    let base = "[meta]\nsequence_timeout_ms = 800"
    #expect(keymap("[meta]\ninherits = 'base'", others: ["base": base]).value.sequenceTimeoutMs == 800)
    #expect(
      keymap("[meta]\ninherits = 'base'\nsequence_timeout_ms = 0", others: ["base": base]).value
        .sequenceTimeoutMs == 0)
  }

  @Test func `a keymap without a key to quit gets one back`() {
    let loaded = keymap("[keys.global]\n'q' = false\n'Q' = false\n'C-c' = false")
    #expect(loaded.problems.map(\.description) == ["mine.toml: no key quits; C-c does"])
    #expect(loaded.value.command("C-c") == .quitNow)
  }
}
