public import EventModel

/// Finds what is known to be secret by how it is written: tokens, keys, passwords in addresses, card numbers.
///
/// What it does not know it does not find: it is an offer, and no proof that there are none.
public enum SecretFinder {
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    case authorization = "authorization header"
    case awsKey = "AWS access key"
    case gitHubToken = "GitHub token"
    case gitLabToken = "GitLab token"
    case slackToken = "Slack token"
    case googleKey = "Google API key"
    case stripeKey = "Stripe key"
    case webToken = "JSON web token"
    case privateKey = "private key"
    case urlPassword = "password in an address"
    case cardNumber = "card number"
  }

  public struct Finding: Hashable, Sendable {
    public var kind: Kind
    /// What is to go, without escapes; of a private key one of its lines.
    public var value: ForeignText
    /// Where in the text it is.
    public var byteOffset: Int
  }

  /// In the order of the text, a private key once for each of its lines.
  public static func findings(in text: [UInt8]) -> [Finding] {
    var found: [Finding] = []
    var known: Set<ForeignText> = []
    for view in TextView.all(of: text, isForm: false) {
      let scan = SecretScan(bytes: view.bytes)
      for (kind, range) in scan.findings() {
        let value = ForeignText(view.bytes[range])
        let place = view.original(range).lowerBound
        // The same place read in two ways.
        guard known.insert(value).inserted || !found.contains(where: { $0.byteOffset == place }) else {
          continue
        }
        found.append(Finding(kind: kind, value: value, byteOffset: place))
      }
    }
    return found.sorted { ($0.byteOffset, $0.kind.rawValue) < ($1.byteOffset, $1.kind.rawValue) }
  }
}

/// One walk over a text.
private struct SecretScan {
  typealias Found = (kind: SecretFinder.Kind, range: Range<Int>)

  /// Secrets that say what they are: a beginning, and so many letters behind it.
  private struct Token {
    var kind: SecretFinder.Kind
    var start: [UInt8]
    var counts: ClosedRange<Int>
    var isLetter: @Sendable (UInt8) -> Bool
  }

  private static let tokens: [Token] = [
    ("AKIA", .awsKey, 16...16, isUpper), ("ASIA", .awsKey, 16...16, isUpper),
    ("AIza", .googleKey, 35...35, isBase64URL),
    ("ghp_", .gitHubToken, 36...255, isWord), ("gho_", .gitHubToken, 36...255, isWord),
    ("ghu_", .gitHubToken, 36...255, isWord), ("ghs_", .gitHubToken, 36...255, isWord),
    ("ghr_", .gitHubToken, 36...255, isWord), ("github_pat_", .gitHubToken, 22...255, isWord),
    ("glpat-", .gitLabToken, 20...255, isBase64URL),
    ("xoxa-", .slackToken, 10...255, isBase64URL), ("xoxb-", .slackToken, 10...255, isBase64URL),
    ("xoxp-", .slackToken, 10...255, isBase64URL), ("xoxr-", .slackToken, 10...255, isBase64URL),
    ("xoxs-", .slackToken, 10...255, isBase64URL),
    ("sk_live_", .stripeKey, 16...255, isWord), ("rk_live_", .stripeKey, 16...255, isWord),
  ].map { Token(kind: $1, start: Array($0.utf8), counts: $2, isLetter: $3) }

  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  func findings() -> [Found] {
    var found: [Found] = []
    var place = 0
    while place < bytes.count {
      let here = findings(at: place)
      found += here
      place = max(place + 1, here.last?.range.upperBound ?? 0)
    }
    return found
  }

  private func findings(at place: Int) -> [Found] {
    switch bytes[place] {
    case UInt8(ascii: "A"), UInt8(ascii: "g"), UInt8(ascii: "x"), UInt8(ascii: "s"), UInt8(ascii: "r"):
      if let found = token(place) { return [found] }
      return one(.authorization, authorization(place))
    case UInt8(ascii: "a"), UInt8(ascii: "B"), UInt8(ascii: "b"):
      return one(.authorization, authorization(place))
    case UInt8(ascii: "e"): return one(.webToken, webToken(place))
    case UInt8(ascii: "-"): return privateKey(place).map { (.privateKey, $0) }
    case UInt8(ascii: ":"): return one(.urlPassword, urlPassword(place))
    case UInt8(ascii: "2")...UInt8(ascii: "6"): return one(.cardNumber, cardNumber(place))
    default: return []
    }
  }

