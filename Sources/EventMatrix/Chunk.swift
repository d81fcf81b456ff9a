internal import EventModel

/// A piece of the time axis with its events, never changed once made: other pieces replace it.
///
/// Events are clustered by cell and ordered by time within one. Cumulative rows over (bucket, cell) say at once how
/// many events of a cell lie before a bucket, and thereby where the events of a bucket lie. A coarse chunk keeps only the
/// rows: its events count as if they had happened at the start of their bucket.
final class Chunk: Sendable {
  let dictionary: CellDictionary
  let eventCount: Int
  /// Of the earliest and of the latest event, both inside.
  let first: Int64
  let last: Int64
  /// Aligned to the epoch; bucket 0 is the one with number `firstBucket` since then.
  let baseNs: Int64
  let firstBucket: Int64
  let bucketCount: Int
  let rows: CellRows
  /// Per cell of the dictionary.
  let totals: [UInt32]
  /// Where the events of each cell begin, and one more; empty in a coarse chunk.
  let cellStarts: [UInt32]
  let offsets: PackedOffsets
  /// Sum of the weights before each event, and one more; empty where each event counts as one.
  let weightsBefore: [UInt32]
  /// Ascending.
  let batches: [BatchID]

  static let rowLimit = 4_096

  var isCoarse: Bool { cellStarts.isEmpty }
  var cellCount: Int { dictionary.count }

  /// Without the dictionary, which its group holds.
  var byteCount: Int {
    (totals.count + cellStarts.count + weightsBefore.count) * 4 + rows.byteCount
      + offsets.byteCount + batches.count * 8 + 240
  }

  init(
    dictionary: CellDictionary, eventCount: Int, first: Int64, last: Int64, baseNs: Int64, bucketCount: Int,
    rows: CellRows, totals: [UInt32], cellStarts: [UInt32], offsets: PackedOffsets, weightsBefore: [UInt32],
    batches: [BatchID]
  ) {
    self.dictionary = dictionary
    self.eventCount = eventCount
    self.first = first
    self.last = last
    self.baseNs = baseNs
    self.firstBucket = first.flooredDivision(by: baseNs)
    self.bucketCount = bucketCount
    self.rows = rows
    self.totals = totals
    self.cellStarts = cellStarts
    self.offsets = offsets
    self.weightsBefore = weightsBefore
    self.batches = batches
  }

  /// Where a time lies: on an edge whose row is known, or inside a bucket.
  enum Place {
    /// The row before this bucket: 0 is all zeros, `bucketCount` the totals.
    case row(Int)
    case inside(bucket: Int)
  }

  func place(of time: Int64) -> Place {
    if time <= first { return .row(0) }
    if time > last { return .row(bucketCount) }
    // A single bucket may be narrower than the chunk: no width of the ladder was wide enough.
    guard bucketCount > 1 else { return isCoarse ? .row(1) : .inside(bucket: 0) }
    let bucket = Int(time.flooredDivision(by: baseNs) - firstBucket)
    if time % baseNs == 0 { return .row(bucket) }
    return isCoarse ? .row(bucket + 1) : .inside(bucket: bucket)
  }

  /// Ranges of local cells, in order.
  typealias Spans = UnsafeBufferPointer<Range<Int>>

  typealias Counts = UnsafePointer<UInt32>
  typealias Edge = UnsafeMutablePointer<UInt32>

  /// Sets `edge` to how many events of each cell in `spans` lie before `time`, on top of `base`. O(cells) where the place
  /// is a row, else times the logarithm of the events in a bucket.
  func setCounts(before time: Int64, of spans: Spans, on base: Counts, _ edge: Edge) {
    switch place(of: time) {
    case .row(let row): setRow(row, of: spans, on: base, edge)
    case .inside(let bucket): setCounts(before: time, inside: bucket, of: spans, on: base, edge)
    }
  }

  private func setRow(_ row: Int, of spans: Spans, on base: Counts, _ edge: Edge) {
    if row == 0 {
      for span in spans { (edge + span.lowerBound).update(from: base + span.lowerBound, count: span.count) }
    } else if row < bucketCount {
      rows.set(row, of: spans, on: base, edge)
    } else {
      totals.withUnsafeBufferPointer { totals in
        for span in spans { for cell in span { edge[cell] = base[cell] &+ totals[cell] } }
      }
    }
  }

  private func setCounts(
    before time: Int64, inside bucket: Int, of spans: Spans, on base: Counts, _ edge: Edge
  ) {
    // Beyond the greatest distance lies nothing: then all of them lie before.
    guard let bound = offsets.distance(of: time) else {
      return setRow(bucketCount, of: spans, on: base, edge)
    }
    guard weightsBefore.isEmpty else { return setWeights(below: bound, of: spans, on: base, edge) }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: cellCount * 2) { scratch in
      guard let low = scratch.baseAddress else { return }
      let high = low + cellCount
      // The events of a cell begin where its row says, counted from the cell's own start.
      cellStarts.withUnsafeBufferPointer { starts in
        guard let starts = starts.baseAddress else { return }
        setRow(bucket, of: spans, on: starts, low)
        setRow(bucket + 1, of: spans, on: starts, high)
        offsets.withReader { reader in
          for span in spans {
            for cell in span {
              let place = reader.firstIndex(notBelow: bound, in: Int(low[cell])..<Int(high[cell]))
              edge[cell] = base[cell] &+ UInt32(truncatingIfNeeded: place) &- starts[cell]
            }
          }
        }
      }
    }
  }

  /// With weights the rows say no places, so each cell is searched from end to end.
  private func setWeights(below bound: UInt64, of spans: Spans, on base: Counts, _ edge: Edge) {
    offsets.withReader { reader in
      for cell in spans.lazy.joined() {
        let range = Int(cellStarts[cell])..<Int(cellStarts[cell + 1])
        let place = reader.firstIndex(notBelow: bound, in: range)
        edge[cell] = base[cell] &+ weightsBefore[place] &- weightsBefore[range.lowerBound]
      }
    }
  }

  /// Where the first event of a cell at or after `time` lies.
  func firstEvent(ofCell cell: Int, notBefore time: Int64, _ reader: PackedOffsets.Reader) -> Int {
    let range = Int(cellStarts[cell])..<Int(cellStarts[cell + 1])
    if time <= first { return range.lowerBound }
    guard time <= last, let bound = offsets.distance(of: time) else { return range.upperBound }
    return reader.firstIndex(notBelow: bound, in: range)
  }

  /// Where bucket `bucket` starts; the first one may start before time does.
  func start(ofBucket bucket: Int) -> Int64 {
    let (start, overflow) = (firstBucket + Int64(bucket)).multipliedReportingOverflow(by: baseNs)
    return overflow ? .min : start
  }
}
