/// What one term asks of an event.
enum FilterCondition: Sendable {
  /// In the message or in any field's value.
  case text(TextPattern)
  case message(ValueTest)
  case field(ForeignText, ValueTest)
  case service(ValueTest)
  case serviceGlob(Glob)
  case severity(SeveritySet)

  func holds(for event: Event, serviceName: () -> ForeignText) -> Bool {
    switch self {
    case .text(let pattern):
      pattern.occurs(in: event.message) || event.fields.contains { pattern.occurs(in: $0.value) }
    case .message(let test): test.holds(for: event.message)
    case .field(let name, let test): test.holds(for: event.fields.first { $0.name == name }?.value)
    case .service(let test): test.holds(for: serviceName())
    case .serviceGlob(let glob): glob.matches(serviceName())
    case .severity(let severities): severities.contains(event.severity)
    }
  }

  var isRegex: Bool {
    switch self {
    case .text(let pattern), .message(.pattern(let pattern)), .field(_, .pattern(let pattern)),
      .service(.pattern(let pattern)):
      pattern.isRegex
    default: false
    }
  }

  /// What must occur somewhere in the values of an event that meets this; nothing when nothing must.
  var necessaryPattern: TextPattern? {
    switch self {
    case .text(let pattern): pattern
    case .message(let test), .field(_, let test): test.necessaryPattern
    // A service may be named by its file, a severity by a number.
    case .service, .serviceGlob, .severity: nil
    }
  }

  /// Whether the message or a field has to be read to tell.
  var readsText: Bool {
    switch self {
    case .text, .message, .field: true
    case .service, .serviceGlob, .severity: false
    }
  }
}

/// What is asked of one value.
enum ValueTest: Sendable {
  enum Order: Sendable { case equal, less, lessOrEqual, greater, greaterOrEqual }

  case isEmpty
  case pattern(TextPattern)
  /// As numbers when `number` is one and the value is, else byte by byte.
  case order(Order, ForeignText, number: ExactDecimal?, raw: TextPattern?)

  /// `nil` is a field the event does not have: it is empty, and in no order with anything.
  func holds(for value: ForeignText?) -> Bool {
    guard let value else {
      if case .isEmpty = self { return true }
      return false
    }
    switch self {
    case .isEmpty: return value.isEmpty
    case .pattern(let pattern): return pattern.occurs(in: value)
    case .order(let order, let wanted, let number, _):
      if let number, let found = ExactDecimal(value.bytes) { return order.holds(found, number) }
      return order.holds(value, wanted)
    }
  }

  var necessaryPattern: TextPattern? {
    switch self {
    case .isEmpty: nil
    case .pattern(let pattern): pattern
    case .order(_, _, _, let raw): raw
    }
  }
}

extension ValueTest.Order {
  func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
    switch self {
    case .equal: left == right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    }
  }
}
