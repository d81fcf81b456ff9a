internal import EventModel

/// Which fields of events are to go, and how. What a record is about (its time, service and severity) is no field.
public struct RedactionRules: Sendable {
  public enum Action: String, Hashable, Sendable {
    /// A mark stands there instead.
    case drop
    /// A code that is the same for the same value.
    case hash
  }

  public struct Rule: Hashable, Sendable {
    public var action: Action
    /// A name as events have it, nested keys joined by dots; `*` any bytes, `?` one. It means what is inside too.
    public var pattern: String

    /// It names one field, and nothing else.
    public var isExact: Bool { !pattern.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }
  }

  /// Those that drop come first: a field that two rules mean is dropped.
  public let rules: [Rule]
  private let globs: [Glob]

  public init(drop: [String] = [], hash: [String] = []) {
    var rules: [Rule] = []
    for rule in drop.map({ Rule(action: .drop, pattern: $0) })
      + hash.map({ Rule(action: .hash, pattern: $0) })
    where !rules.contains(rule) {
      rules.append(rule)
    }
    self.rules = rules
    globs = rules.map { Glob($0.pattern) }
  }

  public var isEmpty: Bool { rules.isEmpty }

  /// The number of the first rule that means the field called `name`, or one that it lies in.
  func rule(of name: [UInt8]) -> Int? {
    let names =
      [ForeignText(bytes: name)]
      + name.indices.filter { name[$0] == UInt8(ascii: ".") }.map { ForeignText(name[..<$0]) }
    return globs.firstIndex { glob in names.contains(where: glob.matches) }
  }
}

/// What stands where a value was. It has no byte that any layout, link or filter gives a meaning.
public enum RedactionMark {
  public static let dropped = Array("_dropped_".utf8)

  /// - Parameter code: of the value; 8 bytes of it are shown.
  public static func hash(_ code: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    let shown = code.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return hashStart + shown + Array("_".utf8)
  }

  private static let hashStart = Array("_hash_".utf8)

  /// Something was here that has gone already.
  static func isMark(_ value: [UInt8]) -> Bool {
    value == dropped || value.count == hashStart.count + 17 && value.starts(with: hashStart)
  }
}
