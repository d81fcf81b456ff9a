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
  private var indexByKey: [String: Int] = [:]

  subscript(key: String) -> Entry? { indexByKey[key].map { entries[$0] } }

  /// The caller has made sure that `entry.key` is new.
  mutating func append(_ entry: Entry) {
    indexByKey[entry.key] = entries.count
    entries.append(entry)
  }
}
