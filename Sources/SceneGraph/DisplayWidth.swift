/// Terminal columns that `character` takes: 0, 1 or 2, by Unicode 16.0's East Asian Width.
///
/// The sum over its scalars, at most 2; 0 for controls and for marks without a base. Terminals disagree about some
/// clusters (long Indic ones), so a presenter sets the cursor itself after foreign text. O(log table), no allocation.
public func displayWidth(of character: Character) -> Int {
  if let ascii = character.asciiValue { return ascii < 0x20 || ascii == 0x7F ? 0 : 1 }
  var width = 0
  for scalar in character.unicodeScalars {
    width += displayWidth(of: scalar)
    if width >= 2 { return 2 }
  }
  return width
}

/// 2 for wide scalars, 0 for marks and for what is never drawn, else 1.
func displayWidth(of scalar: Unicode.Scalar) -> Int {
  switch ScalarClassTable.scalarClass(of: scalar) {
  case .narrow: 1
  case .wide: 2
  case .mark, .hidden: 0
  }
}

extension SafeText {
  /// Columns the whole text takes. O(bytes), and only a glance at plain ASCII.
  public var displayWidth: Int {
    if isASCII { return string.utf8.count }
    return string.reduce(0) { $0 + SceneGraph.displayWidth(of: $1) }
  }

  /// The longest start that fits into `width` columns, ending in `ellipsis` where something was cut off.
  ///
  /// A character is never split: a wide one that would stand on the edge is left out, so the result may be one column
  /// short. An ellipsis that does not fit itself is left out. `.empty` cuts without a sign.
  public func truncated(toWidth width: Int, ellipsis: SafeText = .ellipsis) -> SafeText {
    guard let end = endOfPrefix(width: width) else { return self }
    let sign = ellipsis.displayWidth <= width ? ellipsis : .empty
    guard !sign.isEmpty else { return prefix(upTo: end) }
    return prefix(upTo: endOfPrefix(width: width - sign.displayWidth) ?? end) + sign
  }

  /// With spaces up to `width` columns, after the text or (`leading`) before it; unchanged when it is as wide already.
  public func padded(toWidth width: Int, leading: Bool = false) -> SafeText {
    let missing = width - displayWidth
    guard missing > 0 else { return self }
    let spaces = SafeText.spaces(missing)
    return leading ? spaces + self : self + spaces
  }

  /// Exactly `width` columns: cut or padded.
  public func fitted(toWidth width: Int, leading: Bool = false, ellipsis: SafeText = .ellipsis) -> SafeText {
    truncated(toWidth: width, ellipsis: ellipsis).padded(toWidth: width, leading: leading)
  }

  /// Where the characters that fit into `width` columns end; `nil` when all fit.
  private func endOfPrefix(width: Int) -> String.Index? {
    if isASCII {
      guard string.utf8.count > width else { return nil }
      return string.utf8.index(string.startIndex, offsetBy: max(0, width))
    }
    var left = width
    for index in string.indices {
      left -= SceneGraph.displayWidth(of: string[index])
      if left < 0 { return index }
    }
    return nil
  }

  private var isASCII: Bool {
    string.utf8.withContiguousStorageIfAvailable { bytes in bytes.allSatisfy { $0 < 0x80 } } ?? false
  }
}