  private func one(_ kind: SecretFinder.Kind, _ range: Range<Int>?) -> [Found] {
    range.map { [(kind, $0)] } ?? []
  }

  // MARK: Kinds

  private func token(_ place: Int) -> Found? {
    guard isStart(place) else { return nil }
    for token in Self.tokens where starts(with: token.start, at: place) {
      let end = end(from: place + token.start.count, while: token.isLetter)
      guard token.counts.contains(end - place - token.start.count),
        end == bytes.count || !Self.isWord(bytes[end])
      else { continue }
      return (token.kind, place..<end)
    }
    return nil
  }

  /// `Authorization: Basic dXNlcjpwdw==` and, by itself, `Bearer ...`: what follows the scheme.
  private func authorization(_ place: Int) -> Range<Int>? {
    guard isStart(place) else { return nil }
    if starts(with: "bearer ", at: place, ignoringCase: true) {
      return credential(from: place + 7, leastCount: 8)
    }
    guard starts(with: "authorization", at: place, ignoringCase: true) else { return nil }
    var next = place + 13
    let marks = end(from: next) { "\"\\': =[".utf8.contains($0) }
    guard marks > next, marks - next <= 8 else { return nil }
    next = marks
    let scheme = end(from: next) { $0.isLetter || $0 == 0x2d }
    if scheme < bytes.count, bytes[scheme] == 0x20, scheme - next <= 20 { next = scheme + 1 }
    return credential(from: next, leastCount: 6)
  }

  private func credential(from start: Int, leastCount: Int) -> Range<Int>? {
    let end = end(from: start) { Self.isBase64URL($0) || "._~+/=".utf8.contains($0) }
    // A word of a sentence about such a header is none.
    guard end - start >= leastCount,
      bytes[start..<end].contains(where: { !$0.isLetter }) || end - start >= 20
    else { return nil }
    return start..<end
  }

  /// `eyJ....eyJ....signature`: three parts, of which two begin as JSON objects do in base64.
  private func webToken(_ place: Int) -> Range<Int>? {
    guard isStart(place), starts(with: Array("eyJ".utf8), at: place) else { return nil }
    let head = end(from: place, while: Self.isBase64URL)
    guard head - place >= 10, head < bytes.count, bytes[head] == 0x2e,
      starts(with: Array("eyJ".utf8), at: head + 1)
    else { return nil }
    let body = end(from: head + 1, while: Self.isBase64URL)
    guard body < bytes.count, bytes[body] == 0x2e else { return nil }
    return place..<end(from: body + 1, while: Self.isBase64URL)
  }

  /// The lines between `-----BEGIN ... PRIVATE KEY-----` and its end, however lines are broken there.
  private func privateKey(_ place: Int) -> [Range<Int>] {
    guard starts(with: Array("-----BEGIN ".utf8), at: place) else { return [] }
    let title = end(from: place + 11) { $0.isUpper || $0.isDigit || $0 == 0x20 }
    guard starts(with: Array("-----".utf8), at: title),
      bytes[place..<title].suffix(11).elementsEqual("PRIVATE KEY".utf8)
    else { return [] }
    var lines: [Range<Int>] = []
    var next = title + 5
    let limit = min(bytes.count, next + 16_384)
    while next < limit, !starts(with: Array("-----END".utf8), at: next) {
      let line = end(from: next) { Self.isWord($0) && $0 != 0x5f || "+/=".utf8.contains($0) }
      if line - next >= 16 { lines.append(next..<line) }
      next = max(line, next + 1)
    }
    return lines
  }

