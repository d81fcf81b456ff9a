/// What one pass over a regular expression tells before it is compiled: constructs that linear time cannot offer,
/// how large it grows, texts that every match contains, and what a match asks of the text around it.
struct RegexOutline {
  struct Refusal {
    /// Offset in bytes from the start of the expression.
    var byteOffset: Int
    var reason: String
  }

  /// Bounded repeats are unrolled by the compiler. Measured with Hyperscan 5.4: up to here the worst alternations
  /// compile in a fraction of a second, at twice this in ten.
  static let sizeLimit = 400

  /// What a Unicode property such as `\p{L}` counts for: hundreds of ranges of characters.
  private static let propertySize = 80

  private(set) var refusal: Refusal?
  /// Characters and classes after unrolling, an upper estimate.
  private(set) var size = 0
  /// Plain ASCII texts each of which occurs in every match byte for byte; none when none is certain.
  var requiredTexts: [[UInt8]] { isTextCertain ? runs : [] }
  /// Whether a match stays one whatever stands around it: no anchors, no word boundaries.
  private(set) var isFreeOfContext = true
  /// Whether a match may hold a newline; true where that takes a closer look.
  private(set) var mayMatchNewline = false

  /// Where anchors stand, and whether they are for the start.
  private var anchors: [(byteOffset: Int, isStart: Bool)] = []

  private let ignoringCase: Bool
  private let pattern: [UInt8]
  private var index = 0
  /// Sizes of the open groups' contents, outermost first.
  private var groupSizes = [0]
  private var lastSize = 0
  private var run: [UInt8] = []
  private var runs: [[UInt8]] = []
  private var isTextCertain = true

  init(_ pattern: String, ignoringCase: Bool) {
    self.pattern = Array(pattern.utf8)
    self.ignoringCase = ignoringCase
    while index < self.pattern.count && refusal == nil { readItem() }
    endRun()
    size = groupSizes.reduce(0) { Self.saturatedSum($0, $1) }
    if refusal == nil && size > Self.sizeLimit {
      refuse(at: 0, "its repeats unroll to \(size) characters, more than \(Self.sizeLimit)")
    }
  }

  /// The place of what the compiler names without one: an anchor in the middle.
  func byteOffset(ofComplaint reason: String) -> Int? {
    if reason.hasPrefix("Embedded start") {
      return anchors.first { $0.isStart && $0.byteOffset > 0 }?.byteOffset
    }
    if reason.hasPrefix("Embedded end") {
      return anchors.first { !$0.isStart && $0.byteOffset + 1 < pattern.count }?.byteOffset
    }
    return reason.hasPrefix("Unterminated comment") ? pattern.lastIndex(of: UInt8(ascii: "#")) : nil
  }

