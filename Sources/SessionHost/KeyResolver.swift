public import Preferences
internal import SceneGraph
public import Session

/// Turns key strokes of one view into commands: sequences, contexts, typing into prompts.
public struct KeyResolver: Sendable {
  public var keymap: Keymap
  let view: ViewID
  private var pending: [KeyStroke] = []

  public init(view: ViewID, keymap: Keymap) {
    self.view = view
    self.keymap = keymap
  }

  /// The commands that `stroke` leads to with the view as it is now; `nil` is a view that is not attached yet.
  public mutating func commands(for stroke: KeyStroke, in state: ViewState?) -> [Command] {
    if let character = typedCharacter(stroke, state) {
      pending = []
      return [.typed(view, character)]
    }
    let isEscape = stroke.key == .escape && !pending.isEmpty
    let hadPending = !pending.isEmpty
    pending.append(stroke)
    if isEscape {
      pending = []
      return [.pendingKeys(view, [])]
    }
    switch keymap.resolve(pending, in: state?.context ?? .matrix) {
    case .command(let binding):
      pending = []
      return [.invoke(view, binding.command, argument: binding.argument)]
    case .prefix(let continuations):
      return [.pendingKeys(view, continuations)]
    case .none:
      let sequence = KeyStroke.notation(of: pending)
      pending = []
      let cleared: [Command] = hadPending ? [.pendingKeys(view, [])] : []
      return cleared + [.notice(view, "no command on \(sequence); ? shows all keys")]
    }
  }

  /// A printable key goes into an open prompt as it is.
  private func typedCharacter(_ stroke: KeyStroke, _ state: ViewState?) -> Character? {
    guard state?.prompt != nil, !stroke.control, !stroke.alt, case .character(let scalar) = stroke.key else {
      return nil
    }
    return Character(scalar)
  }
}

extension ViewState {
  /// Which bindings are in force.
  public var context: CommandContext {
    if prompt != nil { return .prompt }
    switch focus {
    case .face: return player == nil ? .matrix : .replay
    case .events: return .events
    case .event: return .event
    }
  }
}
