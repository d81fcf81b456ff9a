/// A value of a TOML file. Dates are refused by the reader: no preference is one.
enum TOMLValue: Sendable {
  case string(String)
  case integer(Int)
  case float(Double)
  case boolean(Bool)
  case array([TOMLItem])
  case table(TOMLTable)

  /// What a message calls it.
  var kind: String {
    switch self {
    case .string: "a text"
    case .integer: "a whole number"
    case .float: "a number"
    case .boolean: "true or false"
    case .array: "a list"
    case .table: "a table"
    }
  }
}

/// A value of a list, with the line it starts on.
struct TOMLItem: Sendable {
  var value: TOMLValue
  var line: Int
}

/// Keys and values in the order of the file, each with the line of its key: what messages need to say where.
struct TOMLTable: Sendable {
  struct Entry: Sendable {
    var key: String
    var value: TOMLValue
    var line: Int
  }

  private(set) var entries: [Entry] = []
  private var indexByKey = KeyIndex()

  subscript(key: String) -> Entry? {
    indexByKey.index(of: key, count: entries.count) { entries[$0].key }.map { entries[$0] }
  }

  /// The caller has made sure that `entry.key` is new.
  mutating func append(_ entry: Entry) {
    entries.append(entry)
    indexByKey.append(entry.key, count: entries.count) { entries[$0].key }
  }
}

/// Where a key stands in a list that keeps the order of its keys. A few are found sooner by looking at each, as nearly
/// all tables have a few; many are hashed.
struct KeyIndex: Sendable {
  private static let plainCount = 8
  private var indexes: [String: Int] = [:]

  /// Of `count` keys, all of them appended.
  func index(of key: String, count: Int, keyAt: (Int) -> String) -> Int? {
    count <= Self.plainCount ? (0..<count).first { keyAt($0) == key } : indexes[key]
  }

  /// `key` is new, and the last of `count`.
  mutating func append(_ key: String, count: Int, keyAt: (Int) -> String) {
    guard count > Self.plainCount else { return }
    if count == Self.plainCount + 1 {
      for index in 0..<count { indexes[keyAt(index)] = index }
    } else {
      indexes[key] = count - 1
    }
  }
}
