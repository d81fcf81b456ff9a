internal import func Glibc.memchr

/// How undecoded records spell the values in them: what a search in their bytes has to allow for.
///
/// In every format a backslash may stand before a character that is spelled in another way.
public struct RawSpelling: Hashable, Sendable {
  /// A list of numbers may stand for text, as `journalctl -o json` writes control bytes.
  public var hasByteLists: Bool
  /// All fields are members of JSON objects, and their names keys.
  public var hasJSONFields: Bool
  /// An event may take several lines; what joins their text is not what stands between them.
  public var spansLines: Bool
  /// A line may end in the middle of a word, and the next one goes on with it: finds such lines.
  public var cutLineMark: String?

  public init(
    hasByteLists: Bool = false, hasJSONFields: Bool = false, spansLines: Bool = false,
    cutLineMark: String? = nil
  ) {
    self.hasByteLists = hasByteLists
    self.hasJSONFields = hasJSONFields
    self.spansLines = spansLines
    self.cutLineMark = cutLineMark
  }
}

/// Finds in undecoded records the lines that an event of a filter's may be written in, at the speed of memory. It lets
/// pass whatever is not certain: those lines are to be decoded and the filter asked.
public struct RecordSieve: Sendable {
  private let spelling: RawSpelling
  private let clues: [Clue]
  private let chosen: Clue
  private let patterns: [TextPattern]

  /// More of them are not compiled: one that is rare is enough.
  private static let clueLimit = 6

  /// - Parameter samples: some pieces of what will be searched, whole records; the rarest of all clues in them is
  ///   looked for.
  /// - Returns: `nil` when any record may hold a match.
  public init?(_ filter: EventFilter, spelling: RawSpelling, samples: [[UInt8]] = []) {
    self.spelling = spelling
    patterns = filter.necessaryPatterns
    clues =
      Self.clues(of: patterns, spelling, samples)
      + (spelling.hasJSONFields ? filter.necessaryFields : []).prefix(2).compactMap {
        Self.clue(field: $0, spelling)
      }
    guard let first = clues.first else { return nil }
    chosen = clues.count == 1 ? first : Self.rarest(of: clues, in: samples) ?? first
  }

  /// Puts the lines that may hold a match into `lines`, ascending, newlines included; what was there is lost.
  ///
  /// - Complexity: O(bytes), and little more than reading them while matches are rare.
  public func find(in bytes: UnsafeRawBufferPointer, _ lines: inout [Range<Int>]) {
    chosen.find(in: bytes, &lines)
  }

  /// `false` only when no event written in `record` alone (one line, or an event's only line) can match: asks for
  /// everything the filter does, where `find` looks for one thing.
  public func mayMatch(record: UnsafeRawBufferPointer) -> Bool {
    guard isPlain(record) else { return true }
    return patterns.allSatisfy { pattern in
      !pattern.isFreeOfContext || pattern.occurs(inBytes: record) ?? true
    }
  }

  /// Whether the record writes its values as they are.
  private func isPlain(_ record: UnsafeRawBufferPointer) -> Bool {
    guard let start = record.baseAddress, memchr(start, 0x5c, record.count) == nil else { return false }
    return !spelling.hasByteLists || memchr(start, 0x5b, record.count) == nil
  }
}

// MARK: - Clues

extension RecordSieve {
  /// One thing that every record with a match holds, or else a mark that it may be spelled otherwise.
  private struct Clue: Sendable {
    /// Of the expression and all marks.
    let matcher: HyperscanMatcher
    /// Of the expression alone, where `quick` looks for the marks.
    var lone: HyperscanMatcher?
    /// Looks for the text itself, or for marks where that is an expression; `nil` where there are other marks.
    var quick: QuickSearch?
    /// The expression reads UTF-8, and bytes that are none must not be handed to it.
    let readsUTF8: Bool
    /// What the value behind a match of the first expression has to meet.
    var field: FieldCheck?
    /// What looking at a block costs beside what it finds, in lines decoded.
    let blockCost: Int

    func find(in bytes: UnsafeRawBufferPointer, _ lines: inout [Range<Int>]) {
      lines.removeAll(keepingCapacity: true)
      guard let start = bytes.baseAddress else { return }
      var isAscending = true
      var last = 0..<0
      func take(_ place: Int) -> Int {
        guard !last.contains(place) else { return last.upperBound }
        let line = Self.line(around: place, start, bytes.count)
        if line.lowerBound < last.lowerBound { isAscending = false }
        lines.append(line)
        last = line
        return line.upperBound
      }
      guard !readsUTF8 || bytes.isValidUTF8 else {
        while last.upperBound < bytes.count { _ = take(last.upperBound) }
        return
      }
      if lone != nil || quick?.find(in: bytes, take) != true {
        lines.removeAll(keepingCapacity: true)
        last = 0..<0
        let isPlain = lone != nil && quick?.isUnmarked(bytes) == true
        ((isPlain ? lone : nil) ?? matcher).forEachMatch(in: bytes) { number, end in
          let place = max(0, end - 1)
          if number == 0, let field, !last.contains(place) {
            guard field.mayHold(UnsafeRawBufferPointer(rebasing: bytes[end...])) else { return }
          }
          _ = take(place)
        }
      }
      guard !isAscending else { return }
      lines.sort { $0.lowerBound < $1.lowerBound }
      var kept = 0
      for index in lines.indices where index == 0 || lines[index] != lines[kept - 1] {
        lines[kept] = lines[index]
        kept += 1
      }
      lines.removeLast(lines.count - kept)
    }

