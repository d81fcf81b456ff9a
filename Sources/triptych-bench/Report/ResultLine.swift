import func Glibc.fflush

/// What one tool came to in one case: a flat JSON object on a line of its own. Our benches print such lines, the
/// scripts around the peers print such lines, and the report is made of nothing else.
struct ResultLine: Equatable {
  var bench: String
  /// The case within the bench.
  var name: String
  var tool: String
  /// Names and JSON values as they were written, in order: numbers of 64 bits stay exact.
  private(set) var fields: [Field] = []

  struct Field: Equatable {
    var name: String
    var json: String
  }

  static let us = "triptych"

  init(_ bench: String, _ name: String, tool: String = us) {
    self.bench = bench
    self.name = name
    self.tool = tool
  }

  /// A field as a number; `nil` when it is not there or is none.
  subscript(name: String) -> Double? {
    get { fields.first { $0.name == name }.flatMap { Double($0.json) } }
    set { set(name, json: newValue.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int64($0))" : "\($0)" }) }
  }

  func text(_ name: String) -> String? {
    guard let json = fields.first(where: { $0.name == name })?.json, json.first == "\"" else { return nil }
    return Self.unquoted(json)
  }

  mutating func set(_ name: String, text: String) { set(name, json: Self.quoted(text)) }

  /// `nil` takes the field away.
  mutating func set(_ name: String, json: String?) {
    fields.removeAll { $0.name == name }
    if let json { fields.append(Field(name: name, json: json)) }
  }

  var json: String {
    let head = [("bench", bench), ("case", name), ("tool", tool)].map { "\"\($0.0)\": \(Self.quoted($0.1))" }
    return "{" + (head + fields.map { "\(Self.quoted($0.name)): \($0.json)" }).joined(separator: ", ") + "}"
  }

  /// At once, also into a file: a run may be ended before it is over.
  func print() {
    Swift.print(json)
    fflush(nil)
  }
}

extension ResultLine {
  /// Reads a line that `json` or a peer's script wrote: a flat object of strings, numbers, booleans and nulls.
  /// `nil` for anything else, such as a warning that a library printed in between.
  init?(json: some StringProtocol) {
    var rest = Substring(json)
    var found: [Field] = []
    guard rest.skip("{") else { return nil }
    while true {
      guard let name = rest.takeString(), rest.skip(":"), let value = rest.takeValue() else { return nil }
      found.append(Field(name: Self.unquoted(name), json: value))
      if rest.skip(",") { continue }
      guard rest.skip("}"), rest.allSatisfy(\.isWhitespace) else { return nil }
      break
    }
    func take(_ name: String) -> String? {
      guard let index = found.firstIndex(where: { $0.name == name }) else { return nil }
      return Self.unquoted(found.remove(at: index).json)
    }
    guard let bench = take("bench"), let name = take("case") else { return nil }
    self.init(bench, name, tool: take("tool") ?? Self.us)
    fields = found
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case ..<" ": result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// Only the escapes that `quoted` writes; Python's `ensure_ascii` is off in our scripts.
  private static func unquoted(_ json: String) -> String {
    guard json.first == "\"" else { return json }
    var result = ""
    var isEscaped = false
    for character in json.dropFirst().dropLast() {
      if isEscaped {
        result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}

extension Substring {
  fileprivate mutating func skip(_ character: Character) -> Bool {
    let trimmed = drop(while: \.isWhitespace)
    guard trimmed.first == character else { return false }
    self = trimmed.dropFirst()
    return true
  }

  /// A string with its quotes.
  fileprivate mutating func takeString() -> String? {
    let trimmed = drop(while: \.isWhitespace)
    guard trimmed.first == "\"" else { return nil }
    var isEscaped = false
    for index in trimmed.indices.dropFirst() {
      if isEscaped {
        isEscaped = false
      } else if trimmed[index] == "\\" {
        isEscaped = true
      } else if trimmed[index] == "\"" {
        self = trimmed[trimmed.index(after: index)...]
        return String(trimmed[...index])
      }
    }
    return nil
  }

  fileprivate mutating func takeValue() -> String? {
    if let string = takeString() { return string }
    let trimmed = drop(while: \.isWhitespace)
    let word = trimmed.prefix { $0.isLetter || $0.isNumber || "+-.".contains($0) }
    guard ["true", "false", "null"].contains(word) || Double(word) != nil else { return nil }
    self = trimmed[word.endIndex...]
    return String(word)
  }
}
