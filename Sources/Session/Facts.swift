import EventMatrix
import EventModel
import Synchronization

/// What follows from the data, the dice and what its filter lets through, and from nothing else: worked out when one of
/// them changes, not for every frame.
struct Facts: Sendable {
  /// The services of the dice, by number.
  var services: [ServiceID] = []
  /// For queries: 0 for a service of the dice, -1 for any other.
  var singleRow: [Int32] = []
  /// The bands in the dice that the data has, worst first; at least one.
  var severities: [Severity] = [.error, .warn, .info]
  /// Where nearly all events are; `nil` without data.
  var bulk: TimeRange?
  /// Events of the dice outside the bulk.
  var outlierCount: UInt64 = 0

  // Of the views, when they first ask. New facts come with nothing remembered.
  let rows = Remembered<RowsQuestion, ShownRows>()
  let labellings = Remembered<LabelledWidth, Labelling>()
  let troubles = Remembered<RowArrangement, Trouble?>()
  /// Counts of all services of the dice together: what costs most where there are many thousands of them.
  let totals = Remembered<TimeColumns, MatrixCounts>()
  let sums = Remembered<SumQuestion, [SeverityCounts]>()
  // As large as the screen, so few of them.
  let servicePanes = Remembered<PaneQuestion<ServiceRow>, CellValues>(limit: 2)
  let severityPanes = Remembered<PaneQuestion<Severity>, CellValues>(limit: 2)
  /// Equal only to itself: what was counted for these facts holds for no others.
  let identity = FactsIdentity()
}

final class FactsIdentity: Sendable {}

/// What decides which rows a view has, besides the facts.
struct RowArrangement: Hashable {
  var order: [ServiceID]
  var folded: Set<ForeignText>

  init(_ view: ViewState) {
    order = view.rowServices
    folded = view.folded
  }
}

struct RowsQuestion: Hashable {
  var arrangement: RowArrangement
  /// The columns in which rows must not be quiet; `nil` when quiet rows are shown as well.
  var loudColumns: TimeColumns?
}

/// What decides the counts of whole rows.
struct SumQuestion: Hashable {
  var rows: [ServiceRow]
  var range: TimeRange
}

/// What decides how the cells of a face look.
struct PaneQuestion<Row: Hashable & Sendable>: Hashable, Sendable {
  var columns: TimeColumns
  var rows: [Row]
  var lens: Lens
  var weights: SeverityWeights
}

struct LabelledWidth: Hashable {
  var rows: RowArrangement
  var width: Int
}

/// The latest answers to a costly question. Copies of a state share them, which only decides how soon they are there:
/// an answer depends on its key and on the facts it belongs to.
///
/// The type itself asks nothing of its keys: what it asked would be looked up among all conformances of the program
/// when the first facts are made, which is before the first frame.
final class Remembered<Key: Sendable, Answer: Sendable>: Sendable {
  private let limit: Int
  private let memory = Mutex(Memory())

  /// - Parameter limit: how many answers are kept; a few for each attached view.
  init(limit: Int = 8) { self.limit = limit }

  private struct Memory {
    var answers: [(key: Key, answer: Answer)] = []
    var use = MemoryUse()
  }

  var use: MemoryUse { memory.withLock { $0.use } }

  func answer(for key: Key, _ work: () -> Answer) -> Answer where Key: Equatable {
    let known = memory.withLock { memory in
      memory.use.askedCount += 1
      guard let index = memory.answers.lastIndex(where: { $0.key == key }) else { return nil as Answer? }
      memory.use.knownCount += 1
      // What is asked for with every frame stays, whatever else is asked in between.
      if index < memory.answers.count - 1 { memory.answers.append(memory.answers.remove(at: index)) }
      return memory.answers.last?.answer
    }
    if let known { return known }
    let answer = work()
    memory.withLock { memory in
      if memory.answers.count == limit { memory.answers.removeFirst() }
      memory.answers.append((key, answer))
    }
    return answer
  }

  /// The latest answer that is of use, with its key.
  func latest(where isOfUse: (Key) -> Bool) -> (key: Key, answer: Answer)? {
    memory.withLock { $0.answers.last { isOfUse($0.key) } }
  }
}

