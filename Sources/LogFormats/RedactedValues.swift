public import EventModel

/// The values that are to go, and where they stand in a text.
///
/// A value is looked for everywhere when it says something by itself: at least four bytes, and six where all are digits;
/// and is neither a word such as `true` nor the name of a service or severity. One of less than twelve bytes counts
/// where it is a word of its own: `alice` is not in `malice`.
public struct RedactedValues: Sendable {
  public struct Value: Sendable {
    public let bytes: [UInt8]
    public fileprivate(set) var mark: [UInt8]
    /// Its number in `RedactionRules`; behind the last one: a known secret.
    public fileprivate(set) var rule: Int
    public fileprivate(set) var isSearched = false
  }

  struct Match: Hashable {
    var range: Range<Int>
    var number: Int
  }

  /// More values are not taken: they are looked for all at once.
  public static let limit = 2_000_000
  /// From so many bytes on a value counts also inside of words.
  public static let leastWholeCount = 12

  public private(set) var values: [Value] = []
  private var numbers: [ForeignText: Int] = [:]
  /// Of values that are looked for, by their first four bytes: which hashes there are, and how long they can be.
  private var starts = [UInt64](repeating: 0, count: 1024)
  private var lengths: [UInt32: [Int]] = [:]

  public init() {}

  public var isFull: Bool { values.count >= Self.limit }

  /// - Parameter mark: called for a value that is new here, or that an earlier rule means too.
  public mutating func add(_ value: ForeignText, rule: Int, mark: () -> [UInt8]) {
    guard !value.isEmpty, !RedactionMark.isMark(value.bytes) else { return }
    if let number = numbers[value] {
      guard rule < values[number].rule else { return }
      values[number].rule = rule
      values[number].mark = mark()
      return
    }
    guard !isFull else { return }
    numbers[value] = values.count
    values.append(Value(bytes: value.bytes, mark: mark(), rule: rule))
  }

  /// To be called once, when all values are known.
  ///
  /// - Parameters:
  ///   - names: are not looked for.
  ///   - secrets: the rule whose values are looked for whatever they are.
  public mutating func prepare(without names: Set<ForeignText>, secrets: Int) {
    for number in values.indices {
      let value = values[number]
      let isSearched =
        value.rule == secrets && value.bytes.count >= 4
        || Self.isTelling(value.bytes) && !names.contains(ForeignText(bytes: value.bytes))
      guard isSearched else { continue }
      values[number].isSearched = true
      let start = value.bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
      let slot = Self.slot(start)
      starts[slot >> 6] |= 1 << UInt64(slot & 63)
      var known = lengths[start] ?? []
      if !known.contains(value.bytes.count) {
        known.append(value.bytes.count)
        lengths[start] = known.sorted(by: >)
      }
    }
  }

  private static func isTelling(_ value: [UInt8]) -> Bool {
    guard value.count >= (value.allSatisfy(\.isDigit) ? 6 : 4) else { return false }
    return value.withUnsafeBufferPointer { value in
      guard let start = value.baseAddress else { return false }
      let slice = ByteSlice(start, start + value.count)
      let words: [StaticString] = ["true", "false", "null", "none", "None", "True", "False", "undefined"]
      return SeverityRule.word(slice) == nil && !words.contains { slice.equals($0) }
    }
  }

  public func number(of value: ForeignText) -> Int? { numbers[value] }

  func isSearched(_ value: ForeignText) -> Bool { numbers[value].map { values[$0].isSearched } ?? false }

  // MARK: Looking

  /// Where values stand, from left to right; of several at one place the longest.
  func matches(in text: [UInt8]) -> [Match] {
    guard !lengths.isEmpty, text.count >= 4 else { return [] }
    var matches: [Match] = []
    text.withUnsafeBufferPointer { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      var place = 0
      while place <= bytes.count - 4 {
        let start = raw.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        let slot = Self.slot(start)
        if starts[slot >> 6] & 1 << UInt64(slot & 63) != 0, let match = match(at: place, start, bytes) {
          matches.append(match)
          place = match.range.upperBound
        } else {
          place += 1
        }
      }
    }
    return matches
  }

  private func match(at place: Int, _ start: UInt32, _ text: UnsafeBufferPointer<UInt8>) -> Match? {
    guard let lengths = lengths[start] else { return nil }
    for count in lengths where count <= text.count - place {
      let range = place..<place + count
      guard let number = numbers[ForeignText(text[range])], values[number].isSearched,
        count >= Self.leastWholeCount || Self.isWord(range, in: text)
      else { continue }
      return Match(range: range, number: number)
    }
    return nil
  }

  /// Neither end lies inside a word.
  static func isWord(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    func isInside(_ place: Int) -> Bool {
      place > 0 && place < text.count && isLetter(text[place - 1]) && isLetter(text[place])
    }
    return !isInside(range.lowerBound) && !isInside(range.upperBound)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte >= 0x80 }

  private static func slot(_ start: UInt32) -> Int { Int((start &* 0x9e37_79b1) >> 16) }
}
