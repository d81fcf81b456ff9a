import SceneGraph
import Session

/// What came from the terminal: one character, one key, one mouse report, one reply, or silence.
enum KeyReading: Hashable {
  case character(Unicode.Scalar)
  case key(KeyStroke)
  case mouse(MouseEvent.Kind, GridPoint)
  case pasteStart
  case pasteEnd
  /// The terminal answered a question, now or long ago; never a key.
  case reply(TerminalReply)
  /// Nothing more for now: an ESC before it stands alone.
  case nothing
}

/// What terminals answer (xterm ctlseqs).
enum TerminalReply: Hashable {
  /// DA1: the terminal understands questions. A fence: what it was asked before and has not answered, it never will.
  case attributes
  /// OSC 11, 8 bits a channel.
  case background(red: UInt8, green: UInt8, blue: UInt8)
  /// DEC mode 2031: the person changed to dark or light.
  case colorScheme(isDark: Bool)
  /// DSR 5: everything sent before the question has been worked off (ECMA-48 8.3.35).
  case ready
  /// DECRPM: what a private mode is set to (0 unknown, 1 set, 2 reset, 3 and 4 for ever).
  case mode(Int, state: Int)
}

/// Bytes of a terminal become readings. Replies are recognised by their shape and never become keys, however late they
/// come and wherever they are cut; sequences nobody knows are dropped whole. Holds what is not finished.
struct InputParser {
  /// A sequence that has certainly begun is waited for so long, then forgotten.
  static let sequenceMs = 1000
  /// A reply of the terminal to us: nobody types `ESC ] 1 1 ;`.
  static let replyMs = 5000
  private static let sequenceByteLimit = 64
  private static let replyByteLimit = 1024
  private static let escape: UInt8 = 0x1B

  private let keys: KeyTable
  private let isUTF8: Bool
  private let escapeDelayMs: Int
  /// A question is open: its reply may begin at any time, in pieces.
  var expectsReply = false
  private var held: [UInt8] = []
  private var heldSinceMs = 0
  private var isPasting = false

  init(keys: KeyTable, isUTF8: Bool = true, escapeDelayMs: Int) {
    self.keys = keys
    self.isUTF8 = isUTF8
    self.escapeDelayMs = escapeDelayMs
  }

  /// - Parameter nowMs: of a clock that never goes back.
  mutating func read(_ bytes: some Sequence<UInt8>, nowMs: Int) -> [KeyReading] {
    held += bytes
    heldSinceMs = nowMs
    return takeWhole()
  }

  /// What silence decides: an ESC on its own, a sequence that was never finished.
  mutating func settle(nowMs: Int) -> [KeyReading] {
    guard let waitMs = waitMs(nowMs: nowMs), waitMs <= 0 else { return [] }
    let rest = held
    held = []
    if isPasting { return rest.map { .character(Unicode.Scalar($0)) } }
    guard !isCertainSequence(rest) else { return [] }
    return rest.map { .character($0 < 0x80 ? Unicode.Scalar($0) : "\u{FFFD}") } + [.nothing]
  }

  /// How long to wait for the rest of what is held; `nil` when nothing is.
  func waitMs(nowMs: Int) -> Int? {
    guard !held.isEmpty else { return nil }
    let patienceMs =
      if isReply(held) {
        Self.replyMs
      } else if isPasting || isCertainSequence(held) || expectsReply && held.count > 1 {
        Self.sequenceMs
      } else {
        escapeDelayMs
      }
    return max(0, heldSinceMs + patienceMs - nowMs)
  }

