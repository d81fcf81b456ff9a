import Session

extension Keymap {
  /// The keymap called `name`, with everything it inherits, over the default keys.
  ///
  /// A binding that cannot be used is left out and reported: an unknown command, keys that nobody can type, a sequence
  /// that hides another or is hidden. A keymap that is not found gives the default keys and the problem.
  public static func load(_ name: String, from texts: NamedTexts) -> Loaded<Keymap> {
    let chain = texts.chain(of: name, calling: "keymap", read: KeymapFile.read) { $0.inherits }
    var builder = KeymapBuilder(keymap: Keymap(name: name))
    for (layer, file) in zip(1..., chain.value) { builder.add(file, layer: layer) }
    if let file = chain.value.last {
      builder.keymap.name = file.name ?? name
      builder.keymap.sequenceTimeoutMs =
        chain.value.reversed().lazy.compactMap(\.sequenceTimeoutMs).first ?? 0
    }
    builder.keepWayOut(in: chain.value.last)
    return Loaded(builder.keymap, problems: chain.problems + builder.problems)
  }
}

/// One keymap file as written.
struct KeymapFile: Sendable {
  struct Line: Sendable {
    enum Action: Sendable {
      case bind(Binding)
      case unbind
    }

    var context: CommandContext
    var keys: [KeyStroke]
    /// As the person wrote the keys.
    var notation: String
    var action: Action
    var place: SourceLine
  }

  var name: String?
  var inherits: (name: String, place: SourceLine)?
  var sequenceTimeoutMs: Int?
  var lines: [Line] = []
  var groups: [(keys: [KeyStroke], title: String)] = []
  var file: String

  static func read(_ file: TextFile) -> Loaded<KeymapFile> {
    let toml = TOMLReader.read(file.bytes, file: file.path)
    var reader = KeymapFileReader(file: file.path)
    reader.readDocument(toml.value)
    return Loaded(reader.keymap, problems: toml.problems + reader.checker.problems)
  }
}

private struct KeymapFileReader {
  var keymap: KeymapFile
  var checker: TableChecker

  init(file: String) {
    keymap = KeymapFile(file: file)
    checker = TableChecker(file: file)
  }

  mutating func readDocument(_ document: TOMLTable) {
    for entry in document.entries {
      guard ["meta", "keys", "group"].contains(entry.key) else {
        checker.unknown(entry, in: "a keymap", among: ["meta", "keys", "group"])
        continue
      }
      guard let table = checker.table(entry) else { continue }
      for inner in table.entries {
        switch entry.key {
        case "meta": readMeta(inner)
        case "keys": readContext(inner)
        default: readGroup(inner)
        }
      }
    }
  }

  private mutating func readMeta(_ entry: TOMLTable.Entry) {
    switch entry.key {
    case "name": keymap.name = checker.string(entry)
    case "inherits": keymap.inherits = checker.string(entry).map { ($0, checker.place(entry.line)) }
    case "sequence_timeout_ms": keymap.sequenceTimeoutMs = checker.integer(entry, in: 0...60_000)
    case "format": _ = checker.integer(entry, in: 1...1)
    case "license", "description": _ = checker.string(entry)
    default:
      let known = ["name", "inherits", "sequence_timeout_ms", "format", "license", "description"]
      checker.unknown(entry, in: "[meta]", among: known)
    }
  }

  private mutating func readContext(_ entry: TOMLTable.Entry) {
    guard let context = CommandContext(rawValue: entry.key) else {
      checker.unknown(entry, in: "[keys]", among: CommandContext.allCases.map(\.rawValue))
      return
    }
    guard let table = checker.table(entry) else { return }
    for inner in table.entries {
      guard let keys = readKeys(inner), let action = readAction(inner, in: context) else { continue }
      keymap.lines.append(
        KeymapFile.Line(
          context: context, keys: keys, notation: inner.key, action: action, place: checker.place(inner.line))
      )
    }
  }

  private mutating func readGroup(_ entry: TOMLTable.Entry) {
    guard let keys = readKeys(entry), let title = checker.string(entry) else { return }
    keymap.groups.append((keys, title))
  }

  private mutating func readKeys(_ entry: TOMLTable.Entry) -> [KeyStroke]? {
    do {
      let keys = try KeyStroke.sequence(notation: entry.key)
      if keys.isEmpty { checker.complain(entry.line, "a key is missing") }
      return keys.isEmpty ? nil : keys
    } catch {
      let remedy = error.nearest.map { "did you mean '\($0)'?" }
      checker.complain(entry.line, "keys '\(error.notation)': \(error.reason)", remedy: remedy)
      return nil
    }
  }

  /// `"command"`, `{ cmd = "command", arg = "text" }`, or `false`.
  private mutating func readAction(
    _ entry: TOMLTable.Entry, in context: CommandContext
  ) -> KeymapFile.Line.Action? {
    switch entry.value {
    case .boolean(false): return .unbind
    case .string(let id): return binding(id, argument: nil, in: context, line: entry.line)
    case .table(let table):
      for inner in table.entries where inner.key != "cmd" && inner.key != "arg" {
        checker.unknown(inner, in: "a binding", among: ["cmd", "arg"])
      }
      guard let command = table["cmd"] else {
        checker.complain(entry.line, "the binding of '\(entry.key)' has no cmd")
        return nil
      }
      guard let id = checker.string(command) else { return nil }
      guard let argument = table["arg"] else {
        return binding(id, argument: nil, in: context, line: entry.line)
      }
      guard let text = checker.string(argument) else { return nil }
      return binding(id, argument: text, in: context, line: entry.line)
    default:
      checker.complain(
        entry.line, "'\(entry.key)' is bound to \(entry.value.kind)",
        remedy: "write \"command\", { cmd = \"command\", arg = \"text\" } or false")
      return nil
    }
  }

