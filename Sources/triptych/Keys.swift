internal import ArgumentParser
internal import EventModel
internal import Preferences
internal import SceneGraph
internal import Session

struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a keymap, and what is wrong with it.",
    discussion: """
      Everything that is bound, after inheriting: by pane, with the command and what it does. Ends with 1 when a \
      binding cannot be used: an unknown command, keys nobody can type, a sequence that hides another.

      Examples:
        triptych keys
        triptych keys vim
        triptych keys ./mine.toml --format json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: "A keymap by name (Keymaps/) or path; the one in force when none is named.")
  var keymap: String?

  @Option(help: "Tables for people, or one json object a line.")
  var format: Format = .text

  func run() throws {
    let environment = ProcessEnvironment.all
    let configuration = Configuration.load(environment: environment)
    let resources = ResourceLocator(environment: environment, executable: ProcessEnvironment.executablePath)
    let loaded = Keymap.load(
      keymap ?? configuration.value.keymap, from: resources.texts(of: .keymaps))
    let lines = loaded.value.lines
    switch format {
    case .text: Output.print(Self.text(lines))
    case .json:
      var output = Output()
      for line in lines { output.write(Self.json(line)) }
      output.flush()
    }
    // A program without its files has the built-in keys, and nothing is wrong with those.
    if keymap == nil, configuration.value.keymap == "default", resources.names(of: .keymaps).isEmpty {
      return Output.complain(
        "no keymap file was found, the built-in keys are used; \(ResourceLocator.Kind.keymaps.remedy)")
    }
    for problem in loaded.problems { Output.complain(problem.description) }
    if !loaded.problems.isEmpty { throw ProgramExit.findings }
  }

  private static func text(_ lines: [Keymap.Line]) -> String {
    let keyWidth = lines.map { SafeText(ForeignText($0.keys)).displayWidth }.max() ?? 0
    let nameWidth = lines.map { words(of: $0.binding).displayWidth }.max() ?? 0
    let groups = CommandContext.allCases.map { context in (context, lines.filter { $0.context == context }) }
    return groups.filter { !$0.1.isEmpty }.map { context, lines in
      let rows = lines.map { line in
        let keys = SafeText(ForeignText(line.keys)).padded(toWidth: keyWidth)
        let name = words(of: line.binding).padded(toWidth: nameWidth)
        return "  \(keys.string)  \(name.string)  \(CommandTable.spec(line.binding.command).title)"
      }
      return ([heading(of: context)] + rows).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  private static func heading(of context: CommandContext) -> String {
    context == .global ? "in every pane" : "in \(context.rawValue)"
  }

  private static func words(of binding: Binding) -> SafeText {
    SafeText(ForeignText(binding.command.rawValue + (binding.argument.map { " " + $0 } ?? "")))
  }

  private static func json(_ line: Keymap.Line) -> [UInt8] {
    var text = Array("{".utf8)
    let fields = [
      ("context", line.context.rawValue), ("keys", line.keys), ("command", line.binding.command.rawValue),
      ("argument", line.binding.argument), ("title", CommandTable.spec(line.binding.command).title),
    ]
    for (index, (key, value)) in fields.enumerated() {
      JSONText.append(key: key, isFirst: index == 0, to: &text)
      if let value { JSONText.append(value, to: &text) } else { text += Array("null".utf8) }
    }
    return text + Array("}\n".utf8)
  }
}
