/// Rows that move together: up when `distance` is positive. What they leave behind is blank.
struct Scroll: Hashable {
  var rows: Range<Int>
  var distance: Int
}

/// Cells of one row that move together: left when `distance` is positive. What they leave behind is blank; what lies
/// right of them stays.
struct Slide: Hashable {
  var row: Int
  var columns: Range<Int>
  var distance: Int
  var screenColumns: Int
}

/// What of a new screen is the old one moved. Found by looking: a sample of the cells that changed is searched for in
/// the old screen, and the most frequent distance is then weighed in bytes.
struct ScreenMotion {
  private(set) var scrolls: [Scroll] = []
  private var slideDistance: Int?

  /// Changes cheaper than this are just written.
  private static let worthLooking = 250
  private static let farthestColumns = 64
  private static let farthestRows = 32
  /// About so many rows tell which columns most would move.
  private static let sampleCount = 12

  /// - Parameters:
  ///   - old: becomes what it is after the scrolls.
  ///   - rows: those that changed lie inside.
  init(
    from old: inout ScreenImage, to new: ScreenImage, rows: Range<Int>, _ capabilities: StreamCapabilities
  ) {
    guard capabilities.shiftsRows || capabilities.shiftsColumns,
      RowCost(old, new).exceeds(Self.worthLooking, in: rows)
    else { return }
    if capabilities.shiftsRows {
      while scrolls.count < 2, let scroll = Self.bestScroll(from: old, to: new, rows: rows) {
        scrolls.append(scroll)
        old.apply(scroll)
      }
    }
    if capabilities.shiftsColumns { slideDistance = Self.slideDistance(from: old, to: new, rows: rows) }
  }

  /// The slides that save bytes, at most one a row, from top to bottom. Rows that move alike are moved together: where
  /// the columns that most of a few rows would choose save something, a row has these.
  func slides(in rows: Range<Int>, from old: ScreenImage, to new: ScreenImage) -> [Slide] {
    guard let distance = slideDistance else { return [] }
    let cost = RowCost(old, new)
    let rows = rows.filter {
      !old.hasWide[$0] && !new.hasWide[$0] && !new.holdsSameCells(inRow: $0, as: old)
    }
    let step = max(1, rows.count / Self.sampleCount)
    let sample = stride(from: 0, to: rows.count, by: step).compactMap {
      cost.bestSlide(in: rows[$0], by: distance)?.slide.columns
    }
    guard let common = Self.mostFrequent(sample) else { return [] }
    return rows.compactMap { row in
      let gain = cost.gain(ofSliding: common, by: distance, in: row) - RowCost.sharedSlide
      // An axis moves over other columns than the cells below it.
      let own =
        cost.exceeds(max(0, gain) + RowCost.loneSlide, in: row..<row + 1)
        ? cost.bestSlide(in: row, by: distance) : nil
      guard gain > own?.gain ?? 0 else { return own?.slide }
      return Slide(row: row, columns: common, distance: distance, screenColumns: new.columns)
    }
  }

  private static func mostFrequent(_ ranges: [Range<Int>]) -> Range<Int>? {
    let counts = Dictionary(ranges.map { ($0, 1) }, uniquingKeysWith: +)
    return counts.max {
      ($0.value, $0.key.count, $0.key.lowerBound) < ($1.value, $1.key.count, $1.key.lowerBound)
    }?.key
  }
}

// MARK: - Looking

