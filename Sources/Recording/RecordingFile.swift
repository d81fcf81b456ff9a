internal import Compression
public import Crypto
internal import Glibc

/// A session file that is being written. One thread at a time has it, since writing and `fdatasync` block.
///
/// What the disk refuses waits in memory and is tried again at the same place, so that a full disk costs a pause and
/// no byte. Memory: what the encoder needs, and what waits.
public struct RecordingFile: ~Copyable {
  private var encoder: RecordingEncoder
  private let descriptor: Int32
  /// Bytes of the file that are on the disk.
  public private(set) var durableByteCount: UInt64 = 0
  /// Events that are on the disk together with the signature over them: only these may be shown as saved.
  public private(set) var savedEventCount: UInt64 = 0
  /// The disk has failed to say that it holds what was written. Nothing is written into this file any more, because a
  /// second `fdatasync` would answer well although the bytes are gone; go on in another file.
  public private(set) var isAbandoned = false

  /// To be written behind the durable bytes.
  private var waiting: [UInt8] = []
  private var putEventCount: UInt64 = 0
  /// In chunks that were sealed, and of those the ones whose chunks are vouched for by an audit record.
  private var sealedEventCount: UInt64 = 0
  private var vouchedEventCount: UInt64 = 0
  /// The summary waits or is on the disk.
  private var isFinished = false

  /// A new file, readable by its owner only. It gets its name when its beginning is on the disk, so that nobody, not
  /// even after a power cut, finds an empty or half a beginning under it; where the file system has no files without
  /// a name, it has the name from the start.
  ///
  /// Throws where a file is already, which is never overwritten, and when the disk does not take the beginning; no file
  /// is left there then. Costs two syncs.
  ///
  /// - Parameter library: name and version of the program that writes.
  public init(
    creating path: String, library: String, key: consuming SigningKey
  ) throws(RecordingError) {
    var encoder = RecordingEncoder(library: library, key: key)
    let beginning = encoder.start()
    let descriptor = try NewFile.make(path, beginning: beginning)
    self.init(descriptor: descriptor, encoder: encoder)
    durableByteCount = UInt64(beginning.count)
  }

