public import Session

/// What a key sequence does: a command of the table, with its argument when the keymap gives one.
public struct Binding: Hashable, Sendable {
  public var command: CommandName
  public var argument: String?

  public init(_ command: CommandName, argument: String? = nil) {
    self.command = command
    self.argument = argument
  }
}

/// What the strokes typed so far mean.
public enum KeymapMatch: Hashable, Sendable {
  case command(Binding)
  /// A sequence has begun: each stroke that goes on, in the order of their notation.
  case prefix([KeyContinuation])
  case none
}

/// Which keys lead to which commands, per context. Built by `load`: the default keys of the command table, then every
/// inherited keymap over them, then the keymap itself. No sequence hides another: `load` sees to that.
public struct Keymap: Sendable {
  public var name: String
  /// How long a begun sequence waits for its next stroke, in milliseconds; 0 waits for ever.
  public var sequenceTimeoutMs: Int

  /// By `Place.code`.
  private var entries: [String: Entry] = [:]
  private var nextOrder = 0
  /// Nothing but the keys of the command table, as for nearly everybody.
  private var isOfTableAlone = true
  /// What a begun sequence is about: `g` -> "go".
  private var groups: [(keys: [KeyStroke], title: String)] = []

  /// Keys in one context.
  struct Place: Sendable {
    var context: CommandContext
    var keys: [KeyStroke]

    /// Different for different places. It is hashed instead of them at every start, a few hundred times: one short
    /// string costs less than a list of strokes, and how strings are hashed is known.
    var code: String {
      var code = "\(context.rawValue)"
      for stroke in keys {
        let (kind, value) = Self.numbers(stroke.key)
        let held = (stroke.control ? 1 : 0) | (stroke.alt ? 2 : 0) | (stroke.shift ? 4 : 0)
        code.unicodeScalars.append(Unicode.Scalar(UInt8(0x80 | kind << 3 | held)))
        code.unicodeScalars.append(value)
      }
      return code
    }

    private static func numbers(_ key: KeyStroke.Key) -> (kind: Int, value: Unicode.Scalar) {
      func named(_ number: UInt8) -> (Int, Unicode.Scalar) { (1, Unicode.Scalar(number)) }
      switch key {
      case .character(let scalar): return (0, scalar)
      case .function(let number): return (2, Unicode.Scalar(UInt8(clamping: number)))
      case .enter: return named(0)
      case .escape: return named(1)
      case .tab: return named(2)
      case .backspace: return named(3)
      case .delete: return named(4)
      case .insert: return named(5)
      case .up: return named(6)
      case .down: return named(7)
      case .left: return named(8)
      case .right: return named(9)
      case .home: return named(10)
      case .end: return named(11)
      case .pageUp: return named(12)
      case .pageDown: return named(13)
      }
    }
  }

  struct Entry: Sendable {
    var place: Place
    /// `nil` where a context switches off what works everywhere else.
    var binding: Binding?
    /// 0 for the command table's own keys, then one more for each file; what is higher was said closer to the person.
    var layer: Int
    /// The order of reading.
    var order: Int
  }

  /// The keys of the command table and nothing else.
  public init(name: String = "default", sequenceTimeoutMs: Int = 0) {
    self.name = name
    self.sequenceTimeoutMs = sequenceTimeoutMs
    entries.reserveCapacity(2 * CommandTable.all.count)
    for spec in CommandTable.all {
      for notation in spec.defaultKeys {
        // The table's own notation is tested with the shipped keymaps.
        guard let keys = try? KeyStroke.sequence(notation: notation) else { continue }
        for context in spec.contexts {
          set(Binding(spec.name), at: Place(context: context, keys: keys), layer: 0)
        }
      }
    }
  }

  /// What `pending`, the strokes typed so far, mean with the focus in `context`; what the context does not say,
  /// the global keys do.
  ///
  /// - Complexity: one hash for a finished sequence; for a begun one the number of bindings, a few hundred.
  public func resolve(_ pending: [KeyStroke], in context: CommandContext) -> KeymapMatch {
    guard !pending.isEmpty else { return .none }
    if let binding = binding(of: pending, in: context) { return .command(binding) }
    let continuations = continuations(of: pending, in: context)
    return continuations.isEmpty ? .none : .prefix(continuations)
  }

  /// Every sequence that leads to `command` without an argument of the keymap's own: those of the keymap itself first,
  /// then the inherited ones.
  public func keys(for command: CommandName) -> [[KeyStroke]] {
    let found = entries.values.filter { $0.binding == Binding(command) }
      .sorted { ($1.layer, $0.order) < ($0.layer, $1.order) }
    var keys: [[KeyStroke]] = []
    for entry in found where !keys.contains(entry.place.keys) { keys.append(entry.place.keys) }
    return keys
  }

  /// One line of a keymap as people read it.
  public struct Line: Hashable, Sendable {
    public var context: CommandContext
    /// In `KeyStroke` notation.
    public var keys: String
    public var binding: Binding
  }

