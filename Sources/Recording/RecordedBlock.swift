public import EventModel

/// A stretch of a source's bytes as they came, whole records: the content of a message on the source's channel.
///
/// Little-endian: version, flags, generation, place in the source, number of events, their earliest and latest time;
/// where the bytes stand for others (version 2), how many those were; then the bytes. The message's `log_time` is when they arrived (for files read at rest: the latest event's time), its
/// `publish_time` the latest event's time; both are 0 for times before 1970.
public struct RecordedBlock: Hashable, Sendable {
  static let version: UInt8 = 1
  /// Of blocks from which something was taken out.
  static let redactedVersion: UInt8 = 2
  static let headCount = 1 + 1 + 4 + 8 + 4 + 8 + 8
  private static let atRestFlag: UInt8 = 1

  /// Grows each time the source begins anew: rotated, cut, written over.
  public var generation: UInt32
  /// Of the first byte, counted in the source's bytes after decompression.
  public var sourceOffset: UInt64
  public var eventCount: UInt32
  /// Of the events that have a time; `nil` where none has.
  public var times: ClosedRange<Timestamp>?
  /// Read from a file that nobody was writing: when it arrived says nothing.
  public var isAtRest: Bool
  public var bytes: [UInt8]
  /// How many bytes of the source these stand for, where something was taken out of them.
  public var redactedByteCount: UInt64?

  /// Of the byte behind it, counted in the source's bytes.
  public var sourceEnd: UInt64 { sourceOffset &+ (redactedByteCount ?? UInt64(bytes.count)) }

  public init(
    generation: UInt32, sourceOffset: UInt64, eventCount: UInt32, times: ClosedRange<Timestamp>?,
    isAtRest: Bool,
    bytes: [UInt8], redactedByteCount: UInt64? = nil
  ) {
    self.generation = generation
    self.sourceOffset = sourceOffset
    self.eventCount = eventCount
    self.times = times
    self.isAtRest = isAtRest
    self.bytes = bytes
    self.redactedByteCount = redactedByteCount
  }

  public var content: [UInt8] {
    var packer = BytePacker()
    packer.reserve(Self.headCount + 8 + bytes.count)
    packer.put(redactedByteCount == nil ? Self.version : Self.redactedVersion)
    packer.put(isAtRest ? Self.atRestFlag : 0)
    packer.put(generation)
    packer.put(sourceOffset)
    packer.put(eventCount)
    packer.put(times?.lowerBound.nanoseconds ?? .max)
    packer.put(times?.upperBound.nanoseconds ?? .min)
    if let redactedByteCount { packer.put(redactedByteCount) }
    packer.append(bytes)
    return packer.bytes
  }

  /// `nil` when the head is cut or of a later version that this one cannot read.
  public init?(content: ArraySlice<UInt8>) {
    let isRedacted = content.first == Self.redactedVersion
    let headCount = Self.headCount + (isRedacted ? 8 : 0)
    guard content.count >= headCount, isRedacted || content.first == Self.version else { return nil }
    let (flags, numbers) = content.withUnsafeBytes { content in
      var head = ByteUnpacker(content)
      _ = head.number(UInt8.self)
      let flags = head.number(UInt8.self)
      let numbers = (
        generation: head.number(UInt32.self), offset: head.number(UInt64.self),
        count: head.number(UInt32.self),
        first: head.number(Int64.self), last: head.number(Int64.self),
        redacted: isRedacted ? head.number(UInt64.self) : nil
      )
      return (flags, numbers)
    }
    self.init(
      generation: numbers.generation, sourceOffset: numbers.offset, eventCount: numbers.count,
      times: numbers.first <= numbers.last
        ? Timestamp(nanoseconds: numbers.first)...Timestamp(nanoseconds: numbers.last) : nil,
      isAtRest: flags & Self.atRestFlag != 0, bytes: Array(content.dropFirst(headCount)),
      redactedByteCount: numbers.redacted)
  }
}