  /// A closed file that is gone on with, in a part that is signed with `key`: its summary is taken away, nothing else in
  /// it changes, and it is closed again by `finish`. Cut at any instant in between it is a file that was never closed.
  ///
  /// Nobody else can go on with it meanwhile. Costs one sync. Throws when it cannot be written, somebody else writes it,
  /// or its recorder has not closed it; nothing is changed then.
  public init(
    continuing path: String, library: String, key: consuming SigningKey
  ) throws(RecordingError) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw RecordingError(offset: 0, reason: "cannot be written", errorNumber: errno)
    }
    do throws(RecordingError) {
      try self.init(continuing: descriptor, library: library, key: key)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private init(
    continuing descriptor: Int32, library: String, key: consuming SigningKey
  ) throws(RecordingError) {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw RecordingError(offset: 0, reason: "somebody else writes into this file", errorNumber: errno)
    }
    let file = try FileContinuation(FileBytes(descriptor: descriptor))
    guard Disk.restarted({ ftruncate(descriptor, off_t(file.dataEnd)) }) == 0 else {
      throw RecordingError(offset: file.dataEnd, reason: "cannot be written", errorNumber: errno)
    }
    try Disk.sync(descriptor, at: file.dataEnd)
    var encoder = RecordingEncoder(library: library, key: key, continuing: file)
    let beginning = encoder.startPart()
    self.init(descriptor: descriptor, encoder: encoder)
    durableByteCount = file.dataEnd
    waiting = beginning
  }

  /// Takes over a descriptor that is open for writing at any place.
  init(descriptor: Int32, library: String, key: consuming SigningKey) {
    var encoder = RecordingEncoder(library: library, key: key)
    let beginning = encoder.start()
    self.init(descriptor: descriptor, encoder: encoder)
    waiting = beginning
  }

  private init(descriptor: Int32, encoder: consuming RecordingEncoder) {
    self.descriptor = descriptor
    self.encoder = encoder
  }

  deinit { close(descriptor) }

  /// Bytes that the disk has not taken yet. Who goes on putting events in while it grows must bound it.
  public var waitingByteCount: Int { waiting.count }

  /// The channel of this name that a file had before it was gone on with.
  public func channelID(of topic: String) -> UInt16? { encoder.channelID(of: topic) }

  /// See `RecordingEncoder.channel(topic:encoding:metadata:)`.
  public mutating func channel(
    topic: String, encoding: String, metadata: [(key: String, value: String)]
  ) -> UInt16 {
    encoder.channel(topic: topic, encoding: encoding, metadata: metadata)
  }

  /// See `RecordingEncoder.put(_:to:logTime:publishTime:eventCount:nextOffset:)`.
  public mutating func put(
    _ data: [UInt8], to channelID: UInt16, logTime: UInt64, publishTime: UInt64, eventCount: Int = 0,
    nextOffset: UInt64? = nil
  ) {
    encoder.put(
      data, to: channelID, logTime: logTime, publishTime: publishTime, eventCount: eventCount,
      nextOffset: nextOffset)
    putEventCount += UInt64(eventCount)
  }

  /// Bytes of the chunk that is being filled, before compression.
  public var pendingByteCount: Int { encoder.pendingByteCount }

  /// Ends the present chunk, in memory: many small chunks may go to the disk together.
  public mutating func seal() throws(RecordingError) {
    try refuseWhenAbandoned()
    guard encoder.hasUncommitted else { return }
    do { waiting += try encoder.seal() } catch {
      throw RecordingError(
        offset: durableByteCount, reason: "a chunk cannot be compressed (\(error.reason))")
    }
    vouchedEventCount = sealedEventCount
    sealedEventCount = putEventCount
  }

  /// A file within the file, at the end of what was put in so far; the next chunk holds its digest, which is signed with it.
  /// See `RecordingEncoder.attach(_:name:mediaType:time:)`.
  public mutating func attach(
    _ data: [UInt8], name: String, mediaType: String, time: UInt64
  ) throws(RecordingError) {
    try seal()
    waiting += encoder.attach(data, name: name, mediaType: mediaType, time: time)
    let topic = AttachmentStatement.topic
    let channel =
      encoder.channelID(of: topic)
      ?? encoder.channel(topic: topic, encoding: AttachmentStatement.encoding, metadata: [])
    encoder.put(
      AttachmentStatement(name: name, data: data).content, to: channel, logTime: encoder.lastLogTime,
      publishTime: encoder.lastLogTime)
  }

  /// Ends the present chunk and brings everything to the disk. What lies in that chunk counts as saved after the next
  /// call, whose chunk vouches for it. Costs one `fdatasync`; nothing when nothing is new.
  ///
  /// Throws what the disk said; what it did not take waits for the next call.
  public mutating func commit() throws(RecordingError) {
    try seal()
    try flush()
  }

  /// Everything, with the summary. Nothing may be put in behind it; it may be tried again after a failure.
  public mutating func finish() throws(RecordingError) {
    try refuseWhenAbandoned()
    if !isFinished {
      if encoder.pendingByteCount > 0 { try seal() }
      do { waiting += try encoder.finish() } catch {
        throw RecordingError(
          offset: durableByteCount, reason: "the end cannot be compressed (\(error.reason))")
      }
      (sealedEventCount, vouchedEventCount) = (putEventCount, putEventCount)
      isFinished = true
    }
    try flush()
  }

  private func refuseWhenAbandoned() throws(RecordingError) {
    guard !isAbandoned else {
      throw RecordingError(
        offset: durableByteCount, reason: "the disk has failed here before",
        remedy: "record into another file")
    }
  }

  /// Always from the durable bytes on: what a write that failed has left behind them is written over.
  private mutating func flush() throws(RecordingError) {
    guard !waiting.isEmpty else { return }
    try Disk.write(waiting, to: descriptor, at: durableByteCount)
    do throws(RecordingError) { try Disk.sync(descriptor, at: durableByteCount) } catch {
      isAbandoned = true
      throw error
    }
    durableByteCount += UInt64(waiting.count)
    waiting.removeAll(keepingCapacity: true)
    savedEventCount = vouchedEventCount
  }
}