/// How often a memory was asked, and how often it knew.
struct MemoryUse {
  var askedCount = 0
  var knownCount = 0
}

extension SessionState {
  /// The facts as data, dice and filter are now.
  func gatheredFacts() -> Facts {
    var facts = Facts()
    facts.services = (0..<UInt32(data.services.count)).map(ServiceID.init).filter(isInDice)
    facts.singleRow = Array(repeating: -1, count: data.services.count)
    for service in facts.services { facts.singleRow[service.index] = 0 }
    guard let span else { return facts }
    let counts = counts(data.matrix, in: span, facts.singleRow)
    let present = dice.severities.severities.reversed().filter { counts[$0] > 0 }
    if !present.isEmpty { facts.severities = Array(present) }
    var bulk = span
    for _ in 0..<8 {
      guard let narrower = withoutOutliers(bulk, facts.singleRow) else { break }
      bulk = narrower
    }
    facts.bulk = bulk
    if bulk != span {
      let inside = self.counts(matrix, in: bulk, facts.singleRow)
      facts.outlierCount = self.counts(matrix, in: span, facts.singleRow).total - inside.total
    }
    return facts
  }

  private func counts(_ matrix: EventMatrix, in range: TimeRange, _ singleRow: [Int32]) -> SeverityCounts {
    let totals = matrix.totals(
      in: range, rowOfService: singleRow, rowCount: 1, severities: dice.severities)
    return SeverityCounts(totals, row: 0)
  }

  private func query(_ columns: TimeColumns, singleRow: [Int32]) -> MatrixQuery {
    MatrixQuery(columns: columns, rowOfService: singleRow, rowCount: 1, severities: dice.severities)
  }

  /// Up to 512 columns; those of the widths that counts are kept by are many times cheaper.
  private func outlierColumns(over range: TimeRange) -> TimeColumns {
    let width = ZoomLadder.width(fitting: range, columnCount: 512)
    let first = range.start.nanoseconds.flooredDivision(by: width)
    let count = (range.end.nanoseconds - 1).flooredDivision(by: width) - first + 1
    let (start, overflow) = first.multipliedReportingOverflow(by: width)
    guard (257...512).contains(count), !overflow else {
      let durationNs = UInt64(bitPattern: range.end.nanoseconds &- range.start.nanoseconds)
      return TimeColumns(start: range.start, widthNs: Int64(durationNs / 512) + 1, count: 512)
    }
    return TimeColumns(start: Timestamp(nanoseconds: start), widthNs: width, count: Int(count))
  }

  /// The part of `range` with nearly all its events, less a few (one in 400 at either end) that would stretch it
  /// twentyfold; `nil` when there are none such.
  private func withoutOutliers(_ range: TimeRange, _ singleRow: [Int32]) -> TimeRange? {
    let columns = outlierColumns(over: range)
    // Where all events are inside, a few wide columns show for a tenth of the work that they fill their time, as nearly
    // always: all that lies between the outermost two of them is needed.
    if range == span {
      let joined = 16
      let wide = TimeColumns(
        start: columns.start, widthNs: columns.widthNs * Int64(joined),
        count: (columns.count + joined - 1) / joined)
      let leastCount = (bulk(of: wide, singleRow).count - 2) * joined + 2
      guard leastCount * 20 < columns.count else { return nil }
    }
    let bulk = bulk(of: columns, singleRow)
    guard bulk.count * 20 < columns.count else { return nil }
    return columns.range(ofColumn: bulk.lowerBound).union(columns.range(ofColumn: bulk.upperBound))
      .intersection(range)
  }

  /// The columns with all events, less one in 400 at either end.
  private func bulk(of columns: TimeColumns, _ singleRow: [Int32]) -> ClosedRange<Int> {
    let counts = matrix.counts(query(columns, singleRow: singleRow))
    let totals = (0..<columns.count).map { SeverityCounts(counts, row: 0, column: $0).total }
    let limit = totals.reduce(0, +) / 400
    var first = 0
    var last = totals.count - 1
    var cut: UInt64 = 0
    while first < last, cut + totals[first] <= limit {
      cut += totals[first]
      first += 1
    }
    cut = 0
    while last > first, cut + totals[last] <= limit {
      cut += totals[last]
      last -= 1
    }
    return first...last
  }
}
