/// Which events are meant: every term must hold. Its text form (`expression`) is what people type and links carry.
///
/// Terms, separated by spaces (quotes protect spaces):
///   `timeout`            the message or a field value contains it, case ignored unless it has a capital
///   `/time(d )?out/`     regular expression (Hyperscan's syntax, linear time) over message and field values;
///                        `/.../i` ignores case
///   `status>=500`        field compared as number when both are, else as bytes: `=` `!=` `<` `<=` `>` `>=` `~` (regex);
///                        a quoted value is always bytes
///   `user=`              the field is absent or empty
///   `!TERM`              not TERM; `a!=b` is the same as `!a=b`
///
/// Fields that every event has: `message`, `severity` (compared by rank, `unknown` lowest) and `service` (`=` takes a
/// glob unless quoted). Quotes know `\"`, `\\`, `\n`, `\t` and `\xNN`.
///
/// Two filters are equal when their expressions are.
public struct EventFilter: Hashable, Sendable {
  /// In the order typed.
  public private(set) var terms: [Term]

  /// Longer ones are refused, and ones with more terms or regular expressions: a stranger's link may hold a filter.
  public static let byteLimit = 16_384
  public static let termLimit = 64
  public static let regexLimit = 8

  /// Throws `FilterError` with the place (byte offset in `expression`), the reason and a remedy.
  public init(_ expression: String) throws(FilterError) {
    guard expression.utf8.count <= Self.byteLimit else {
      throw FilterError(byteOffset: Self.byteLimit, reason: "a filter has at most \(Self.byteLimit) bytes")
    }
    var parser = FilterParser(expression)
    terms = try parser.readTerms()
  }

  private init(terms: [Term]) { self.terms = terms }

  public static let everything = EventFilter(terms: [])

  /// As typed, normalised: terms joined by single spaces. Empty for the filter that lets everything through.
  public var expression: String { terms.map(\.text).joined(separator: " ") }

  public var isEverything: Bool { terms.isEmpty }

  /// Whether every term holds. `serviceName` is the name of `event.service`.
  public func matches(_ event: Event, serviceName: @autoclosure () -> ForeignText) -> Bool {
    terms.allSatisfy { $0.matches(event, serviceName: serviceName) }
  }

  /// Whether messages or fields have to be read to tell what matches; without, service and severity are enough.
  public var readsText: Bool { terms.contains { $0.condition.readsText } }

  /// The fields that decide whether an event matches, beside its message; `nil` when any may.
  public var decidingFields: [ForeignText]? { looksAnywhere { _ in true } ? nil : namedFields }

  /// The fields with which a match is certain already: it stays one whatever other fields the event has. `nil` when
  /// there are none such.
  public var sufficientFields: [ForeignText]? { looksAnywhere(where: \.isNegated) ? nil : namedFields }

  private func looksAnywhere(where isMeant: (Term) -> Bool) -> Bool {
    terms.contains { term in
      if case .text = term.condition { return isMeant(term) }
      return false
    }
  }

  private var namedFields: [ForeignText] {
    terms.compactMap { term in
      if case .field(let name, _) = term.condition { return name }
      return nil
    }
  }

  /// The same for a filter that does not read text.
  public func matches(severity: Severity, serviceName: ForeignText) -> Bool {
    precondition(!readsText, "\(expression) asks for text")
    let event = Event(
      time: .first, service: ServiceID(rawValue: 0), severity: severity,
      position: EventPosition(source: SourceID(rawValue: 0), byteOffset: 0), message: .empty)
    return matches(event, serviceName: serviceName)
  }

  /// What must occur somewhere in the values of every event that matches.
  var necessaryPatterns: [TextPattern] {
    terms.filter { !$0.isNegated }.compactMap(\.condition.necessaryPattern)
  }

  /// Fields that every event that matches has, and what their values meet: comparisons that name no text.
  var necessaryFields: [FieldCheck] {
    terms.filter { !$0.isNegated }.compactMap { FieldCheck($0.condition) }
  }

  /// With the terms of `expression` after those here; one that is here already is not repeated.
  public func adding(_ expression: String) throws(FilterError) -> EventFilter {
    let more = try EventFilter(expression).terms.filter { !terms.contains($0) }
    guard terms.count + more.count <= Self.termLimit, regexCount(in: terms + more) <= Self.regexLimit else {
      throw FilterError(byteOffset: 0, reason: FilterParser.tooMany)
    }
    return EventFilter(terms: terms + more)
  }

  private func regexCount(in terms: [Term]) -> Int { terms.count { $0.condition.isRegex } }

  /// Without the term at `index` of `terms`; unchanged when there is none.
  public func removing(at index: Int) -> EventFilter {
    guard terms.indices.contains(index) else { return self }
    var rest = terms
    rest.remove(at: index)
    return EventFilter(terms: rest)
  }

  /// The term's text for exactly this value of a field, quoted so that any bytes survive: what "same trace" adds.
  public static func expression(field name: ForeignText, equals value: ForeignText) -> String {
    FilterParser.fieldName(name) + "=" + FilterParser.quoted(value)
  }
}

extension EventFilter {
  /// One condition, with the text that made it.
  public struct Term: Hashable, Sendable {
    /// As typed; `EventFilter(text)` has this term only.
    public let text: String
    /// Whether the event must not meet the rest of the term.
    public let isNegated: Bool
    let condition: FilterCondition

    init(text: String, isNegated: Bool, condition: FilterCondition) {
      self.text = text
      self.isNegated = isNegated
      self.condition = condition
    }

    public static func == (left: Term, right: Term) -> Bool { left.text == right.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    func matches(_ event: Event, serviceName: () -> ForeignText) -> Bool {
      condition.holds(for: event, serviceName: serviceName) != isNegated
    }
  }
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