    /// Where a block has no marks, only the expression is looked for.
    mutating func look(for expression: HyperscanDatabase.Expression, whereAbsent marks: QuickSearch.Marks?) {
      guard let marks else { return }
      lone = try? HyperscanMatcher([expression])
      quick = lone == nil ? nil : QuickSearch(marks: marks)
    }

    /// The line that holds the byte at `place`.
    private static func line(around place: Int, _ start: UnsafeRawPointer, _ count: Int) -> Range<Int> {
      // Back in words without a newline, then to the newline.
      var before = place
      while before >= 8 {
        let other = start.loadUnaligned(fromByteOffset: before - 8, as: UInt64.self) ^ 0x0a0a_0a0a_0a0a_0a0a
        guard (other &- 0x0101_0101_0101_0101) & ~other & 0x8080_8080_8080_8080 == 0 else { break }
        before -= 8
      }
      while before > 0, start.load(fromByteOffset: before - 1, as: UInt8.self) != 0x0a { before -= 1 }
      let after = memchr(start + place, 0x0a, count - place).map { UnsafeRawPointer($0) - start + 1 } ?? count
      return before..<after
    }
  }

  private static func clues(
    of patterns: [TextPattern], _ spelling: RawSpelling, _ samples: [[UInt8]]
  ) -> [Clue] {
    var texts: [(text: [UInt8], ignoresCase: Bool)] = []
    for pattern in patterns {
      for text in pattern.requiredTexts {
        guard !texts.contains(where: { $0.text == text && $0.ignoresCase == pattern.ignoresCase }) else {
          continue
        }
        texts.append((text, pattern.ignoresCase))
      }
    }
    texts.sort { $0.text.count > $1.text.count }
    let whole = patterns.filter { pattern in
      pattern.isFreeOfContext && !(spelling.spansLines && pattern.mayMatchNewline)
        // Its only text is a clue already.
        && (pattern.isRegex || pattern.requiredTexts != [pattern.source.bytes])
    }
    return texts.prefix(clueLimit).compactMap {
      clue(text: $0.text, ignoringCase: $0.ignoresCase, spelling, samples)
    } + whole.prefix(2).compactMap { clue(pattern: $0, spelling) }
  }

  /// For text of printable ASCII characters that every format writes as they are, unless it spells them out. Escapes
  /// that JSON defines stand for other characters, but for `\u0020` to `\u007f`; what it does not define may stand
  /// for anything.
  private static func clue(
    text: [UInt8], ignoringCase: Bool, _ spelling: RawSpelling, _ samples: [[UInt8]]
  ) -> Clue? {
    let expression = HyperscanDatabase.Expression(
      text: TextPattern.quoted(text), options: ignoringCase ? [.ignoringCase] : [])
    var clue = clue(
      expression, marks: [#"\\[^"\\/bfnrtu]"#, #"\\u00[2-7]"#], blockCost: 0, spelling)
    let marks = QuickSearch.Marks(spelling, takesEveryEscape: false)
    if ignoringCase {
      clue?.look(for: expression, whereAbsent: marks)
    } else {
      clue?.quick = marks.map { QuickSearch(text: text, marks: $0, samples: samples) }
    }
    return clue
  }

  /// For a pattern as it is, where no escape can hide its match.
  private static func clue(pattern: TextPattern, _ spelling: RawSpelling) -> Clue? {
    var clue = clue(pattern.expression, marks: [#"\\"#], blockCost: 6, spelling)
    clue?.look(for: pattern.expression, whereAbsent: QuickSearch.Marks(spelling, takesEveryEscape: true))
    return clue
  }

  /// For a field of JSON records: its key, with a value that meets what is asked.
  private static func clue(field: FieldCheck, _ spelling: RawSpelling) -> Clue? {
    // `b` of `a.b` may stand in an object of its own.
    let start = field.isDotted ? #"[".]"# : #"""#
    let key = HyperscanDatabase.Expression(
      text: start + TextPattern.quoted(field.key) + #""\s*:"#, options: [])
    var clue = clue(key, marks: [#"\\"#], blockCost: 10, spelling)
    clue?.look(for: key, whereAbsent: QuickSearch.Marks(spelling, takesEveryEscape: true))
    clue?.field = field
    return clue
  }

  private static func clue(
    _ expression: HyperscanDatabase.Expression, marks: [String], blockCost: Int, _ spelling: RawSpelling
  ) -> Clue? {
    var marks = marks
    if spelling.hasByteLists { marks.append(#":\s*\[\s*[0-9]"#) }
    if let mark = spelling.cutLineMark { marks.append(mark) }
    let all = [expression] + marks.map { HyperscanDatabase.Expression(text: $0, options: []) }
    guard let matcher = try? HyperscanMatcher(all) else { return nil }
    return Clue(matcher: matcher, readsUTF8: expression.options.contains(.utf8), blockCost: blockCost)
  }

  private static func rarest(of clues: [Clue], in samples: [[UInt8]]) -> Clue? {
    var lines: [Range<Int>] = []
    var best: (clue: Clue, cost: Int)?
    for clue in clues {
      var cost = 0
      for sample in samples {
        sample.withUnsafeBytes { clue.find(in: $0, &lines) }
        cost += clue.blockCost + lines.count
      }
      if best.map({ cost < $0.cost }) ?? true { best = (clue, cost) }
    }
    return best?.clue
  }
}
