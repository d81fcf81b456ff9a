internal import EventModel
internal import LogFormats

/// About a quarter of a MiB of a source on its way: read, decoded ahead by any thread, then taken over in the source's order.
///
/// Sendable because one thread at a time has it: whoever took it out of `SharedReading`'s state.
final class Portion: @unchecked Sendable {
  /// In the order of the source.
  fileprivate(set) var number = 0
  /// Of the first byte, in the source.
  fileprivate(set) var offset: Int64 = 0
  /// How much of the source as stored was needed to get here.
  fileprivate(set) var storedOffset: Int64 = 0
  /// Its first byte starts a line, and its last byte ends one.
  fileprivate(set) var hasWholeLines = false

  private var storage: UnsafeMutableRawBufferPointer
  private var count = 0

  var batch: DecodedBatch
  var blocks: [Block] = []
  var findings: [ByteChecks.Finding] = []
  /// `nil` when it was not decoded ahead.
  var ahead: DecodedAhead?
  /// Of the decoder that did.
  var numbers: AheadNumbers?

  static let byteCount = 256 << 10

  init(source: SourceID) {
    batch = DecodedBatch(source: source)
    storage = .allocate(byteCount: Self.byteCount * 2, alignment: 64)
  }

  deinit { storage.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

  fileprivate func clear() {
    count = 0
    forgetAhead()
  }

  fileprivate func forgetAhead() {
    batch.removeAll()
    blocks.removeAll(keepingCapacity: true)
    findings.removeAll()
    ahead = nil
    numbers = nil
  }

  fileprivate func append(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  fileprivate func fill<Failure>(
    _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    let got = try read(UnsafeMutableRawBufferPointer(rebasing: storage[count..<(count + Self.byteCount)]))
    count += got
    return got
  }

  /// Takes away what follows the last newline.
  fileprivate func takeRest() -> UnsafeRawBufferPointer? {
    let all = bytes
    guard let newline = all.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
    let end = newline + 1
    count = end
    return UnsafeRawBufferPointer(rebasing: all[end...])
  }
}

/// The source's numbers of the services of a decoder that works ahead. Used by whoever takes portions over.
///
/// Sendable because one thread at a time takes over.
final class AheadNumbers: @unchecked Sendable {
  var map: [ServiceID]

  init(_ map: [ServiceID]) { self.map = map }
}

/// Cuts a store's bytes into portions that end at line ends.
///
/// Sendable because one thread at a time has it: `SharedReading` calls `next` only from the thread that has set
/// `isReading` under its lock, and reads `failure` when none has it any more. The lock orders one thread's writes before
/// the next one's reads.
final class PortionFeed: @unchecked Sendable {
  private let cursor: ByteCursor
  private var place: Int64
  private var nextNumber = 0
  /// The start of a line whose end has not been read.
  private var rest: [UInt8] = []
  private let isCompressed: Bool

  /// Set when reading stopped before the end.
  private(set) var failure: ReadFailure?
  private var isAtLineStart: Bool

  /// - Parameters:
  ///   - rest: the bytes in front of `place`, from the start of a line on; `nil` when that start is not at hand.
  init(_ cursor: ByteCursor, from place: Int64, rest: [UInt8]?, isCompressed: Bool) {
    self.cursor = cursor
    self.place = place
    self.rest = rest ?? []
    isAtLineStart = rest != nil
    self.isCompressed = isCompressed
  }

  /// Returns `false` when there is nothing more.
  func next(into portion: Portion) -> Bool {
    portion.clear()
    portion.offset = place - Int64(rest.count)
    rest.withUnsafeBytes { portion.append($0) }
    rest.removeAll(keepingCapacity: true)
    let got = read(into: portion)
    guard got > 0 || !portion.bytes.isEmpty else { return false }
    place += Int64(got)
    portion.storedOffset = isCompressed ? cursor.storedOffset : place
    portion.number = nextNumber
    nextNumber += 1
    let startsLine = isAtLineStart
    isAtLineStart = false
    if got > 0, let rest = portion.takeRest() {
      self.rest += rest
      isAtLineStart = true
    }
    portion.hasWholeLines = startsLine && isAtLineStart
    return true
  }

  private func read(into portion: Portion) -> Int {
    guard failure == nil else { return 0 }
    do throws(ReadFailure) {
      return try portion.fill { space throws(ReadFailure) in try cursor.read(at: place, into: space) }
    } catch {
      failure = error
      return 0
    }
  }
}

/// Decodes portions before those in front of them are done.
struct AheadDecoder {
  private var decoder: LogDecoder
  private let numbers: AheadNumbers
  private let keepsBlocks: Bool
  private var builder = BlockBuilder()

  init(_ seed: AheadSeed) {
    decoder = seed.decoder
    numbers = AheadNumbers(seed.decoder.identityMap)
    keepsBlocks = seed.keepsBlocks
  }

  /// Returns `false` when it is of no more use: a line is too long for it, which the source's own reader takes its time
  /// for.
  mutating func decode(_ portion: Portion) -> Bool {
    guard portion.hasWholeLines else { return true }
    decoder.beginAhead()
    let bytes = portion.bytes
    var done = 0
    while done < bytes.count {
      let end = keepsBlocks ? min(bytes.count, done + Block.byteCount) : bytes.count
      let consumed = step(
        UnsafeRawBufferPointer(rebasing: bytes[done..<end]), at: portion.offset + Int64(done), portion)
      guard consumed > 0 else {
        portion.forgetAhead()
        return false
      }
      done += consumed
    }
    if keepsBlocks {
      builder.close()
      portion.blocks += builder.take().finished
    }
    let checks = ByteChecks()
    if !decoder.layout.isBinary, !decoder.layout.hasBinaryValues {
      portion.findings = checks.look(at: bytes, from: portion.offset)
    }
    portion.ahead = decoder.endAhead()
    portion.numbers = numbers
    return true
  }

  private mutating func step(_ bytes: UnsafeRawBufferPointer, at offset: Int64, _ portion: Portion) -> Int {
    let checkpoint = decoder.checkpoint
    let eventsBefore = portion.batch.columns.count
    let consumed = decoder.decode(bytes, at: offset, isEnd: false, into: &portion.batch)
    guard consumed > 0, keepsBlocks else { return consumed }
    builder.add(
      UnsafeRawBufferPointer(rebasing: bytes[..<consumed]), at: offset, checkpoint: checkpoint,
      batch: portion.batch, events: eventsBefore..<portion.batch.columns.count)
    return consumed
  }
}

/// What a thread needs to begin decoding ahead; another one as soon as there are new services.
struct AheadSeed: Sendable {
  let decoder: LogDecoder
  let version: Int
  let keepsBlocks: Bool
}
