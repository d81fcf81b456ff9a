import Testing

@testable import Crypto

@Suite("A hash key")
struct HashKeyTests {
  /// RFC 4231, test cases 1, 2 and 6.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func `makes the codes that the standard lists`(key: [UInt8], message: String, expected: String) {
    guard let key = HashKey(copying: key) else {
      Issue.record("no memory can be locked")
      return
    }
    let code = key.code(of: Array(message.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    #expect(code.joined() == expected)
  }

  @Test func `is another one every time, and gives a value the same code while it lives`() {
    guard let first = HashKey(), let second = HashKey() else {
      Issue.record("no memory can be locked")
      return
    }
    let value = Array("alice".utf8)
    let codes = [first.code(of: value), first.code(of: value), second.code(of: value)]
    #expect(codes[0] == codes[1] && codes[0] != codes[2])
  }
}
