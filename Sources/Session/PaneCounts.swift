import EventMatrix
import EventModel
import Synchronization

/// The counts of the face of time and services as the latest frame had them, and their memory, which the next frame
/// counts into: without it half of the time goes to getting new memory from the system.
///
/// Copies of a state share it; whoever comes second counts anew.
final class LatestPane: Sendable {
  struct Counts: Sendable {
    /// `nil` when nothing is known of what `counts` holds.
    var place: PanePlace?
    var counts = MatrixCounts()
  }

  private let latest = Mutex<Counts?>(nil)

  func take() -> Counts {
    latest.withLock { latest in
      defer { latest = nil }
      return latest ?? Counts()
    }
  }

  func giveBack(_ counts: Counts) { latest.withLock { $0 = counts } }
}

/// Which cells a pane counts, and in what.
struct PanePlace: Sendable {
  var facts: FactsIdentity
  var columns: TimeColumns
  var rows: [ServiceRow]

  /// How the cells that both panes have lie in the earlier one; `nil` where they share less than half, or where both
  /// time and rows have moved.
  func move(from earlier: PanePlace) -> PaneMove? {
    guard facts === earlier.facts, rows.count == earlier.rows.count else { return nil }
    if columns == earlier.columns { return rowMove(from: earlier.rows) }
    guard columns.count == earlier.columns.count, columns.sharesColumns(earlier.columns),
      let offset = columns.offset(of: earlier.columns), rows == earlier.rows
    else { return nil }
    return .columns(by: offset)
  }

  private func rowMove(from earlier: [ServiceRow]) -> PaneMove? {
    guard let first = rows.first, let earlierFirst = earlier.first else { return nil }
    let offset = earlier.firstIndex(of: first).map { -$0 } ?? rows.firstIndex(of: earlierFirst)
    guard let offset, 2 * abs(offset) < rows.count else { return nil }
    let shared = max(0, offset)..<min(rows.count, rows.count + offset)
    let before = shared.lowerBound - offset..<shared.upperBound - offset
    guard rows[shared] == earlier[before] else { return nil }
    return .rows(by: offset)
  }
}

/// To where the cells of the earlier pane have moved: right or down where positive.
enum PaneMove: Equatable {
  case columns(by: Int)
  case rows(by: Int)
}

extension SessionState {
  /// The counts of `query`, whose rows are `rows`. What the frame before has counted is only moved: a pan costs the
  /// columns or rows it brings in.
  func paneCounts(_ query: MatrixQuery, of rows: [ServiceRow]) -> LatestPane.Counts {
    var pane = latestPane.take()
    let place = PanePlace(facts: facts.identity, columns: query.columns, rows: rows)
    switch pane.place.flatMap(place.move) {
    case .columns(let offset):
      let columns = query.columns
      var part = query
      part.columns = columns.part(offset > 0 ? 0..<offset : columns.count + offset..<columns.count)
      pane.counts.moveColumns(by: offset, bringingIn: clippedCounts(part))
    case .rows(let offset):
      let part = offset > 0 ? rows.prefix(offset) : rows.suffix(-offset)
      pane.counts.moveRows(
        by: offset, bringingIn: clippedCounts(self.query(query.columns, rows: Array(part))))
    case nil:
      clippedCounts(query, into: &pane.counts)
    }
    pane.place = place
    return pane
  }
}

extension MatrixCounts {
  /// Moves all cells right by `offset` columns (left where it is negative) and puts `part` where that leaves room.
  mutating func moveColumns(by offset: Int, bringingIn part: MatrixCounts) {
    precondition(part.rowCount == rowCount && part.columnCount == abs(offset) && abs(offset) <= columnCount)
    counts.moveCells(
      by: offset * Severity.bandCount, inLinesOf: columnCount * Severity.bandCount, bringingIn: part.counts)
    presence.moveCells(by: offset, inLinesOf: columnCount, bringingIn: part.presence)
  }

  /// Moves all cells down by `offset` rows (up where it is negative) and puts `part` where that leaves room.
  mutating func moveRows(by offset: Int, bringingIn part: MatrixCounts) {
    precondition(part.columnCount == columnCount && part.rowCount == abs(offset) && abs(offset) <= rowCount)
    // To a move by whole rows all of them are one line.
    let cells = offset * columnCount
    counts.moveCells(by: cells * Severity.bandCount, inLinesOf: counts.count, bringingIn: part.counts)
    presence.moveCells(by: cells, inLinesOf: presence.count, bringingIn: part.presence)
  }
}

extension Array {
  /// In every line of `length` elements, moves them by `offset` and fills up with as many of `part`, line by line.
  fileprivate mutating func moveCells(by offset: Int, inLinesOf length: Int, bringingIn part: [Element]) {
    let width = abs(offset)
    guard width > 0, length > 0 else { return }
    let lineCount = count / length
    precondition(width <= length && part.count == lineCount * width && count == lineCount * length)
    withUnsafeMutableBufferPointer { cells in
      part.withUnsafeBufferPointer { part in
        guard let cells = cells.baseAddress, let part = part.baseAddress else { return }
        for line in 0..<lineCount {
          let start = cells + line * length
          let from = start + Swift.max(0, -offset)
          (start + Swift.max(0, offset)).update(from: from, count: length - width)
          let room = offset > 0 ? start : start + (length - width)
          room.update(from: part + line * width, count: width)
        }
      }
    }
  }
}
