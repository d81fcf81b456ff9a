/// What a piece of a scene means, in dotted words from general to special. A theme looks a role up by its longest
/// prefix: `severity.error.selected`, then `severity.error`, then `severity`.
public struct Role: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
}

extension Role {
  public static let text: Role = "ui.text"
  public static let muted: Role = "ui.text.muted"
  public static let strong: Role = "ui.text.strong"
  public static let key: Role = "ui.key"
  public static let bar: Role = "ui.bar"
  public static let border: Role = "ui.border"
  public static let borderFocused: Role = "ui.border.focused"
  public static let title: Role = "ui.title"
  public static let titleFocused: Role = "ui.title.focused"
  public static let overlay: Role = "ui.overlay"
  public static let cursor: Role = "ui.cursor"
  public static let selection: Role = "ui.selection"
  public static let otherCursor: Role = "ui.cursor.other"
  public static let axis: Role = "ui.axis"
  public static let good: Role = "state.good"
  public static let caution: Role = "state.caution"
  public static let bad: Role = "state.bad"
  public static let match: Role = "ui.match"
  public static let progress: Role = "ui.progress"

  public static func severity(_ name: String) -> Role { Role(rawValue: "severity." + name) }
}

/// Every role a scene of this room may use; theme tests check that each resolves.
extension Role {
  public static let all: [Role] =
    [
      .text, .muted, .strong, .key, .bar, .border, .borderFocused, .title, .titleFocused, .overlay, .cursor,
      .selection, .otherCursor, .axis, .good, .caution, .bad, .match, .progress,
    ] + ["unknown", "trace", "debug", "info", "warn", "error", "fatal"].map(Role.severity)
}
