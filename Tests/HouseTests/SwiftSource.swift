/// A Swift file without its comments and string texts (code inside `\( )` stays), line for line, so that a search
/// for a word finds code only.
struct SwiftSource {
  let path: String
  /// As many lines as the file has.
  let lines: [String]

  init(path: String, text: String) {
    self.path = path
    var reader = CodeReader(text)
    lines = reader.read().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Modules named by `import` declarations, with the line (from 1) and, for `import func M.f`, what is imported.
  var imports: [Import] {
    lines.enumerated().compactMap { index, line in Import(line: line, number: index + 1) }
  }

  struct Import: Equatable {
    var module: String
    /// `log2` of `import func Glibc.log2`; `nil` when the whole module is imported.
    var member: String?
    var lineNumber: Int

    init(module: String, member: String? = nil, lineNumber: Int) {
      self.module = module
      self.member = member
      self.lineNumber = lineNumber
    }

    init?(line: String, number: Int) {
      var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })[...]
      let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private", "@testable",
      ]
      while let first = words.first, modifiers.contains(first) || first.hasPrefix("@") { words.removeFirst() }
      guard words.popFirst() == "import", var target = words.popFirst() else { return nil }
      let kinds: Set<Substring> = [
        "func", "struct", "class", "enum", "protocol", "typealias", "var", "let", "actor",
      ]
      if kinds.contains(target) {
        guard let named = words.popFirst() else { return nil }
        target = named
      }
      let parts = target.split(separator: ".", maxSplits: 1)
      self.init(
        module: String(parts[0]), member: parts.count > 1 ? String(parts[1]) : nil, lineNumber: number)
    }
  }

  /// Lines (from 1) with a force-unwrap, `try!`, `as!` or an implicitly unwrapped type.
  var crashingLines: [Int] {
    lines.enumerated().filter { Self.hasPostfixBang($0.element) }.map { $0.offset + 1 }
  }

  /// A `!` directly after a name, a bracket or a closing quote, and not the first half of `!=`.
  private static func hasPostfixBang(_ line: String) -> Bool {
    let characters = Array(line.unicodeScalars)
    for (index, character) in characters.enumerated().dropFirst() where character == "!" {
      if index + 1 < characters.count, characters[index + 1] == "=" { continue }
      let before = characters[index - 1]
      if before.properties.isAlphabetic || before.properties.numericType != nil
        || "_)]}>?\"`".unicodeScalars.contains(before)
      {
        return true
      }
    }
    return false
  }
}

/// Copies code, and puts blanks for comments and for the text of strings.
private struct CodeReader {
  private let input: [Unicode.Scalar]
  private var index = 0
  private var output = String.UnicodeScalarView()

  init(_ text: String) { input = Array(text.unicodeScalars) }

  mutating func read() -> String {
    copyCode(untilParenthesis: false)
    return String(output)
  }

  private func starts(_ word: String) -> Bool {
    let scalars = Array(word.unicodeScalars)
    return index + scalars.count <= input.count && Array(input[index..<index + scalars.count]) == scalars
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where index < input.count {
      output.append(input[index] == "\n" ? "\n" : " ")
      index += 1
    }
  }

  /// Copies until the end, or to the parenthesis that closes an interpolation.
  private mutating func copyCode(untilParenthesis: Bool) {
    var depth = 0
    while index < input.count {
      if starts("//") {
        while index < input.count, input[index] != "\n" { blank() }
      } else if starts("/*") {
        skipBlockComment()
      } else if let pounds = stringStart() {
        skipString(pounds: pounds)
      } else {
        if input[index] == "(" { depth += 1 }
        if input[index] == ")" {
          if untilParenthesis && depth == 0 { return }
          depth -= 1
        }
        output.append(input[index])
        index += 1
      }
    }
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        blank(2)
      } else if starts("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && index < input.count
  }

  /// The number of `#` before the quote that starts a string here; `nil` where none starts.
  private func stringStart() -> Int? {
    var probe = index
    while probe < input.count, input[probe] == "#" { probe += 1 }
    return probe < input.count && input[probe] == "\"" ? probe - index : nil
  }

  private mutating func skipString(pounds: Int) {
    blank(pounds)
    let isLong = starts("\"\"\"")
    let pound = String(repeating: "#", count: pounds)
    let quote = isLong ? "\"\"\"" : "\""
    output.append("\"")
    index += quote.unicodeScalars.count
    while index < input.count {
      if starts("\\" + pound + "(") {
        blank(1 + pounds)
        output.append("(")
        index += 1
        copyCode(untilParenthesis: true)
      } else if starts("\\" + pound) {
        blank(2 + pounds)
      } else if starts(quote + pound) {
        index += quote.unicodeScalars.count + pounds
        output.append("\"")
        return
      } else if !isLong && input[index] == "\n" {
        return  // not a string after all (a quote inside a regex literal); code goes on
      } else {
        blank()
      }
    }
  }
}