  private mutating func binding(
    _ id: String, argument: String?, in context: CommandContext, line: Int
  ) -> KeymapFile.Line.Action? {
    guard let spec = CommandTable.spec(id) else {
      let remedy = Suggestion.remedy(for: id, among: CommandTable.all.map(\.id))
      checker.complain(line, "no command is called '\(id)'", remedy: remedy ?? "the help lists all of them")
      return nil
    }
    if argument != nil, spec.argument == nil {
      checker.complain(line, "the command '\(id)' takes no argument")
      return nil
    }
    guard context == .global || spec.contexts.contains(context) || spec.contexts.contains(.global) else {
      let contexts = spec.contexts.map { "[keys.\($0.rawValue)]" }.joined(separator: " or ")
      checker.complain(
        line, "the command '\(id)' does nothing in \(context.rawValue)", remedy: "bind it in \(contexts)")
      return nil
    }
    return .bind(Binding(spec.name, argument: argument))
  }
}

/// Puts one file over another, and keeps out what could never be typed.
private struct KeymapBuilder {
  var keymap: Keymap
  var problems: [Problem] = []

  init(keymap: Keymap) { self.keymap = keymap }

  /// Unbinds first, so that a file may free a key and use it in any order.
  mutating func add(_ file: KeymapFile, layer: Int) {
    for line in file.lines {
      if case .unbind = line.action { unbind(line, layer: layer) }
    }
    var bound: [String: KeymapFile.Line] = [:]
    for line in file.lines {
      guard case .bind(let binding) = line.action else { continue }
      for context in Self.contexts(of: line, binding) {
        let place = Keymap.Place(context: context, keys: line.keys)
        let code = place.code
        if let earlier = bound[code], earlier.context == line.context {
          complainTwice(line, earlier)
          break
        }
        // `[keys.matrix]` is closer than what `[keys.global]` says for all panes, whichever comes first.
        if bound[code] != nil, line.context == .global { continue }
        bound[code] = line
        bind(binding, at: place, line: line, layer: layer)
      }
    }
    for group in file.groups { keymap.setGroup(group.title, for: group.keys) }
  }

  /// A global key of a command that works in some panes only is a key of these panes.
  private static func contexts(of line: KeymapFile.Line, _ binding: Binding) -> [CommandContext] {
    let contexts = CommandTable.spec(binding.command).contexts
    return line.context == .global && !contexts.contains(.global) ? contexts : [line.context]
  }

  /// `false` in `[keys.global]` frees the keys in every pane; in a pane it switches them off there.
  private mutating func unbind(_ line: KeymapFile.Line, layer: Int) {
    let here = Keymap.Place(context: line.context, keys: line.keys)
    if line.context == .global {
      for context in CommandContext.allCases where context != .prompt {
        keymap.remove(Keymap.Place(context: context, keys: line.keys))
      }
    } else if keymap.binding(of: line.keys, in: .global) != nil {
      keymap.set(nil, at: here, layer: layer)
    } else {
      keymap.remove(here)
    }
  }

  private mutating func bind(_ binding: Binding, at place: Keymap.Place, line: KeymapFile.Line, layer: Int) {
    let before = keymap.entry(at: place)
    keymap.set(binding, at: place, layer: layer)
    // A global key reaches every pane, so it must be free of conflicts in all of them.
    let reached = place.context == .global ? CommandContext.allCases : [place.context]
    for context in reached {
      guard let conflict = keymap.conflict(with: place.keys, in: context) else { continue }
      keymap.restore(before, at: place)
      complain(line, conflict, in: context)
      return
    }
  }

  // MARK: Complaints

  private mutating func complain(
    _ line: KeymapFile.Line, _ other: (keys: [KeyStroke], binding: Binding), in context: CommandContext
  ) {
    let notation = KeyStroke.notation(of: other.keys)
    let what = "'\(notation)' (\(other.binding.command.rawValue))"
    let place = context == .global ? "" : " in \(context.rawValue)"
    let reason =
      other.keys.count > line.keys.count
      ? "'\(line.notation)' would hide \(what)\(place)"
      : "'\(line.notation)' can never be typed\(place): \(what) comes first"
    problems.append(
      Problem(at: line.place, reason, remedy: "unbind one of them with \"\(notation)\" = false"))
  }

  private mutating func complainTwice(_ line: KeymapFile.Line, _ earlier: KeymapFile.Line) {
    let same = "'\(line.notation)' and '\(earlier.notation)' are the same keys for a terminal"
    let earlierLine = earlier.place.line.map { "line \($0)" } ?? "an earlier line"
    problems.append(Problem(at: line.place, "\(same), and \(earlierLine) binds them already"))
  }

  /// A keymap without a way out gets `C-c` back.
  mutating func keepWayOut(in file: KeymapFile?) {
    guard keymap.keys(for: .quitNow).isEmpty, keymap.keys(for: .quit).isEmpty else { return }
    let keys = [KeyStroke(.character("c"), control: true)]
    keymap.set(Binding(.quitNow), at: Keymap.Place(context: .global, keys: keys), layer: 0)
    let place = SourceLine(file: file?.file ?? keymap.name)
    problems.append(Problem(at: place, "no key quits", remedy: "C-c does"))
  }
}