extension ScreenMotion {
  private static func bestScroll(from old: ScreenImage, to new: ScreenImage, rows: Range<Int>) -> Scroll? {
    guard rows.count > 2 else { return nil }
    var votes = Votes(farthest: min(farthestRows, rows.count - 1))
    let rowStep = max(1, rows.count / 24)
    let columnStep = max(1, new.columns / 16)
    old.cells.withUnsafeBufferPointer { oldCells in
      new.cells.withUnsafeBufferPointer { newCells in
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowStep) {
          // Not the same columns in every row: borders and labels alone tell nothing.
          for column in stride(from: row * 5 % columnStep, to: new.columns, by: columnStep) {
            let cell = newCells[row * new.columns + column]
            guard cell != oldCells[row * new.columns + column] else { continue }
            votes.count()
            for distance in max(-votes.farthest, -row)...min(votes.farthest, new.rows - 1 - row) {
              if oldCells[(row + distance) * new.columns + column] == cell { votes.add(distance) }
            }
          }
        }
      }
    }
    guard let distance = votes.best(least: 6) else { return nil }
    return RowCost(old, new).bestScroll(by: distance)
  }

  /// The distance that explains most of what changed.
  private static func slideDistance(from old: ScreenImage, to new: ScreenImage, rows: Range<Int>) -> Int? {
    let cost = RowCost(old, new)
    let candidates = rows.filter { !old.hasWide[$0] && !new.hasWide[$0] && cost.exceeds(30, in: $0..<$0 + 1) }
    guard !candidates.isEmpty else { return nil }
    let step = (candidates.count + 7) / 8
    // About 30 cells in each of 8 rows: more would not say more.
    let columnStep = max(5, new.columns / 30 | 1)
    var votes = Votes(farthest: min(farthestColumns, new.columns - 1))
    old.cells.withUnsafeBufferPointer { oldCells in
      new.cells.withUnsafeBufferPointer { newCells in
        for index in stride(from: 0, to: candidates.count, by: step) {
          let start = candidates[index] * new.columns
          for column in stride(from: index % columnStep, to: new.columns, by: columnStep) {
            let cell = newCells[start + column]
            guard cell != oldCells[start + column], let oldRow = oldCells.baseAddress else { continue }
            let first = max(-votes.farthest, -column)
            let last = min(votes.farthest, new.columns - 1 - column)
            votes.count(cell, oldRow + start + column, first...last)
          }
        }
      }
    }
    return votes.best(least: 6)
  }

  /// How often each distance would explain a cell.
  private struct Votes {
    let farthest: Int
    private var counts: [Int32]
    private var total: Int32 = 0

    init(farthest: Int) {
      self.farthest = farthest
      counts = Array(repeating: 0, count: 2 * farthest + 1)
    }

    mutating func count() { total += 1 }
    @inline(__always)
    mutating func add(_ distance: Int) { counts[distance + farthest] += 1 }

    /// Votes for every distance at which `cell` stands beside `place`. Without a branch: compilers make vectors of it.
    mutating func count(_ cell: ImageCell, _ place: UnsafePointer<ImageCell>, _ distances: ClosedRange<Int>) {
      total += 1
      let first = place + distances.lowerBound
      let start = distances.lowerBound + farthest
      counts.withUnsafeMutableBufferPointer { counts in
        guard let votes = counts.baseAddress.map({ $0 + start }) else { return }
        for offset in 0..<distances.count { votes[offset] &+= first[offset].bits == cell.bits ? 1 : 0 }
      }
    }

    /// The distance with most votes, the nearest of equals; `nil` when it explains less than a third.
    func best(least: Int) -> Int? {
      let best = (-farthest...farthest).filter { $0 != 0 }.max {
        (counts[$0 + farthest], -abs($0)) < (counts[$1 + farthest], -abs($1))
      }
      guard let best, counts[best + farthest] >= max(Int32(least), total / 3) else { return nil }
      return best
    }
  }
}

// MARK: - Weighing

/// About how many bytes it takes to write what differs between two screens.
struct RowCost {
  private typealias Cells = UnsafeBufferPointer<ImageCell>

  private let old: ScreenImage
  private let new: ScreenImage

  init(_ old: ScreenImage, _ new: ScreenImage) {
    self.old = old
    self.new = new
  }

  /// Everything of one look is written together: what begins costs a step of the cursor.
  private static let styleChange = 4
  /// A slide by itself takes two moves and two shifts; one of many takes less.
  static let loneSlide = 24
  static let sharedSlide = 9
  private static let glyph = 2

  @inline(__always)
  private static func weight(of cell: ImageCell, after before: ImageCell) -> Int {
    glyph &+ (before.hasStyle(of: cell) ? 0 : styleChange)
  }

  /// Weighs the first cell of a row: nothing stands left of it.
  private static let firstWeight = glyph + styleChange

  /// Whether writing `rows` takes more bytes than that.
  func exceeds(_ limit: Int, in rows: Range<Int>) -> Bool {
    var sum = 0
    for row in rows {
      let isMore = old.withRow(row) { there in
        new.withRow(row) { cells in
          for column in cells.indices where cells[column] != there[column] {
            sum += column > 0 ? Self.weight(of: cells[column], after: cells[column - 1]) : Self.firstWeight
            if sum > limit { return true }
          }
          return false
        }
      }
      if isMore { return true }
    }
    return false
  }

  /// Of writing `row` where the screen holds the old row `source`.
  private func cost(ofRow row: Int, from source: Int) -> Int {
    old.withRow(source) { there in new.withRow(row) { Self.cost(of: $0) { there[$0] } } }
  }

  /// Of writing `row` where the screen is blank.
  private func costFromBlank(ofRow row: Int) -> Int { new.withRow(row) { Self.cost(of: $0) { _ in .blank } } }

  /// Without a branch in the loop: whether cells are equal is what a processor cannot foresee.
  @inline(__always)
  private static func cost(of cells: Cells, there: (Int) -> ImageCell) -> Int {
    guard let first = cells.first else { return 0 }
    var sum = first == there(0) ? 0 : firstWeight
    for column in 1..<max(1, cells.count) {
      let cell = cells[column]
      sum &+= cell == there(column) ? 0 : weight(of: cell, after: cells[column &- 1])
    }
    return sum
  }

