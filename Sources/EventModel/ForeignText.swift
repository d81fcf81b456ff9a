/// Text from outside, byte for byte as it came: perhaps not UTF-8, perhaps an attack on the terminal.
///
/// It cannot be drawn. `SafeText` (in `SceneGraph`) is the only way from here to a screen, a texture or a picture.
public struct ForeignText: Hashable, Sendable {
  public var bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  public init(_ string: String) { bytes = Array(string.utf8) }

  public static let empty = ForeignText(bytes: [])
  public var isEmpty: Bool { bytes.isEmpty }

  /// Decoded as UTF-8 with repairs (U+FFFD): for comparing and for JSON, never for drawing.
  public var repaired: String { String(decoding: bytes, as: UTF8.self) }
}

extension ForeignText: Comparable {
  /// Byte order.
  public static func < (left: ForeignText, right: ForeignText) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
