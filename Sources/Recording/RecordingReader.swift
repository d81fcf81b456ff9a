/// A session file that is open for reading. Costs what is asked for: opening reads no events.
public final class RecordingReader: Sendable {
  let bytes: any StoredBytes
  let index: RecordingIndex

  /// What every such file begins with.
  public static let magic = MCAPFormat.magic

  /// Throws when there is no such file, or it is no MCAP file.
  public convenience init(path: String) throws(RecordingError) {
    try self.init(FileBytes(path: path))
  }

  /// Of a regular file that is open, whatever its name; `descriptor` stays the caller's and may be closed.
  public convenience init(descriptor: Int32) throws(RecordingError) {
    try self.init(FileBytes(descriptor: descriptor))
  }

  init(_ bytes: some StoredBytes) throws(RecordingError) {
    self.bytes = bytes
    index = try RecordingIndex(bytes)
  }

  /// The records of a chunk; throws when it is damaged, which costs that chunk only.
  ///
  /// - Parameter byteLimit: throws too when its records say that they take more.
  func contents(
    ofChunk number: Int, byteLimit: UInt64 = ChunkContents.byteLimit
  ) throws(RecordingError) -> ChunkContents {
    guard index.chunks.indices.contains(number) else {
      throw RecordingError(offset: bytes.byteCount, reason: "there is no chunk \(number)")
    }
    return try ChunkContents(bytes, index.chunks[number], byteLimit: byteLimit)
  }
}
