/// The bytes of one preference file, and what messages call it.
public struct TextFile: Hashable, Sendable {
  public var path: String
  public var bytes: [UInt8]

  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  public init(path: String, text: String) { self.init(path: path, bytes: Array(text.utf8)) }
}

/// Where texts are found by name: themes, or keymaps. The world is behind two closures, so that reading stays pure.
public struct NamedTexts: Sendable {
  /// Every name there is, for lists and suggestions.
  public var names: @Sendable () -> [String]
  /// `nil` when there is no text with that name; throws when there is one that cannot be read.
  public var find: @Sendable (String) throws(Problem) -> TextFile?

  public init(
    names: @escaping @Sendable () -> [String],
    find: @escaping @Sendable (String) throws(Problem) -> TextFile?
  ) {
    self.names = names
    self.find = find
  }

  /// Texts that are already in memory, by name.
  public init(_ texts: [String: TextFile]) {
    self.init(names: { texts.keys.sorted() }, find: { name throws(Problem) in texts[name] })
  }

  /// The text called `name` and those it inherits from, the furthest ancestor first.
  ///
  /// A cycle, a missing ancestor or more than `depthLimit` texts in a row is reported; the chain ends there.
  /// - Parameter inherits: the name that a text inherits from and the line saying so.
  func chain<File>(
    of name: String, calling kind: String,
    read: (TextFile) -> Loaded<File>, inherits: (File) -> (name: String, place: SourceLine)?
  ) -> Loaded<[File]> {
    var problems: [Problem] = []
    var chain: [File] = []
    var visited: [String] = []
    var wanted: (name: String, place: SourceLine?)? = (name, nil)
    while let (name, place) = wanted {
      wanted = nil
      let file: TextFile
      do throws(Problem) {
        try refuse(name, after: visited, at: place, calling: kind)
        guard let found = try find(name) else { throw missing(name, at: place, calling: kind) }
        file = found
      } catch {
        problems.append(error)
        break
      }
      let loaded = read(file)
      problems += loaded.problems
      chain.append(loaded.value)
      visited.append(name)
      wanted = inherits(loaded.value).map { ($0.name, $0.place) }
    }
    return Loaded(chain.reversed(), problems: problems)
  }

  /// So many texts may inherit from one another.
  static let depthLimit = 8

  private func refuse(
    _ name: String, after visited: [String], at place: SourceLine?, calling kind: String
  ) throws(Problem) {
    guard let place else { return }
    if visited.contains(name) {
      let circle = (visited + [name]).joined(separator: " -> ")
      throw Problem(
        at: place, "\(kind)s inherit in a circle: \(circle)", remedy: "give one of them another name")
    }
    if visited.count >= Self.depthLimit {
      throw Problem(at: place, "more than \(Self.depthLimit) \(kind)s inherit from one another")
    }
  }

  private func missing(_ name: String, at place: SourceLine?, calling kind: String) -> Problem {
    let names = names()
    let remedy =
      Suggestion.remedy(for: name, among: names)
      ?? (names.isEmpty ? nil : "there are " + names.joined(separator: ", "))
    return Problem(at: place ?? SourceLine(file: kind), "no \(kind) is called '\(name)'", remedy: remedy)
  }
}

/// Takes the values of a table apart, and keeps what is wrong with them.
struct TableChecker {
  let file: String
  var problems: [Problem] = []

  init(file: String) { self.file = file }

  func place(_ line: Int) -> SourceLine { SourceLine(file: file, line: line) }

  mutating func complain(_ line: Int, _ reason: String, remedy: String? = nil) {
    problems.append(Problem(at: place(line), reason, remedy: remedy))
  }

  mutating func unknown(_ entry: TOMLTable.Entry, in table: String, among known: [String]) {
    let remedy =
      Suggestion.remedy(for: entry.key, among: known) ?? "known are \(known.joined(separator: ", "))"
    complain(entry.line, "\(table) has no key '\(entry.key)'", remedy: remedy)
  }

  mutating func string(_ entry: TOMLTable.Entry) -> String? {
    if case .string(let text) = entry.value { return text }
    complain(entry.line, "'\(entry.key)' is \(entry.value.kind), not a text")
    return nil
  }

  mutating func integer(_ entry: TOMLTable.Entry, in range: ClosedRange<Int>) -> Int? {
    guard case .integer(let number) = entry.value else {
      complain(entry.line, "'\(entry.key)' is \(entry.value.kind), not a whole number")
      return nil
    }
    guard range.contains(number) else {
      complain(entry.line, "'\(entry.key)' is \(number), not \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  mutating func table(_ entry: TOMLTable.Entry) -> TOMLTable? {
    if case .table(let table) = entry.value { return table }
    complain(entry.line, "'\(entry.key)' is \(entry.value.kind), not a table")
    return nil
  }

  mutating func items(_ entry: TOMLTable.Entry) -> [TOMLItem]? {
    if case .array(let items) = entry.value { return items }
    complain(entry.line, "'\(entry.key)' is \(entry.value.kind), not a list")
    return nil
  }

  /// The word of `words` that the entry's text is.
  mutating func choice<Word>(_ entry: TOMLTable.Entry, of words: [(String, Word)]) -> Word? {
    guard let text = string(entry) else { return nil }
    if let word = words.first(where: { $0.0 == text }) { return word.1 }
    let known = words.map(\.0)
    let remedy = Suggestion.remedy(for: text, among: known) ?? "it is one of \(known.joined(separator: ", "))"
    complain(entry.line, "'\(entry.key)' cannot be '\(text)'", remedy: remedy)
    return nil
  }
}
