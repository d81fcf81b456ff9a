import CNcurses
import Session

/// Byte sequences that are keys: xterm's, which nearly all terminals send, and those of a terminal description.
struct KeyTable: Sendable {
  enum Match: Hashable {
    case key(KeyStroke, byteCount: Int)
    /// The bytes may become a key with the next ones.
    case prefix
    case none
  }

  private var strokes: [[UInt8]: KeyStroke] = [:]
  private var beginnings: Set<[UInt8]> = []
  private var longest = 0

  /// - Parameter capability: what a terminal description says a key sends; `nil` when it says nothing.
  init(capability: (String) -> [UInt8]? = { _ in nil }) {
    for (name, stroke) in Self.capabilities {
      guard let bytes = capability(name), bytes.count > 1, bytes[0] == 0x1B else { continue }
      add(bytes, stroke)
    }
    // Ours win: the description may be of another terminal (a fallback TERM).
    for (text, stroke) in Self.sequences { add(Array(text.utf8), stroke) }
  }

  /// Of the terminal that ncurses has opened.
  static func ofOpenTerminal() -> KeyTable {
    KeyTable { name in cn_capability(name).map { Array(String(cString: $0).utf8) } }
  }

  private mutating func add(_ bytes: [UInt8], _ stroke: KeyStroke) {
    strokes[bytes] = stroke
    longest = max(longest, bytes.count)
    for count in 1..<bytes.count { beginnings.insert(Array(bytes[..<count])) }
  }

  /// The key that `bytes` begin with.
  func match(_ bytes: ArraySlice<UInt8>) -> Match {
    var found = Match.none
    for count in 1...max(1, min(longest, bytes.count)) {
      let part = Array(bytes.prefix(count))
      if let stroke = strokes[part] { found = .key(stroke, byteCount: count) }
      guard beginnings.contains(part) else { return found }
    }
    // All of them may still become a longer key.
    return found == .none ? .prefix : found
  }

  /// Keys by terminfo's names (terminfo(5)).
  private static let capabilities: [(String, KeyStroke)] = {
    var keys: [(String, KeyStroke)] = [
      ("kcuu1", KeyStroke(.up)), ("kcud1", KeyStroke(.down)), ("kcub1", KeyStroke(.left)),
      ("kcuf1", KeyStroke(.right)), ("khome", KeyStroke(.home)), ("kend", KeyStroke(.end)),
      ("kpp", KeyStroke(.pageUp)), ("knp", KeyStroke(.pageDown)), ("kent", KeyStroke(.enter)),
      ("kdch1", KeyStroke(.delete)), ("kich1", KeyStroke(.insert)), ("kcbt", KeyStroke(.tab, shift: true)),
      ("kLFT", KeyStroke(.left, shift: true)), ("kRIT", KeyStroke(.right, shift: true)),
      ("kri", KeyStroke(.up, shift: true)), ("kind", KeyStroke(.down, shift: true)),
      ("kHOM", KeyStroke(.home, shift: true)), ("kEND", KeyStroke(.end, shift: true)),
      ("kPRV", KeyStroke(.pageUp, shift: true)), ("kNXT", KeyStroke(.pageDown, shift: true)),
      ("kDC", KeyStroke(.delete, shift: true)), ("kIC", KeyStroke(.insert, shift: true)),
    ]
    for number in 1...24 { keys.append(("kf\(number)", KeyStroke(.function(number)))) }
    return keys
  }()

  /// xterm's sequences, plain and with modifiers: `CSI 1 ; m A`, `CSI 5 ; m ~` (ctlseqs, "PC-Style Function Keys"), and
  /// the keypad's in application mode.
  private static let sequences: [(bytes: String, stroke: KeyStroke)] = {
    let letters: [(String, KeyStroke.Key)] = [
      ("A", .up), ("B", .down), ("C", .right), ("D", .left), ("H", .home), ("F", .end), ("P", .function(1)),
      ("Q", .function(2)), ("R", .function(3)), ("S", .function(4)),
    ]
    let numbers: [(Int, KeyStroke.Key)] = [
      (1, .home), (2, .insert), (3, .delete), (4, .end), (5, .pageUp), (6, .pageDown), (7, .home), (8, .end),
      (11, .function(1)), (12, .function(2)), (13, .function(3)), (14, .function(4)), (15, .function(5)),
      (17, .function(6)), (18, .function(7)), (19, .function(8)), (20, .function(9)), (21, .function(10)),
      (23, .function(11)), (24, .function(12)),
    ]
    let keypad: [(String, KeyStroke.Key)] =
      [("M", .enter), ("X", .character("="))]
      + zip("jklmno", ["*", "+", ",", "-", ".", "/"] as [Unicode.Scalar]).map { ("\($0)", .character($1)) }
      + zip("pqrstuvwxy", "0123456789".unicodeScalars).map { ("\($0)", .character($1)) }
    var sequences: [(bytes: String, stroke: KeyStroke)] = [("\u{1B}[Z", KeyStroke(.tab, shift: true))]
    for (letter, key) in keypad { sequences.append(("\u{1B}O\(letter)", KeyStroke(key))) }
    for (letter, key) in letters {
      sequences.append(("\u{1B}O\(letter)", KeyStroke(key)))
      if case .function = key {} else { sequences.append(("\u{1B}[\(letter)", KeyStroke(key))) }
      for modifier in 2...8 { sequences.append(("\u{1B}[1;\(modifier)\(letter)", modified(key, modifier))) }
    }
    for (number, key) in numbers {
      sequences.append(("\u{1B}[\(number)~", KeyStroke(key)))
      for modifier in 2...8 { sequences.append(("\u{1B}[\(number);\(modifier)~", modified(key, modifier))) }
    }
    return sequences
  }()

  /// xterm counts modifiers from 1: shift 1, alt 2, control 4.
  private static func modified(_ key: KeyStroke.Key, _ modifier: Int) -> KeyStroke {
    let bits = modifier - 1
    return KeyStroke(key, control: bits & 4 != 0, alt: bits & 2 != 0, shift: bits & 1 != 0)
  }
}
