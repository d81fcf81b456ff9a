public import EventModel

/// Members of a JSON object of ours, such as an entry of a journal, found without taking all of it apart.
public enum JSONMembers {
  public struct Member: Hashable, Sendable {
    /// Of a string what is between its quotes, with its escapes.
    public var range: Range<Int>
    /// Without escapes; a number or word as it is written.
    public var value: ForeignText
  }

  /// The outermost members with these names that are neither objects nor arrays; of several of one name the first.
  public static func find(_ names: Set<String>, in json: [UInt8]) -> [String: Member] {
    var found: [String: Member] = [:]
    var tokens = JSONTokens(hasAttributes: false)
    tokens.walk(json, from: 0) { token in
      guard token.names.count == 1 else { return }
      let name = String(decoding: token.names[0], as: UTF8.self)
      guard names.contains(name), found[name] == nil else { return }
      let text = json[token.range]
      let value = token.kind == .string ? JSONTokens.plain(text) : Array(text)
      found[name] = Member(range: token.range, value: ForeignText(bytes: value))
    }
    return found
  }
}
