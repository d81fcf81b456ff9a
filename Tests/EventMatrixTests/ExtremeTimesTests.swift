import EventMatrix
import EventModel
import Testing

private let second: Int64 = 1_000_000_000
private let day: Int64 = 86_400 * second

@Suite struct `Times near the ends of time` {
  /// Widths people count by, and some that hardly fit into time.
  private static let widthsNs: [Int64] =
    [1, 1_000, 1_000_000, second, 15 * second, 60 * second, 180 * second, 3_600 * second, 21_600 * second]
    + [1, 2, 7, 70, 700, 7_000, 70_000].map { $0 * day } + [.max / 120, .max / 7, .max / 2, .max - 1, .max]

  /// How far around the ends of time and the epoch events lie.
  private static let spreadsNs: [Int64] = [0, 3, second, 3_600 * second, day, 40 * day, 4_000 * day, .max]

  private static func time(near anchor: Int64, _ spread: Int64, _ numbers: inout SeededNumbers) -> Int64 {
    anchor.saturatingAdding(.random(in: -spread...spread, using: &numbers))
  }

  private static func entries(_ numbers: inout SeededNumbers) -> [NaiveMatrix.Entry] {
    let spread = spreadsNs.randomElement(using: &numbers)!
    let anchors = [.min, .min + day, .max - day, .max - 1, .max, 0] as [Int64]
    let places = Bool.random(using: &numbers) ? anchors : [anchors.randomElement(using: &numbers)!]
    let count = [1, 2, 300, 3_000].randomElement(using: &numbers)!
    return (0..<count).map { _ in
      NaiveMatrix.Entry(
        source: 0, time: time(near: places.randomElement(using: &numbers)!, spread, &numbers),
        service: .random(in: 0..<5, using: &numbers),
        severity: Severity.allCases.randomElement(using: &numbers)!)
    }
  }

  /// A first view, from which a person pans and zooms.
  private static func columns(_ entries: [NaiveMatrix.Entry], _ numbers: inout SeededNumbers) -> TimeColumns {
    let time = entries.randomElement(using: &numbers)!.time
    let width = widthsNs.randomElement(using: &numbers)!
    let count = [1, 2, 50, 120, 300].randomElement(using: &numbers)!
    let before = Int128(width) * Int128(Int.random(in: 0...count, using: &numbers))
    let aligned = Int128(time.flooredDivision(by: width)) * Int128(width)
    let starts: [Int64] = [time, .min, Int64(clamping: aligned), Int64(clamping: Int128(time) - before)]
    return TimeColumns(
      start: Timestamp(nanoseconds: starts.randomElement(using: &numbers)!), widthNs: width, count: count)
  }

  /// Counted in 128 bits, where no time runs over.
  private static func counts(_ entries: [NaiveMatrix.Entry], _ columns: TimeColumns) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: 5 * columns.count * Severity.bandCount)
    for entry in entries {
      let distance = Int128(min(entry.time, .max - 1)) - Int128(columns.start.nanoseconds)
      let column = distance / Int128(columns.widthNs)
      guard distance >= 0, column < columns.count else { continue }
      let cell = Int(entry.service) * columns.count + Int(column)
      counts[cell * Severity.bandCount + Int(entry.severity.rawValue)] += 1
    }
    return counts
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `no event is lost or counted twice, at any width and after any pan`(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let entries = Self.entries(&numbers)
    var matrix = EventMatrix(pendingLimit: [4, 64, 4_096].randomElement(using: &numbers)!)
    matrix.add(entries)
    if Bool.random(using: &numbers) { matrix.settle() }
    var columns = Self.columns(entries, &numbers)
    for step in 0..<25 {
      let found = matrix.counts(
        MatrixQuery(columns: columns, rowOfService: [0, 1, 2, 3, 4], rowCount: 5))
      #expect(found.counts == Self.counts(entries, columns), "seed \(seed), step \(step): \(columns)")
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: columns = Self.columns(entries, &numbers)
      case 1: columns.widthNs = Self.widthsNs.randomElement(using: &numbers)!
      default:
        let pan =
          Int128(columns.widthNs) * Int128(Int.random(in: -columns.count...columns.count, using: &numbers))
        columns.start = Timestamp(nanoseconds: Int64(clamping: Int128(columns.start.nanoseconds) + pan))
      }
    }
  }

  @Test func `a column of one nanosecond is found from the other end of time`() {
    var columns = EventColumns(source: SourceID(rawValue: 0))
    for _ in 0..<3 {
      columns.append(time: .last, service: ServiceID(rawValue: 0), severity: .info)
    }
    columns.append(time: .first, service: ServiceID(rawValue: 0), severity: .info)
    var matrix = EventMatrix(pendingLimit: 4)
    matrix.add(columns)
    matrix.settle()
    // Between the two there are more columns than Int counts: asking stopped the program.
    let counts = matrix.counts(
      MatrixQuery(
        columns: TimeColumns(start: .first, widthNs: 1, count: 2), rowOfService: [0], rowCount: 1))
    #expect(counts[0, 0, .info] == 1)
    #expect(counts[0, 1, .info] == 0)
  }
}