  /// More than a person's alt and a bracket.
  private func isCertainSequence(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 2, bytes[0] == Self.escape else { return false }
    return bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "]") || isReply(bytes)
  }

  /// `ESC ] digits ;` or `ESC P` and what only terminals send after it.
  private func isReply(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 2, bytes[0] == Self.escape else { return false }
    if bytes[1] == UInt8(ascii: "P") { return true }
    return bytes[1] == UInt8(ascii: "]") && bytes.contains(UInt8(ascii: ";"))
  }

  // MARK: One after the other

  private enum Step {
    case taken(Int, [KeyReading])
    case needsMore
  }

  private mutating func takeWhole() -> [KeyReading] {
    var readings: [KeyReading] = []
    var start = 0
    loop: while start < held.count {
      let step = isPasting ? pasteStep(held[start...]) : step(held[start...])
      switch step {
      case .needsMore: break loop
      case .taken(let count, let taken):
        start += count
        if taken.last == .pasteStart { isPasting = true }
        if taken.last == .pasteEnd { isPasting = false }
        readings += taken
      }
    }
    held.removeFirst(start)
    return readings
  }

  private func step(_ bytes: ArraySlice<UInt8>) -> Step {
    let first = bytes[bytes.startIndex]
    guard first == Self.escape else { return characterStep(bytes) }
    switch keys.match(bytes) {
    case .key(let stroke, let count): return .taken(count, [.key(stroke)])
    case .prefix: return .needsMore
    case .none: break
    }
    guard bytes.count > 1 else { return .needsMore }
    switch bytes[bytes.startIndex + 1] {
    case UInt8(ascii: "["): return controlStep(bytes)
    case UInt8(ascii: "]"): return replyStep(bytes)
    case UInt8(ascii: "P"): return stringStep(bytes)
    case UInt8(ascii: "O") where bytes.count == 2: return .needsMore
    default: return .taken(1, [.character("\u{1B}")])
    }
  }

  /// Only its end ends a paste; everything else in it is text.
  private func pasteStep(_ bytes: ArraySlice<UInt8>) -> Step {
    let end = Array("\u{1B}[201~".utf8)
    if bytes.starts(with: end) { return .taken(end.count, [.pasteEnd]) }
    if end.starts(with: bytes) { return .needsMore }
    return characterStep(bytes)
  }

  // MARK: Characters

  private func characterStep(_ bytes: ArraySlice<UInt8>) -> Step {
    let first = bytes[bytes.startIndex]
    guard first >= 0x80 else { return .taken(1, [.character(Unicode.Scalar(first))]) }
    guard isUTF8 else { return .taken(1, [.character(Unicode.Scalar(first))]) }
    let length =
      switch first {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    let present = bytes.prefix(length)
    let continuing = present.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count + 1
    guard continuing == length else {
      return present.count == continuing ? .needsMore : .taken(continuing, [.character("\u{FFFD}")])
    }
    let scalar = String(validating: present, as: UTF8.self)?.unicodeScalars.first
    return .taken(length, [.character(scalar ?? "\u{FFFD}")])
  }

  // MARK: Control sequences (ECMA-48 5.4)

  private func controlStep(_ bytes: ArraySlice<UInt8>) -> Step {
    let body = bytes.dropFirst(2)
    let parameters = body.prefix { (0x30...0x3F).contains($0) }
    let intermediates = body.dropFirst(parameters.count).prefix { (0x20...0x2F).contains($0) }
    let count = 2 + parameters.count + intermediates.count
    guard let final = bytes.dropFirst(count).first else {
      // Alt and a bracket, or more parameters than any sequence has.
      return count > Self.sequenceByteLimit ? .taken(count, []) : .needsMore
    }
    guard (0x40...0x7E).contains(final) else {
      // Cut short: what interrupts it is a key of its own.
      return count == 2 ? .taken(1, [.character("\u{1B}")]) : .taken(count, [])
    }
    if final == UInt8(ascii: "M"), parameters.isEmpty { return oldMouseStep(bytes) }
    let reading = reading(
      Array(parameters), Array(intermediates), final: Character(Unicode.Scalar(final)))
    return .taken(count + 1, reading.map { [$0] } ?? [])
  }

  /// X10's report: `CSI M` and three bytes, each 32 too large.
  private func oldMouseStep(_ bytes: ArraySlice<UInt8>) -> Step {
    guard bytes.count >= 6 else { return .needsMore }
    let numbers = bytes.dropFirst(3).prefix(3).map { Int($0) - 32 }
    let reading = Self.mouse(button: numbers[0], column: numbers[1], row: numbers[2], isRelease: false)
    return .taken(6, reading.map { [$0] } ?? [])
  }

  private func reading(_ parameters: [UInt8], _ intermediates: [UInt8], final: Character) -> KeyReading? {
    let marker = parameters.first.flatMap { (0x3C...0x3F).contains($0) ? Character(Unicode.Scalar($0)) : nil }
    let words = parameters.dropFirst(marker == nil ? 0 : 1).split(
      separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    let numbers = words.map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
    switch (marker, intermediates, final) {
    case (nil, [], "~") where numbers == [200]: return .pasteStart
    case ("<", [], "M"), ("<", [], "m"):
      guard numbers.count == 3 else { return nil }
      return Self.mouse(button: numbers[0], column: numbers[1], row: numbers[2], isRelease: final == "m")
    case ("?", [], "c"): return .reply(.attributes)
    case (nil, [], "n") where numbers == [0]: return .reply(.ready)
    case ("?", [UInt8(ascii: "$")], "y") where numbers.count == 2:
      return .reply(.mode(numbers[0], state: numbers[1]))
    case ("?", [], "n") where numbers.count == 2 && numbers[0] == 997 && (1...2).contains(numbers[1]):
      return .reply(.colorScheme(isDark: numbers[1] == 1))
    default: return nil
    }
  }

  /// Presses of the first button and the wheel; releases, moves and other buttons are nothing.
  private static func mouse(button: Int, column: Int, row: Int, isRelease: Bool) -> KeyReading? {
    guard !isRelease, (1...10_000).contains(column), (1...10_000).contains(row) else { return nil }
    let point = GridPoint(column: column - 1, row: row - 1)
    // Bits 2 to 4 are modifiers.
    switch button & ~0b11100 {
    case 0: return .mouse(.click, point)
    case 64: return .mouse(.wheelUp, point)
    case 65: return .mouse(.wheelDown, point)
    default: return nil
    }
  }

  // MARK: Replies

  /// `OSC digits ; words` and BEL or ST. Anything else after `ESC ]` was typed.
  private func replyStep(_ bytes: ArraySlice<UInt8>) -> Step {
    let digits = bytes.dropFirst(2).prefix { (0x30...0x39).contains($0) }
    guard let after = bytes.dropFirst(2 + digits.count).first else {
      return digits.count > 4 ? .taken(1, [.character("\u{1B}")]) : .needsMore
    }
    guard after == UInt8(ascii: ";"), !digits.isEmpty, digits.count <= 4 else {
      return .taken(1, [.character("\u{1B}")])
    }
    let number = String(decoding: digits, as: UTF8.self)
    let isColor = ["10", "11", "12"].contains(number)
    let body = bytes.dropFirst(3 + digits.count)
    let words = body.prefix { isColor ? Self.isColorWord($0) : (0x20...0x7E).contains($0) }
    let reply = number == "11" ? Self.color(words).map { KeyReading.reply($0) } : nil
    return end(of: bytes, after: 3 + digits.count + words.count, [reply].compactMap { $0 })
  }

  /// DCS: `ESC P` and what only terminals send; a person's alt and P otherwise.
  private func stringStep(_ bytes: ArraySlice<UInt8>) -> Step {
    guard let third = bytes.dropFirst(2).first else { return .needsMore }
    guard third == UInt8(ascii: ">") || (0x30...0x31).contains(third) else {
      return .taken(1, [.character("\u{1B}")])
    }
    let words = bytes.dropFirst(2).prefix { (0x20...0x7E).contains($0) }
    return end(of: bytes, after: 2 + words.count, [])
  }

  /// The reply with its terminator; what interrupts it instead is a key of its own, and the cut reply is forgotten.
  private func end(of bytes: ArraySlice<UInt8>, after count: Int, _ readings: [KeyReading]) -> Step {
    let rest = bytes.dropFirst(count)
    guard let first = rest.first else {
      return count > Self.replyByteLimit ? .taken(count, []) : .needsMore
    }
    if first == 0x07 { return .taken(count + 1, readings) }
    guard first == Self.escape else { return .taken(count, []) }
    guard let second = rest.dropFirst().first else { return .needsMore }
    return second == UInt8(ascii: "\\") ? .taken(count + 2, readings) : .taken(count, [])
  }

  /// A byte of `rgb:1e1e/1e1e/2e2e` or `#1e1e2e`.
  private static func isColorWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "r"), UInt8(ascii: "g"), UInt8(ascii: ":"),
      UInt8(ascii: "/"), UInt8(ascii: "#"):
      true
    default: false
    }
  }

  /// XParseColor's words: `rgb:` or `rgba:` and 1 to 4 digits a channel, or `#` and the same number for each.
  static func color(_ words: ArraySlice<UInt8>) -> TerminalReply? {
    let text = String(decoding: words, as: UTF8.self)
    let channels: [Substring]
    if text.hasPrefix("#") {
      let digits = text.dropFirst()
      guard !digits.isEmpty, digits.count % 3 == 0, digits.count <= 12 else { return nil }
      let width = digits.count / 3
      channels = (0..<3).map { digits.dropFirst($0 * width).prefix(width) }
    } else {
      guard let colon = text.firstIndex(of: ":"), ["rgb", "rgba"].contains(text[..<colon]) else { return nil }
      channels = text[text.index(after: colon)...].split(separator: "/", omittingEmptySubsequences: false)
    }
    let values = channels.compactMap { channel -> UInt8? in
      guard (1...4).contains(channel.count), let value = Int(channel, radix: 16) else { return nil }
      return UInt8(value * 255 / ((1 << (4 * channel.count)) - 1))
    }
    guard values.count >= 3, values.count == channels.count else { return nil }
    return .background(red: values[0], green: values[1], blue: values[2])
  }
}
