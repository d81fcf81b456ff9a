/// true, false and numbers, from one word (TOML 1.0: "Integer", "Float", "Boolean").
extension TOMLReader {
  /// `nil` for a word that is no value.
  static func plainValue(_ word: String) -> TOMLValue? {
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "inf", "+inf": return .float(.infinity)
    case "-inf": return .float(-.infinity)
    case "nan", "+nan", "-nan": return .float(.nan)
    default: break
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
      let digits = word.dropFirst(2)
      guard digits.first?.isHexDigit == true,
        let plain = withoutUnderscores(digits[...], isDigit: \.isHexDigit)
      else { return nil }
      return Int(plain, radix: radix).map(TOMLValue.integer)
    }
    return decimalValue(word[...])
  }

  private static func decimalValue(_ word: Substring) -> TOMLValue? {
    let unsigned = word.first == "+" || word.first == "-" ? word.dropFirst() : word
    let isASCII = unsigned.utf8.allSatisfy { $0 < 0x80 }
    guard isASCII, unsigned.first?.isNumber == true else { return nil }
    guard let plain = withoutUnderscores(unsigned, isDigit: { $0.isNumber }) else { return nil }
    let whole = plain.prefix { $0.isNumber }
    guard whole.count == 1 || whole.first != "0" else { return nil }
    let sign = word.first == "-" ? "-" : ""
    if whole.count == plain.count { return Int(sign + plain).map(TOMLValue.integer) }

    let rest = plain.dropFirst(whole.count)
    let fraction = rest.first == "." ? rest.dropFirst().prefix { $0.isNumber } : ""
    if rest.first == ".", fraction.isEmpty { return nil }
    var exponent = rest.dropFirst(rest.first == "." ? fraction.count + 1 : 0)
    if !exponent.isEmpty {
      guard exponent.removeFirst() == "e" || exponent.isEmpty else { return nil }
      if exponent.first == "+" || exponent.first == "-" { exponent.removeFirst() }
      guard !exponent.isEmpty, exponent.allSatisfy(\.isNumber) else { return nil }
    }
    return Double(sign + plain).map(TOMLValue.float)
  }

  /// `nil` where an underscore does not stand between two digits.
  private static func withoutUnderscores(_ text: Substring, isDigit: (Character) -> Bool) -> String? {
    var plain = ""
    var previous: Character = "_"
    for character in text {
      if character == "_" ? !isDigit(previous) : previous == "_" && !plain.isEmpty && !isDigit(character) {
        return nil
      }
      if character != "_" { plain.append(character == "E" ? "e" : character) }
      previous = character
    }
    return previous == "_" ? nil : plain
  }
}
