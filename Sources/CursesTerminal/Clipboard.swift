/// Copying through the terminal (xterm ctlseqs, OSC 52): works over SSH, where no other way does.
enum Clipboard {
  /// Most terminals take 100,000 characters of base64.
  static let byteLimit = 74_994

  /// The sequence that copies `bytes`; `nil` when they are too many. tmux passes it on only in its own wrapping, unless
  /// it handles clipboards itself; both forms are sent.
  static func sequence(copying bytes: [UInt8], insideTmux: Bool) -> [UInt8]? {
    guard bytes.count <= byteLimit else { return nil }
    let escape: UInt8 = 0x1B
    let copy = [escape] + Array("]52;c;".utf8) + base64(bytes) + [0x07]
    guard insideTmux else { return copy }
    let wrapped = [escape] + Array("Ptmux;".utf8) + [escape] + copy + [escape] + Array("\\".utf8)
    return copy + wrapped
  }

  /// RFC 4648, section 4.
  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for digit in 0..<4 {
        result.append(digit <= group.count ? alphabet[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
      }
    }
    return result
  }
}
