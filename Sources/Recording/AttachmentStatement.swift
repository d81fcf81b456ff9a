internal import Crypto

/// What a recorder signs of an attachment, which lies outside of chunks and has only a checksum of its own: a message
/// of the channel `/attachments`, the digest in hexadecimal digits, a space, and the name.
struct AttachmentStatement: Hashable {
  var name: String
  var digest: String

  static let topic = "/attachments"
  static let encoding = "triptych.attachment"

  init(name: String, data: [UInt8]) {
    self.name = name
    digest = Hexadecimal.text(Digest(of: data).bytes)
  }

  /// `nil` for what is none.
  init?(_ content: [UInt8]) {
    let text = String(decoding: content, as: UTF8.self)
    guard let space = text.firstIndex(of: " ") else { return nil }
    digest = String(text[..<space])
    name = String(text[text.index(after: space)...])
  }

  var content: [UInt8] { Array("\(digest) \(name)".utf8) }

  func holds(for data: [UInt8]) -> Bool { self == AttachmentStatement(name: name, data: data) }
}

extension RecordingReader {
  /// The data of the newest attachment of this name, if it is what a recorder has signed for. Whether that signature
  /// holds is for `RecordingProof` to say.
  public func signedAttachment(named name: String) -> [UInt8]? {
    guard let place = index.attachments.last(where: { $0.name == name }),
      let attachment = try? MCAPAttachment(at: place, in: bytes)
    else { return nil }
    let isSigned = messages(of: AttachmentStatement.topic, limit: Self.statementLimit).contains {
      AttachmentStatement($0.content)?.holds(for: attachment.data) == true
    }
    return isSigned ? attachment.data : nil
  }

  private static let statementLimit = 64
}

extension MCAPAttachment {
  /// Larger ones are left where they are.
  private static let byteLimit: UInt64 = 64 << 20

  /// `nil` where there is none, or one that is damaged.
  init?(at index: MCAPAttachmentIndex, in bytes: some StoredBytes) throws(RecordingError) {
    let (end, isTooFar) = index.offset.addingReportingOverflow(index.byteCount)
    guard !isTooFar, end <= bytes.byteCount, index.byteCount <= Self.byteLimit else { return nil }
    let record = try bytes.read(index.offset..<end)
    guard let head = RecordHead(record[...]), head.opcode == MCAPOpcode.attachment.rawValue,
      let attachment: MCAPAttachment = record.content(of: head, at: 0)
    else { return nil }
    self = attachment
  }
}
