import EventModel

/// A command as it is written on a line: its name, then what it is about: `go.time 03:07`, `filter status>=500`,
/// `cursor.down 5`. The palette and the line mode read the same.
public struct CommandPhrase: Hashable, Sendable {
  public var name: CommandName
  public var argument: String?
  /// How often; a command that takes no argument may be followed by a number.
  public var repetitionCount = 1

  public static let repetitionLimit = 1000

  /// Throws when the line is no command, with the nearest name; when an argument is missing, or is one too many.
  public init(_ line: String) throws(CommandPhraseError) {
    guard let words = Self.words(of: line) else {
      let word = line.split(separator: " ").first.map(String.init) ?? ""
      throw word.isEmpty ? .empty : .unknown(word, nearest: Self.nearest(to: word))
    }
    name = words.spec.name
    switch (words.spec.argument, words.rest) {
    case (nil, nil): break
    case (nil, let rest?):
      guard let count = Int(rest), (1...Self.repetitionLimit).contains(count) else {
        throw .takesNoArgument(name)
      }
      repetitionCount = count
    case (let wanted?, nil): throw .needsArgument(name, wanted)
    case (.text?, let rest?): argument = rest
    case (.character?, let rest?):
      guard rest.count == 1 else { throw .takesOneCharacter(name, rest) }
      argument = rest
    }
  }

  /// The command a line begins with and the rest of the line; `nil` when its first word is no command.
  static func words(of line: String) -> (spec: CommandSpec, rest: String?)? {
    let line = line.trimmingSpaces()
    let word = line.prefix { $0 != " " && $0 != "\t" }
    guard let spec = CommandTable.spec(String(word)) ?? CommandTable.spec(word: String(word)) else {
      return nil
    }
    let rest = String(line.dropFirst(word.count)).trimmingSpaces()
    return (spec, rest.isEmpty ? nil : rest)
  }

  /// A name one slip away, else the first command that has the word in its name.
  private static func nearest(to word: String) -> String? {
    let ids = CommandTable.all.map(\.id)
    let wanted = word.lowercased()
    return nearestName(to: word, in: ids + CommandTable.all.compactMap(\.word))
      ?? ids.first { $0.split(separator: ".").contains { $0 == wanted } } ?? ids.first {
        $0.hasPrefix(wanted)
      }
      ?? CommandTable.all.first { $0.title.lowercased().contains(wanted) }?.id
  }
}

/// Why a line is no command.
public enum CommandPhraseError: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case unknown(String, nearest: String?)
  case needsArgument(CommandName, CommandArgument)
  case takesNoArgument(CommandName)
  case takesOneCharacter(CommandName, String)

  public var description: String {
    switch self {
    case .empty: "an empty line is no command; help lists them all"
    case .unknown(let word, let nearest):
      "no command is called '\(word)'; "
        + (nearest.map { "did you mean '\($0)'?" } ?? "help lists them all")
    case .needsArgument(let name, let argument):
      "\(name.rawValue) needs more: \(argument.prompt), as in '\(name.rawValue) \(argument.example(for: name))'"
    case .takesNoArgument(let name):
      "\(name.rawValue) takes no words after it, only how often (1 to \(CommandPhrase.repetitionLimit))"
    case .takesOneCharacter(let name, let given):
      "\(name.rawValue) takes one letter, not '\(given)'"
    }
  }
}

extension CommandArgument {
  /// What it is, in the words of its prompt.
  public var prompt: String {
    switch self {
    case .text(let prompt), .character(let prompt): prompt
    }
  }

  /// One that `name` takes.
  public func example(for name: CommandName) -> String {
    switch name {
    case .goTime: "03:07"
    case .search, .filterAdd: "timeout"
    case .filterRemove: "1"
    case .filterService: "shop/*"
    case .severityFloor: "warn"
    case .lens: "rate"
    case .weights: "1 0 0 1 10 100 1000"
    case .viewSave, .viewOpen: "night"
    case .noteAdd: "retries started here"
    case .hypothesisAdd: "the deploy broke tokens"
    case .noteList, .noteDelete, .noteEvidence: "1"
    case .noteEdit: "1 a better text"
    case .hypothesisState: "1 supported"
    case .handoverSave: "handover.txt"
    case .theme: "dark"
    case .keymap: "default"
    default: "a"
    }
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    let isSpace = { (character: Character) in character == " " || character == "\t" || character.isNewline }
    guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
    else {
      return ""
    }
    return String(self[first...last])
  }
}
