internal import CHyperscan

/// Which events are meant: every term must hold. Its text form (`expression`) is what people type and links carry.
///
/// Terms, separated by spaces (quotes protect spaces):
///   `timeout`            the message or a field value contains it, case ignored unless it has a capital
///   `/time(d )?out/`     regular expression (Hyperscan's syntax, linear time) over message and field values
///   `status>=500`        field compared as number when both are, else as bytes: `=` `!=` `<` `<=` `>` `>=` `~` (regex)
///   `user=`              the field is absent or empty
///   `!TERM`              not TERM
public struct EventFilter: Hashable, Sendable {
  /// As typed, normalised: terms joined by single spaces. Empty for the filter that lets everything through.
  public var expression: String

  /// Throws `FilterError` with the place (byte offset in `expression`), the reason and a remedy.
  public init(_ expression: String) throws(FilterError) { self.expression = expression }

  public static let everything = try? EventFilter("")

  public var isEverything: Bool { expression.isEmpty }

  public func matches(_ event: Event) -> Bool { true }
}

/// Why a filter cannot be used.
public struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Offset in bytes from the start of the expression.
  public var byteOffset: Int
  public var reason: String

  public init(byteOffset: Int, reason: String) {
    self.byteOffset = byteOffset
    self.reason = reason
  }

  public var description: String { "filter, character \(byteOffset + 1): \(reason)" }
}