  private mutating func readItem() {
    let byte = pattern[index]
    switch byte {
    case UInt8(ascii: "\\"): readEscape()
    case UInt8(ascii: "["): readClass()
    case UInt8(ascii: "("): readGroupStart()
    case UInt8(ascii: ")"): readGroupEnd()
    case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "+"):
      readQuantifier(optional: byte != UInt8(ascii: "+"), times: 1, length: 1)
    case UInt8(ascii: "{"):
      if let (times, length) = bounds() {
        readQuantifier(optional: true, times: times, length: length)
      } else {
        readPlain(byte, length: 1)
      }
    case UInt8(ascii: "|"):
      if groupSizes.count == 1 { isTextCertain = false }
      readOther(length: 1)
    case UInt8(ascii: "."): readOther(length: 1)
    case UInt8(ascii: "^"), UInt8(ascii: "$"):
      isFreeOfContext = false
      anchors.append((index, byte == UInt8(ascii: "^")))
      readOther(length: 1)
    default:
      if byte < 0x20 { mayMatchNewline = true }
      readPlain(byte, length: 1)
    }
  }

  private mutating func readEscape() {
    guard let next = byte(at: index + 1) else { return readOther(length: 1) }
    switch next {
    case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "g"), UInt8(ascii: "k"):
      refuse(at: index, "back-references need more than linear time")
    case UInt8(ascii: "Q"):
      isTextCertain = false
      mayMatchNewline = true
      let length = quotationLength()
      readOther(length: length, size: length)
    case UInt8(ascii: "0"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      // \x{41}, \p{Lu}: the braces are no repeat. \x41: the digits are no text.
      let braced =
        byte(at: index + 2) == UInt8(ascii: "{") ? pattern[index...].firstIndex(of: UInt8(ascii: "}")) : nil
      let isNumber = next == UInt8(ascii: "x") || next == UInt8(ascii: "0") || next == UInt8(ascii: "c")
      let size = next | 0x20 == UInt8(ascii: "p") ? Self.propertySize : 1
      // \b, \B, \A, \z, \Z, \G look around; \d, \w, \S, \h, \t and \N cannot be a newline, the others might.
      if "bBAzZG".utf8.contains(next) {
        isFreeOfContext = false
        if next != UInt8(ascii: "b"), next != UInt8(ascii: "B") {
          anchors.append((index, next == UInt8(ascii: "A")))
        }
      } else if !"dwShtN".utf8.contains(next) {
        mayMatchNewline = true
      }
      readOther(length: braced.map { $0 + 1 - index } ?? (isNumber ? 4 : 2), size: size)
    default: readPlain(next, length: 2)
    }
  }

  /// From `\Q` at `index` to the end of `\E`, or of everything.
  private func quotationLength() -> Int {
    let end = UInt8(ascii: "E")
    let closing = pattern.indices.dropFirst(index + 2).first { place in
      pattern[place] == end && pattern[place - 1] == UInt8(ascii: "\\") && place > index + 2
    }
    return (closing.map { $0 + 1 } ?? pattern.count) - index
  }

  private mutating func readClass() {
    var end = index + 1
    var size = 1
    if byte(at: end) == UInt8(ascii: "^") {
      end += 1
      mayMatchNewline = true
    }
    if byte(at: end) == UInt8(ascii: "]") { end += 1 }
    while let current = byte(at: end), current != UInt8(ascii: "]") {
      if current < 0x20 || current == UInt8(ascii: "\\") || current == UInt8(ascii: "[") {
        mayMatchNewline = true
      }
      if current == UInt8(ascii: "[") && byte(at: end + 1) == UInt8(ascii: ":") {
        end = pattern[end...].firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? pattern.count
      } else {
        let isEscape = current == UInt8(ascii: "\\")
        if isEscape, let kind = byte(at: end + 1), kind | 0x20 == UInt8(ascii: "p") {
          size += Self.propertySize
        }
        end += isEscape ? 2 : 1
      }
    }
    readOther(length: end + 1 - index, size: size)
  }

  private mutating func readGroupStart() {
    let opening = String(decoding: pattern[index...].prefix(4), as: UTF8.self)
    if let reason = Self.refusedGroups.first(where: { opening.hasPrefix($0.opening) })?.reason {
      return refuse(at: index, reason)
    }
    let number = opening.dropFirst(opening.hasPrefix("(?-") ? 3 : 2).first
    if opening.hasPrefix("(?"), number?.isASCII == true, number?.isNumber == true {
      return refuse(at: index, "recursion needs more than linear time")
    }
    if opening.hasPrefix("(?") && !opening.hasPrefix("(?:") && !opening.hasPrefix("(?<")
      && !opening.hasPrefix("(?P<")
    {
      // (?i), (?x) and their like change how everything after them reads.
      isTextCertain = false
      isFreeOfContext = false
      mayMatchNewline = true
    }
    endRun()
    groupSizes.append(0)
    lastSize = 0
    index += opening.hasPrefix("(?") ? 2 : 1
    // The letters of (?:, (?i) and (?<name> count as a few characters of the group; the size is an upper estimate.
  }

  private mutating func readGroupEnd() {
    endRun()
    let size = groupSizes.count > 1 ? groupSizes.removeLast() : 0
    add(size: size)
    index += 1
  }

  private mutating func readQuantifier(optional: Bool, times: Int, length: Int) {
    if optional, groupSizes.count == 1, !run.isEmpty { run.removeLast() }
    endRun()
    let (product, overflow) = lastSize.multipliedReportingOverflow(by: max(0, times - 1))
    add(size: overflow ? .max : product)
    let end = index + length
    if byte(at: end) == UInt8(ascii: "+") {
      return refuse(at: end, "possessive repeats need more than linear time")
    }
    index = end + (byte(at: end) == UInt8(ascii: "?") ? 1 : 0)
  }

  private mutating func readPlain(_ byte: UInt8, length: Int) {
    if groupSizes.count == 1 && Self.isSameInRecords(byte) && !(ignoringCase && Self.hasTwin(byte)) {
      run.append(byte)
    } else {
      endRun()
    }
    add(size: 1)
    index += length
  }

  private mutating func readOther(length: Int, size: Int = 1) {
    endRun()
    add(size: size)
    index += length
  }

  /// `{2}`, `{2,}`, `{2,5}` at `index`: the larger number, and how many bytes it takes.
  private func bounds() -> (times: Int, length: Int)? {
    guard let end = pattern[index...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
    let parts = pattern[(index + 1)..<end].split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let low = Int(String(decoding: parts[0], as: UTF8.self)) else {
      return nil
    }
    let high = parts.count == 2 ? Int(String(decoding: parts[1], as: UTF8.self)) : low
    return (max(low, high ?? low), end + 1 - index)
  }

  private mutating func add(size: Int) {
    lastSize = size
    groupSizes[groupSizes.count - 1] = Self.saturatedSum(groupSizes[groupSizes.count - 1], size)
  }

  private mutating func endRun() {
    if !run.isEmpty { runs.append(run) }
    run.removeAll()
  }

  private mutating func refuse(at offset: Int, _ reason: String) {
    refusal = Refusal(byteOffset: offset, reason: reason)
  }

  private func byte(at index: Int) -> UInt8? { index < pattern.count ? pattern[index] : nil }

  private static func saturatedSum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  /// Whether a record holds this byte of a value as it is, in every format: not quoted, not escaped.
  static func isSameInRecords(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): false
    default: (0x20..<0x7F).contains(byte)
    }
  }

  /// K and s have Unicode twins (Kelvin sign, long s) that match when case is ignored.
  static func hasTwin(_ byte: UInt8) -> Bool {
    byte | 0x20 == UInt8(ascii: "k") || byte | 0x20 == UInt8(ascii: "s")
  }

  private static let refusedGroups: [(opening: String, reason: String)] = [
    ("(?=", "lookahead needs more than linear time"), ("(?!", "lookahead needs more than linear time"),
    ("(?<=", "lookbehind needs more than linear time"), ("(?<!", "lookbehind needs more than linear time"),
    ("(?>", "atomic groups need more than linear time"),
    ("(?P=", "back-references need more than linear time"),
    ("(?P>", "recursion needs more than linear time"), ("(?R", "recursion needs more than linear time"),
    ("(?&", "recursion needs more than linear time"), ("(?+", "recursion needs more than linear time"),
    ("(?|", "groups that share their numbers are not supported"), ("(?C", "callouts are not supported"),
    ("(?(", "conditions need more than linear time"), ("(*", "control verbs are not supported"),
  ]
}