  /// Everything that is bound: by context, then in the order of the command table, then by keys.
  public var lines: [Line] {
    let ranks = Dictionary(
      uniqueKeysWithValues: zip(CommandTable.all.map(\.name), CommandTable.all.indices))
    let lines = entries.values.compactMap { entry in
      entry.binding.map {
        Line(context: entry.place.context, keys: KeyStroke.notation(of: entry.place.keys), binding: $0)
      }
    }
    func rank(_ line: Line) -> (Int, Int, String, String) {
      (
        CommandContext.allCases.firstIndex(of: line.context) ?? 0, ranks[line.binding.command] ?? 0,
        line.binding.argument ?? "", line.keys
      )
    }
    return lines.sorted { rank($0) < rank($1) }
  }

  /// As `keys(for:)`, for every command and in notation: what hints and help show.
  public var labels: [CommandName: [String]] {
    isOfTableAlone ? CommandTable.defaultKeyLabels : labelsOfEntries
  }

  private var labelsOfEntries: [CommandName: [String]] {
    var found: [CommandName: [(layer: Int, order: Int, keys: [KeyStroke])]] = [:]
    for entry in entries.values {
      guard let binding = entry.binding, binding.argument == nil else { continue }
      found[binding.command, default: []].append((entry.layer, entry.order, entry.place.keys))
    }
    var labels: [CommandName: [String]] = [:]
    for spec in CommandTable.all {
      let places = (found[spec.name] ?? []).sorted { ($1.layer, $0.order) < ($0.layer, $1.order) }
      var keys: [[KeyStroke]] = []
      for place in places where !keys.contains(place.keys) { keys.append(place.keys) }
      labels[spec.name] = keys.map { KeyStroke.notation(of: $0) }
    }
    return labels
  }
}

extension Keymap {
  /// The only commands whose global keys also work while text is typed: everything else would act below the prompt.
  private static let throughPrompt: Set<CommandName> = [.back, .quitNow, .suspend, .repaint]

  /// The binding that works in `context`, its own or the global one.
  func binding(of keys: [KeyStroke], in context: CommandContext) -> Binding? {
    if let entry = entries[Place(context: context, keys: keys).code] { return entry.binding }
    if let wider = context.wider { return binding(of: keys, in: wider) }
    let binding = entries[Place(context: .global, keys: keys).code]?.binding
    return binding.flatMap { Self.passes($0, into: context) ? $0 : nil }
  }

  private static func passes(_ binding: Binding, into context: CommandContext) -> Bool {
    context != .prompt || throughPrompt.contains(binding.command)
  }

  /// The binding of `entry` if it is what its keys do in `context`.
  private func effective(_ entry: Entry, in context: CommandContext) -> Binding? {
    guard let binding = entry.binding else { return nil }
    let place = entry.place
    if place.context == context { return binding }
    if let wider = context.wider {
      return entries[Place(context: context, keys: place.keys).code] == nil
        ? effective(entry, in: wider) : nil
    }
    guard place.context == .global, Self.passes(binding, into: context) else { return nil }
    return entries[Place(context: context, keys: place.keys).code] == nil ? binding : nil
  }

  /// The first-read sequence that works in `context` and begins with `keys`, or that `keys` begin with; `nil` when
  /// `keys` do not work there themselves.
  func conflict(with keys: [KeyStroke], in context: CommandContext) -> (keys: [KeyStroke], binding: Binding)?
  {
    guard binding(of: keys, in: context) != nil else { return nil }
    var first: (entry: Entry, binding: Binding)?
    for entry in entries.values {
      let others = entry.place.keys
      guard others.count != keys.count, others.first == keys.first,
        others.starts(with: keys) || keys.starts(with: others),
        let binding = effective(entry, in: context), entry.order < first?.entry.order ?? .max
      else { continue }
      first = (entry, binding)
    }
    return first.map { ($0.entry.place.keys, $0.binding) }
  }

  private func continuations(of pending: [KeyStroke], in context: CommandContext) -> [KeyContinuation] {
    var titles: [String: String] = [:]
    for entry in entries.values {
      let keys = entry.place.keys
      guard keys.count > pending.count, keys.starts(with: pending),
        let binding = effective(entry, in: context)
      else { continue }
      let path = Array(keys[...pending.count])
      let isWhole = path.count == keys.count
      let group = groups.last { $0.keys == path }?.title ?? "more keys"
      titles[keys[pending.count].notation] = isWhole ? Self.title(of: binding) : group
    }
    return titles.sorted { $0.key < $1.key }.map { KeyContinuation(stroke: $0.key, title: $0.value) }
  }

  private static func title(of binding: Binding) -> String {
    CommandTable.spec(binding.command).title + (binding.argument.map { ": " + $0 } ?? "")
  }

  // MARK: Building

  mutating func set(_ binding: Binding?, at place: Place, layer: Int) {
    entries[place.code] = Entry(place: place, binding: binding, layer: layer, order: nextOrder)
    nextOrder += 1
    if layer > 0 { isOfTableAlone = false }
  }

  mutating func remove(_ place: Place) {
    entries[place.code] = nil
    isOfTableAlone = false
  }

  func entry(at place: Place) -> Entry? { entries[place.code] }

  mutating func restore(_ entry: Entry?, at place: Place) { entries[place.code] = entry }

  mutating func setGroup(_ title: String, for keys: [KeyStroke]) {
    groups.append((keys, title))
  }
}
