internal import CHyperscan

internal import func Glibc.memcmp

/// Looks for one text, or for nothing but marks that a record spells its values in another way: an automaton would
/// look at each byte for the sake of marks that most records do not have.
struct QuickSearch: Sendable {
  /// Empty to look for marks alone.
  private let text: [UInt8]
  /// Where the two bytes of the text are in it that are looked for first.
  private let pairStart: Int
  private let wanted: fixed_bytes
  private let marks: Marks

  /// Where an undecoded record says that a value in it is not written as it is.
  struct Marks: Sendable {
    /// Or only one of those that stand for printable ASCII, and what JSON does not define.
    var takesEveryEscape: Bool
    /// See `RawSpelling`.
    var takesByteLists: Bool
  }

  private static let backslash = UInt8(ascii: "\\")
  private static let bracket = UInt8(ascii: "[")
  /// Where bytes that lead nowhere are more frequent than this, an automaton is quicker.
  private static let bytesPerStop = 96

  /// - Parameter samples: the two bytes that are rarest in them are looked for.
  init(text: [UInt8] = [], marks: Marks, samples: [[UInt8]] = []) {
    self.text = text
    self.marks = marks
    let pair = Self.rarestPair(of: text, in: samples)
    pairStart = pair.first
    let other = marks.takesByteLists ? Self.bracket : Self.backslash
    // Without a text, a backslash is looked for twice.
    wanted = fixed_bytes(
      first: text.isEmpty ? Self.backslash : text[pair.first],
      second: text.isEmpty ? Self.backslash : text[pair.second], gap: pair.second - pair.first,
      mark: Self.backslash, other_mark: other)
  }

  /// Two places in the text, ascending; the same where it has but one byte.
  private static func rarestPair(of text: [UInt8], in samples: [[UInt8]]) -> (first: Int, second: Int) {
    guard text.count > 1 else { return (0, 0) }
    var counts = [Int](repeating: 0, count: 256)
    for sample in samples { for byte in sample { counts[Int(byte)] += 1 } }
    let places = text.indices.sorted { (counts[Int(text[$0])], $0) < (counts[Int(text[$1])], $1) }
    return (min(places[0], places[1]), max(places[0], places[1]))
  }

  /// Calls `take` with a place in every line that holds the text or a mark, ascending, in some more than once.
  ///
  /// - Parameter take: returns the end of the line; it is not looked at any further.
  /// - Returns: false when it has given up, because there is too much that looks like it.
  func find(in bytes: UnsafeRawBufferPointer, _ take: (_ place: Int) -> Int) -> Bool {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
    var stopCount = 0
    var place = fixed_bytes_next(start, bytes.count, 0, wanted)
    while place < bytes.count {
      var next = place + 1
      if let found = hit(at: place, bytes) {
        let end = take(found)
        // What begins here may be seen lines later.
        if found <= place || !bytes[place..<found].contains(0x0a) { next = max(next, end) }
      } else {
        stopCount += 1
        guard stopCount <= bytes.count / Self.bytesPerStop + 4 else { return false }
      }
      place = fixed_bytes_next(start, bytes.count, next, wanted)
    }
    return true
  }

  /// Whether there are no marks; false also where that is not worth finding out.
  func isUnmarked(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
    var stopCount = 0
    var place = fixed_bytes_next_mark(start, bytes.count, 0, wanted)
    while place < bytes.count {
      stopCount += 1
      guard stopCount <= bytes.count / Self.bytesPerStop + 4, markedPlace(at: place, bytes) == nil else {
        return false
      }
      place = fixed_bytes_next_mark(start, bytes.count, place + 1, wanted)
    }
    return true
  }

  /// A place in the line that is meant, if a text or a mark is seen at `place`.
  private func hit(at place: Int, _ bytes: UnsafeRawBufferPointer) -> Int? {
    if let marked = markedPlace(at: place, bytes) { return marked }
    let first = place - pairStart
    guard !text.isEmpty, first >= 0, text.count <= bytes.count - first, let start = bytes.baseAddress,
      memcmp(start + first, text, text.count) == 0
    else { return nil }
    return first
  }
}

extension QuickSearch {
  /// A place in the line that is meant, if there is a mark at `place`.
  private func markedPlace(at place: Int, _ bytes: UnsafeRawBufferPointer) -> Int? {
    switch bytes[place] {
    case Self.backslash: marks.isEscape(at: place, bytes) ? place : nil
    case Self.bracket where marks.takesByteLists: Marks.byteList(at: place, bytes)
    default: nil
    }
  }
}

extension QuickSearch.Marks {
  /// `nil` where there are marks of another kind.
  init?(_ spelling: RawSpelling, takesEveryEscape: Bool) {
    guard spelling.cutLineMark == nil else { return nil }
    self.init(takesEveryEscape: takesEveryEscape, takesByteLists: spelling.hasByteLists)
  }

  /// Whether the backslash at `place` is a mark.
  fileprivate func isEscape(at place: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if takesEveryEscape { return true }
    guard place + 1 < bytes.count else { return false }
    switch bytes[place + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return false
    case UInt8(ascii: "u"):
      let zero = UInt8(ascii: "0")
      return place + 4 < bytes.count && bytes[place + 2] == zero && bytes[place + 3] == zero
        && (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(bytes[place + 4])
    default: return true
    }
  }

  /// The first digit of a list behind a colon, when the bracket at `place` opens one.
  fileprivate static func byteList(at place: Int, _ bytes: UnsafeRawBufferPointer) -> Int? {
    var before = place - 1
    while before >= 0, isSpace(bytes[before]) { before -= 1 }
    guard before >= 0, bytes[before] == UInt8(ascii: ":") else { return nil }
    var after = place + 1
    while after < bytes.count, isSpace(bytes[after]) { after += 1 }
    guard after < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[after]) else {
      return nil
    }
    return after
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