  /// The rows for which moving by `distance` saves most; `nil` when it saves nothing.
  func bestScroll(by distance: Int) -> Scroll? {
    let sources = max(0, distance)..<new.rows + min(0, distance)
    guard !sources.isEmpty else { return nil }
    let overhead = 24
    let inPlace = (0..<new.rows).map {
      new.holdsSameCells(inRow: $0, as: old) ? 0 : cost(ofRow: $0, from: $0)
    }
    // Rows that are filled by the move, each with what that saves.
    let filled = sources.lowerBound - distance..<sources.upperBound - distance
    var best: (rows: Range<Int>, gain: Int)?
    var start = filled.lowerBound
    var sum = 0
    for row in filled {
      if sum <= 0 { (start, sum) = (row, 0) }
      sum += inPlace[row] - cost(ofRow: row, from: row + distance)
      guard sum - overhead > best?.gain ?? 0 else { continue }
      let targets = start..<row + 1
      let left =
        distance > 0
        ? targets.upperBound..<targets.upperBound + distance
        : targets.lowerBound + distance..<targets.lowerBound
      let total = left.reduce(sum - overhead) { $0 - costFromBlank(ofRow: $1) + inPlace[$1] }
      if total > best?.gain ?? 0 {
        best = (min(targets.lowerBound, left.lowerBound)..<max(targets.upperBound, left.upperBound), total)
      }
    }
    return best.map { Scroll(rows: $0.rows, distance: distance) }
  }

  /// About how many bytes moving `range` of `row` saves, without those of the slide itself.
  func gain(ofSliding range: Range<Int>, by distance: Int, in row: Int) -> Int {
    old.withRow(row) { old in
      new.withRow(row) { new in
        var gain = 0
        for column in range {
          let cell = new[column]
          let source = column &+ distance
          let moved = range.contains(source) ? old[source] : .blank
          let weight = column > 0 ? Self.weight(of: cell, after: new[column &- 1]) : Self.firstWeight
          gain &+= weight &* ((cell == moved ? 1 : 0) &- (cell == old[column] ? 1 : 0))
        }
        return gain
      }
    }
  }

  /// The columns of `row` for which moving by `distance` saves most, and about how many bytes.
  func bestSlide(in row: Int, by distance: Int) -> (slide: Slide, gain: Int)? {
    let columns = new.columns
    var best: (columns: Range<Int>, gain: Int)?
    withWeights(ofRow: row) { old, new, weights, losses in
      let filled = max(0, -distance)..<columns - max(0, distance)
      var first = filled.lowerBound
      var sum = 0
      // The loss in the columns that are left blank: those behind the current one, or those before the first.
      var left = losses[..<max(0, distance)].reduce(0, +)
      for column in filled {
        if distance > 0 { left += losses[column + distance] - losses[column] }
        let cell = new[column]
        let isRight = cell == old[column]
        if isRight == (cell == old[column + distance]) { continue }
        if sum <= 0 {
          (first, sum) = (column, 0)
          if distance < 0 { left = losses[first + distance..<first].reduce(0, +) }
        }
        sum += isRight ? -weights[column] : weights[column]
        guard !isRight, sum - Self.loneSlide - left > best?.gain ?? 0 else { continue }
        let end = column + 1 + max(0, distance)
        best = (first + min(0, distance)..<end, sum - Self.loneSlide - left)
      }
    }
    return best.map {
      (Slide(row: row, columns: $0.columns, distance: distance, screenColumns: columns), $0.gain)
    }
  }

  private typealias Bytes = UnsafeMutableBufferPointer<Int>

  /// Lends the old cells of `row`, the new ones, what each of those weighs, and how many bytes more it takes to write
  /// where the screen is blank.
  private func withWeights(ofRow row: Int, _ body: (Cells, Cells, Bytes, Bytes) -> Void) {
    old.withRow(row) { old in
      new.withRow(row) { new in
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * new.count) { room in
          let weights = Bytes(rebasing: room[..<new.count])
          let losses = Bytes(rebasing: room[new.count...])
          for column in new.indices {
            let cell = new[column]
            let weight = column > 0 ? Self.weight(of: cell, after: new[column &- 1]) : Self.firstWeight
            weights.initializeElement(at: column, to: weight)
            let isWrittenMore = (cell == old[column] ? 1 : 0) - (cell == .blank ? 1 : 0)
            losses.initializeElement(at: column, to: weight * isWrittenMore)
          }
          body(old, new, weights, losses)
        }
      }
    }
  }
}

extension ScreenImage {
  func row(_ row: Int) -> ArraySlice<ImageCell> { cells[row * columns..<(row + 1) * columns] }

  mutating func apply(_ scroll: Scroll) {
    let (rows, distance) = (scroll.rows, scroll.distance)
    let order = distance > 0 ? Array(rows) : Array(rows.reversed())
    for row in order {
      let source = row + distance
      if rows.contains(source) {
        for column in 0..<columns { cells[row * columns + column] = cells[source * columns + column] }
        hasWide[row] = hasWide[source]
      } else {
        for column in 0..<columns { cells[row * columns + column] = .blank }
        hasWide[row] = false
      }
    }
  }

  mutating func apply(_ slide: Slide) {
    let (range, distance) = (slide.columns, slide.distance)
    let start = slide.row * columns
    let order = distance > 0 ? Array(range) : Array(range.reversed())
    for column in order {
      let source = column + distance
      cells[start + column] = range.contains(source) ? cells[start + source] : .blank
    }
  }
}
