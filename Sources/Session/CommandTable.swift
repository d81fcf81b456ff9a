/// Where a key works: in every pane, or only with the focus in panes of one kind.
public enum CommandContext: String, CaseIterable, Hashable, Sendable {
  case global, matrix, events, event, prompt
}

/// One thing a person can do. The table of these generates keymap validation, palette, which-key, help, the man page
/// and the line mode; a command without all of them does not exist.
public struct CommandSpec: Hashable, Sendable {
  /// Dotted, stable: keymaps and recordings name it.
  public var id: String
  /// What it does, in the user's words; palette and help show it.
  public var title: String
  /// What it asks for when invoked without an argument; `nil` when it takes none.
  public var argument: String?
  public var contexts: [CommandContext]
  /// Key sequences of the default keymap, in `KeyStroke` notation.
  public var defaultKeys: [String]

  public init(
    _ id: String, _ title: String, argument: String? = nil, in contexts: [CommandContext] = [.global],
    keys: [String] = []
  ) {
    self.id = id
    self.title = title
    self.argument = argument
    self.contexts = contexts
    self.defaultKeys = keys
  }
}

/// All commands, in the order of help.
public enum CommandTable {
  public static let all: [CommandSpec] = [
    CommandSpec("cursor.left", "Move the cursor left", in: [.matrix], keys: ["left", "h"]),
    CommandSpec("cursor.right", "Move the cursor right", in: [.matrix], keys: ["right", "l"]),
    CommandSpec("help", "Show all keys and commands", keys: ["?"]),
    CommandSpec("quit", "Quit", keys: ["q"]),
  ]

  public static func spec(_ id: String) -> CommandSpec? { all.first { $0.id == id } }
}
