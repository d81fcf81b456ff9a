internal import EventModel

/// Whether bytes can be a log at all, judged by the first 64 KiB after decompression.
enum ContentKind: Hashable {
  case text
  /// What it is, and what to do instead.
  case binary(String, remedy: String)

  static let lookedAtByteCount = 64 << 10

  init(of bytes: UnsafeRawBufferPointer) {
    if let known = Self.magics.first(where: { bytes.starts(with: $0.bytes) }) {
      self = .binary(known.what, remedy: known.remedy)
    } else if Self.looksBinary(bytes) {
      self = .binary("binary data", remedy: "give a text log; --read-as FORMAT reads it anyway")
    } else {
      self = .text
    }
  }

  private struct Magic {
    var bytes: [UInt8]
    var what: String
    var remedy: String

    init(_ bytes: [UInt8], _ what: String, _ remedy: String) {
      self.bytes = bytes
      self.what = what
      self.remedy = remedy
    }
  }

  private static let other = "give a text log instead"

  private static let magics: [Magic] = [
    Magic(Array("LPKSHHRH".utf8), "a systemd journal", "read it with --cmd 'journalctl -o json --file FILE'"),
    Magic([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz data", "read it with --cmd 'xzcat FILE'"),
    Magic(Array("BZh".utf8), "bzip2 data", "read it with --cmd 'bzcat FILE'"),
    Magic([0x04, 0x22, 0x4d, 0x18], "lz4 data", "read it with --cmd 'lz4cat FILE'"),
    Magic([0x50, 0x4b, 3, 4], "a zip archive", "read it with --cmd 'unzip -p FILE'"),
    Magic([0xff, 0xfe], "UTF-16 text", "read it with --cmd 'iconv -f UTF-16 -t UTF-8 FILE'"),
    Magic([0xfe, 0xff], "UTF-16 text", "read it with --cmd 'iconv -f UTF-16 -t UTF-8 FILE'"),
    Magic([0x7f, 0x45, 0x4c, 0x46], "a program", other),
    Magic([0x89, 0x50, 0x4e, 0x47], "a picture", other),
    Magic(Array("SQLite format 3".utf8), "an SQLite database", other),
    Magic(Array("%PDF-".utf8), "a PDF document", other),
  ]

  /// NUL bytes alone do not make a log binary (a crash leaves runs of them); many other control bytes do.
  private static func looksBinary(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if bytes.count > 257, bytes[257...].starts(with: Array("ustar".utf8)) { return true }
    var nulCount = 0
    var controlCount = 0
    for byte in bytes.prefix(lookedAtByteCount) {
      if byte == 0 {
        nulCount += 1
      } else if byte < 0x20, byte != 0x1b, !(0x07...0x0d).contains(byte) {
        controlCount += 1
      }
    }
    let looked = min(bytes.count, lookedAtByteCount)
    if nulCount == looked { return looked > 0 }
    let isSprinkled = nulCount > 0 && !isOneRun(bytes.prefix(lookedAtByteCount), nulCount)
    return controlCount * 20 > looked - nulCount || (isSprinkled && nulCount * 10 > looked)
  }

  /// Whether all NUL bytes stand in at most four runs.
  private static func isOneRun(_ bytes: Slice<UnsafeRawBufferPointer>, _ nulCount: Int) -> Bool {
    var runCount = 0
    var previous: UInt8 = 1
    for byte in bytes {
      if byte == 0, previous != 0 { runCount += 1 }
      previous = byte
    }
    return runCount <= 4
  }
}
