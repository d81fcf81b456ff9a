internal import EventModel

/// A piece of the time axis with its events, never changed once made: other pieces replace it.
///
/// Cumulative rows over (bucket, cell) say at once how many events of a cell lie before a bucket; between two rows the
/// events themselves are counted. A coarse chunk keeps only the rows: its events count as if they had happened at
/// the start of their bucket.
final class Chunk: Sendable {
  let dictionary: CellDictionary
  let eventCount: Int
  /// What all its events count. Never more than the greatest count, so that no sum within a chunk runs over.
  let weight: UInt64
  /// Of the earliest and of the latest event, both inside.
  let first: Int64
  let last: Int64
  let grid: RowGrid
  /// Bucket 0 has this number on the grid.
  let firstBucket: Int64
  let bucketCount: Int
  let rows: CellRows
  let totals: CellCounts
  /// Empty in a coarse chunk.
  let index: EventIndex
  /// Ascending.
  let batches: [BatchID]

  static let rowLimit = 4_096

  var isCoarse: Bool { index.bucketStarts.isEmpty }
  var cellCount: Int { dictionary.count }
  /// The widest that its buckets are; those of a coarse chunk are all as wide.
  var baseNs: Int64 { grid.widthNs }

  /// Without the dictionary, which its group holds.
  var byteCount: Int { rows.byteCount + totals.byteCount + index.byteCount + otherByteCount }
  var otherByteCount: Int { batches.count * 8 + 240 }

  init(
    dictionary: CellDictionary, eventCount: Int, first: Int64, last: Int64, grid: RowGrid, bucketCount: Int,
    rows: CellRows, totals: CellCounts, index: EventIndex, batches: [BatchID]
  ) {
    self.dictionary = dictionary
    self.eventCount = eventCount
    weight = (0..<totals.count).reduce(0) { $0 + UInt64(totals.words[$1]) }
    self.first = first
    self.last = last
    self.grid = grid
    self.firstBucket = grid.bucket(of: first)
    self.bucketCount = bucketCount
    self.rows = rows
    self.totals = totals
    self.index = index
    self.batches = batches
  }

  // MARK: Times

  /// Where a time lies: on an edge whose row is known, or inside a bucket.
  enum Place {
    /// The row before this bucket: 0 is all zeros, `bucketCount` the totals.
    case row(Int)
    case inside(bucket: Int)
  }

  func place(of time: Int64) -> Place {
    if time <= first { return .row(0) }
    if time > last { return .row(bucketCount) }
    // A single bucket may be narrower than the chunk: no grid was wide enough.
    guard bucketCount > 1 else { return isCoarse ? .row(1) : .inside(bucket: 0) }
    let number = grid.bucket(of: time)
    let bucket = Int(number &- firstBucket)
    if grid.start(ofBucket: number) == time { return .row(bucket) }
    return isCoarse ? .row(bucket + 1) : .inside(bucket: bucket)
  }

  /// Where a bucket starts; the first one may start before time does.
  func start(ofBucket bucket: Int) -> Int64 { grid.start(ofBucket: firstBucket &+ Int64(bucket)) ?? .min }

  /// What the events of a bucket count their time from.
  func origin(ofBucket bucket: Int) -> Int64 { bucket == 0 ? first : start(ofBucket: bucket) }

  /// The first event at or after `time`, `eventCount` if there is none. Not in a coarse chunk.
  func position(of time: Int64) -> Int {
    switch place(of: time) {
    case .row(let row): Int(index.bucketStarts[row])
    case .inside(let bucket): position(of: time, inside: bucket)
    }
  }

  private func position(of time: Int64, inside bucket: Int) -> Int {
    let distance = UInt64(bitPattern: time &- origin(ofBucket: bucket))
    return index.offsets.firstIndex(notBelow: distance, in: index.events(ofBucket: bucket))
  }

  /// The bucket that holds an event.
  func bucket(ofEvent place: Int) -> Int {
    var low = 0
    var high = bucketCount
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(index.bucketStarts[middle]) <= place { low = middle } else { high = middle }
    }
    return low
  }

  /// When an event happened.
  func time(ofEvent place: Int) -> Int64 {
    origin(ofBucket: bucket(ofEvent: place)) &+ index.offsets.distanceNs(at: place)
  }

  // MARK: Counts

  /// Ranges of local cells, in order.
  typealias Spans = UnsafeBufferPointer<Range<Int>>
  typealias Edge = UnsafeMutablePointer<UInt32>

  /// Sets `edge` to how many events of each cell in `spans` lie before `time`, on top of `base`; other cells of `edge`
  /// get any number. O(cells) where the place is a row, else also the events of half a bucket.
  func setCounts(before time: Int64, of spans: Spans, on base: UnsafePointer<UInt32>, _ edge: Edge) {
    switch place(of: time) {
    case .row(let row): setRow(row, of: spans, on: base, edge)
    case .inside(let bucket):
      let events = index.events(ofBucket: bucket)
      let place = position(of: time, inside: bucket)
      if place - events.lowerBound <= events.upperBound - place {
        setRow(bucket, of: spans, on: base, edge)
        index.forEach(in: events.lowerBound..<place) { cell, weight in edge[cell] &+= weight }
      } else {
        setRow(bucket + 1, of: spans, on: base, edge)
        index.forEach(in: place..<events.upperBound) { cell, weight in edge[cell] &-= weight }
      }
    }
  }

  private func setRow(_ row: Int, of spans: Spans, on base: UnsafePointer<UInt32>, _ edge: Edge) {
    if row == 0 {
      for span in spans { (edge + span.lowerBound).update(from: base + span.lowerBound, count: span.count) }
    } else if row < bucketCount {
      rows.set(row, of: spans, on: base, edge)
    } else {
      for span in spans { for cell in span { edge[cell] = base[cell] &+ totals.words[cell] } }
    }
  }
}
