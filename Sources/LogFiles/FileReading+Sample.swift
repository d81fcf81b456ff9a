public import EventMatrix
public import EventModel
internal import LogFormats

/// Counts estimated for the screen while sources are read. Never exact, and nothing to be kept, linked or printed.
public struct SampledCounts: Sendable {
  /// All that they speak of.
  public var sources: [SourceID]
  public var matrix: EventMatrix
  /// How many events the sources may have.
  public var eventCount: Int
  public var basis: Basis

  public enum Basis: Hashable, Sendable {
    /// A few places of a big file.
    case sample(byteCount: Int64, totalByteCount: Int64)
    /// What a recorder has counted, in buckets of this width.
    case tiles(widthNs: Int64)
  }
}

extension FileReading {
  /// Tells what the file looks like from afar, if it is worth it and can be read here and there.
  func tellSample() {
    guard let least = reader.hub.options.samplesFrom, file.store.compression == nil,
      let open = file.store.file,
      file.status.size >= least
    else { return }
    guard var sample = FileSample(open, size: file.status.size, reader: reader) else { return }
    sample.take(isCancelled: { reader.hub.closing.isSet })
    guard let columns = sample.columns else { return }
    var numbers: [ServiceID] = []
    reader.hub.number(sample.serviceNames, into: &numbers)
    var numbered = EventColumns(source: columns.source)
    for index in columns.times.indices {
      numbered.append(
        time: Timestamp(nanoseconds: columns.times[index]),
        service: numbers[columns.services[index].index], severity: columns.severities[index])
    }
    reader.hub.tell(
      counted: .sampled(
        SampledCounts(
          sources: [reader.source.id], matrix: EventMatrix(sampled: numbered, weights: sample.weights),
          eventCount: sample.weights.reduce(0) { $0 + Int($1) },
          basis: .sample(byteCount: sample.byteCount, totalByteCount: file.status.size))))
  }
}

/// Windows evenly over a file, decoded from the first line that starts in each. Each stands for the bytes up to the
/// next one: its events count that many times, and lie evenly over the time up to the next one.
private struct FileSample {
  private let file: OpenFile
  private let size: Int64
  private var decoder: LogDecoder
  private var windows: [Window] = []
  private(set) var byteCount: Int64 = 0
  private(set) var columns: EventColumns?
  private(set) var weights: [UInt32] = []

  private struct Window {
    var batch: DecodedBatch
    /// Bytes its events were in, and the bytes they stand for.
    var byteCount: Int64
    var standsForByteCount: Int64
  }

  private static let windowCount: Int64 = 256
  private static let windowByteCount = 16 << 10

  /// `nil` for what cannot be decoded from the middle.
  init?(_ file: OpenFile, size: Int64, reader: SourceReader) {
    var head = [UInt8](repeating: 0, count: BinaryContent.lookedAtByteCount)
    let decoder = head.withUnsafeMutableBytes { buffer -> LogDecoder? in
      guard let count = try? file.read(at: 0, into: buffer), count > 0 else { return nil }
      return reader.sampler(for: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard let decoder, decoder.layout.canStartAtAnyLine else { return nil }
    self.file = file
    self.size = size
    self.decoder = decoder
  }

  var serviceNames: [ForeignText] { decoder.services.names }

  mutating func take(isCancelled: () -> Bool) {
    let step = size / Self.windowCount
    for number in 0..<Self.windowCount {
      if isCancelled() { return }
      takeWindow(at: number * step, standsFor: step)
    }
    // The end, so that the last time is the true one.
    takeWindow(at: size - Int64(Self.windowByteCount) + 1, standsFor: 0)
    weigh()
  }

  private mutating func takeWindow(at offset: Int64, standsFor standsForByteCount: Int64) {
    var buffer = [UInt8](repeating: 0, count: Self.windowByteCount)
    buffer.withUnsafeMutableBytes { buffer in
      // One byte earlier, to see whether a line starts right here.
      let start = max(0, offset - 1)
      guard let count = try? file.read(at: start, into: buffer) else { return }
      var bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if offset > 0 {
        guard let newline = bytes.firstIndex(of: 0x0a) else { return }
        bytes = UnsafeRawBufferPointer(rebasing: bytes[(newline + 1)...])
      }
      // A line that goes on from before the window belongs to the last event of the window before it.
      var batch = DecodedBatch(source: decoder.source)
      let done = decoder.decode(bytes, at: 0, isEnd: false, into: &batch)
      byteCount += Int64(count)
      guard batch.columns.count > 0, done > 0 else { return }
      windows.append(
        Window(batch: batch, byteCount: Int64(done), standsForByteCount: max(standsForByteCount, Int64(done)))
      )
    }
  }

  private mutating func weigh() {
    var columns = EventColumns(source: decoder.source)
    var rest = 0.0
    for (place, window) in windows.enumerated() {
      let events = window.batch.columns
      let first = events.times[0]
      let next = place + 1 < windows.count ? windows[place + 1].batch.columns.times[0] : first
      let isInOrder =
        next > (events.times.max() ?? first) && !next.subtractingReportingOverflow(first).overflow
      let weight = Double(window.standsForByteCount) / Double(window.byteCount)
      for index in 0..<events.count {
        let share = Double(index) / Double(events.count)
        let time = isInOrder ? first + Int64(Double(next - first) * share) : events.times[index]
        // Whole numbers that add up to what they stand for.
        rest += weight
        let whole = min(max(1, rest.rounded(.down)), 1e9)
        rest -= whole
        columns.append(
          time: Timestamp(nanoseconds: time), service: events.services[index],
          severity: events.severities[index])
        weights.append(UInt32(whole))
      }
    }
    if columns.count > 0 { self.columns = columns }
  }
}