  /// `scheme://user:password@host`: what stands between the colon and the sign.
  private func urlPassword(_ place: Int) -> Range<Int>? {
    guard place > 0, bytes[place - 1].isLetter || bytes[place - 1].isDigit,
      starts(with: Array("://".utf8), at: place)
    else { return nil }
    let isInside: (UInt8) -> Bool = { $0 > 0x20 && $0 < 0x7f && !"/?#\"'<>@\\".utf8.contains($0) }
    let end = end(from: place + 3, while: isInside)
    guard end < bytes.count, bytes[end] == 0x40,
      let colon = bytes[(place + 3)..<end].firstIndex(of: UInt8(ascii: ":")), end - colon > 1
    else { return nil }
    // A short one is looked for with its user, since by itself it would say nothing.
    return end - colon > 4 ? colon + 1..<end : place + 3..<end
  }

  /// 13 to 19 digits, perhaps in groups, of a known issuer, with the check digit that they must have.
  private func cardNumber(_ place: Int) -> Range<Int>? {
    guard isStart(place), place == 0 || !".-+_".utf8.contains(bytes[place - 1]) else { return nil }
    var digits: [UInt8] = []
    var next = place
    var end = place
    var separator: UInt8?
    while next < bytes.count, digits.count < 20 {
      let byte = bytes[next]
      if byte.isDigit {
        digits.append(byte - 0x30)
        end = next + 1
      } else if byte == 0x20 || byte == 0x2d, end == next, digits.count >= 4, separator ?? byte == byte {
        separator = byte
      } else {
        break
      }
      next += 1
    }
    guard (13...19).contains(digits.count),
      end == bytes.count || !bytes[end].isLetter && !bytes[end].isDigit && bytes[end] != 0x5f,
      end + 1 >= bytes.count || bytes[end] != 0x2e || !bytes[end + 1].isDigit,
      Self.isIssued(digits), Self.hasCheckDigit(digits), Set(digits).count > 1
    else { return nil }
    return place..<end
  }

  /// Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, by first digits and length.
  private static func isIssued(_ digits: [UInt8]) -> Bool {
    let start = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
    switch (digits.count, start) {
    case (13, 4000...4999), (16, 4000...4999), (19, 4000...4999): return true
    case (16, 5100...5599), (16, 2221...2720): return true
    case (15, 3400...3499), (15, 3700...3799): return true
    case (16...19, 6011), (16...19, 6440...6599), (16...19, 6200...6299): return true
    case (14...19, 3000...3059), (14...19, 3600...3699), (14...19, 3800...3999): return true
    case (16...19, 3528...3589): return true
    default: return false
    }
  }

  /// ISO/IEC 7812-1, annex B (Luhn).
  private static func hasCheckDigit(_ digits: [UInt8]) -> Bool {
    let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
      let doubled = Int(digit.element) * (digit.offset % 2 == 1 ? 2 : 1)
      return sum + (doubled > 9 ? doubled - 9 : doubled)
    }
    return sum % 10 == 0
  }

  // MARK: Bytes

  @Sendable private static func isUpper(_ byte: UInt8) -> Bool { byte.isUpper || byte.isDigit }
  @Sendable private static func isWord(_ byte: UInt8) -> Bool { byte.isWord }
  @Sendable private static func isBase64URL(_ byte: UInt8) -> Bool { byte.isWord || byte == 0x2d }

  /// No letter or digit stands before it.
  private func isStart(_ place: Int) -> Bool {
    place == 0 || !bytes[place - 1].isLetter && !bytes[place - 1].isDigit
  }

  private func end(from start: Int, while isInside: (UInt8) -> Bool) -> Int {
    var place = start
    while place < bytes.count, isInside(bytes[place]) { place += 1 }
    return place
  }

  private func starts(with word: [UInt8], at place: Int) -> Bool {
    place + word.count <= bytes.count && bytes[place..<place + word.count].elementsEqual(word)
  }

  private func starts(with word: StaticString, at place: Int, ignoringCase: Bool) -> Bool {
    guard place + word.utf8CodeUnitCount <= bytes.count else { return false }
    return (0..<word.utf8CodeUnitCount).allSatisfy { bytes[place + $0] | 0x20 == word.utf8Start[$0] | 0x20 }
  }
}
