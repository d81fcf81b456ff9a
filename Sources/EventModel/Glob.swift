/// A pattern over whole service paths: `*` any bytes (also `/`), `?` one byte, everything else itself.
public struct Glob: Hashable, Sendable {
  public let pattern: String
  private let bytes: [UInt8]

  public init(_ pattern: String) {
    self.pattern = pattern
    bytes = Array(pattern.utf8)
  }

  /// Whether all of `text` matches. O(pattern x text), no recursion, no allocation.
  public func matches(_ text: ForeignText) -> Bool {
    bytes.withUnsafeBufferPointer { pattern in
      text.bytes.withUnsafeBufferPointer { Self.matches(pattern, $0) }
    }
  }

  private static func matches(
    _ pattern: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    var patternIndex = 0
    var textIndex = 0
    var starIndex = -1
    var retryIndex = 0
    while textIndex < text.count {
      if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
        starIndex = patternIndex
        retryIndex = textIndex
        patternIndex += 1
      } else if patternIndex < pattern.count,
        pattern[patternIndex] == UInt8(ascii: "?") || pattern[patternIndex] == text[textIndex]
      {
        patternIndex += 1
        textIndex += 1
      } else if starIndex >= 0 {
        patternIndex = starIndex + 1
        retryIndex += 1
        textIndex = retryIndex
      } else {
        return false
      }
    }
    return pattern[patternIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// Which services are meant: all of `included` (everything when empty) less all of `excluded`.
public struct ServiceSelection: Hashable, Sendable {
  public var included: [Glob]
  public var excluded: [Glob]

  public init(included: [Glob] = [], excluded: [Glob] = []) {
    self.included = included
    self.excluded = excluded
  }

  /// From command-line globs: a leading `!` excludes.
  public init(globs: [String]) {
    self.init(
      included: globs.filter { !$0.hasPrefix("!") }.map(Glob.init),
      excluded: globs.filter { $0.hasPrefix("!") }.map { Glob(String($0.dropFirst())) })
  }

  public var isEverything: Bool { included.isEmpty && excluded.isEmpty }

  public func contains(_ name: ForeignText) -> Bool {
    (included.isEmpty || included.contains { $0.matches(name) }) && !excluded.contains { $0.matches(name) }
  }
}

extension Glob {
  /// Matches `text`. A byte that a pattern cannot spell (`*`, `?`, or one that is no UTF-8) matches any one byte.
  public init(literal text: ForeignText) {
    let isUTF8 = String(validating: text.bytes, as: UTF8.self) != nil
    let bytes = text.bytes.map { byte -> UInt8 in
      byte == UInt8(ascii: "*") || (byte >= 0x80 && !isUTF8) ? UInt8(ascii: "?") : byte
    }
    self.init(String(decoding: bytes, as: UTF8.self))
  }
}
