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

  /// - Parameter rows: those that changed lie inside.
  init(from old: ScreenImage, to new: ScreenImage, rows: Range<Int>, _ capabilities: StreamCapabilities) {
    guard capabilities.shiftsRows || capabilities.shiftsColumns else { return }
    let cost = RowCost(old, new)
    guard cost.exceeds(Self.worthLooking, in: rows) else { return }
    var before = old
    if capabilities.shiftsRows {
      while scrolls.count < 2, let scroll = Self.bestScroll(from: before, to: new, rows: rows) {
        scrolls.append(scroll)
        before.apply(scroll)
      }
    }
    if capabilities.shiftsColumns {
      slideDistance = Self.slideDistance(from: before, to: new, rows: rows)
    }
  }

  /// The slides that save bytes, at most one a row, from top to bottom. Rows that move alike are moved together, so
  /// most have the columns that most would choose.
  func slides(in rows: Range<Int>, from old: ScreenImage, to new: ScreenImage) -> [Slide] {
    guard let distance = slideDistance else { return [] }
    let cost = RowCost(old, new)
    let rows = rows.filter {
      !old.hasWide[$0] && !new.hasWide[$0] && !new.holdsSameCells(inRow: $0, as: old)
    }
    let best = rows.map { cost.bestSlide(in: $0, by: distance) }
    guard let common = Self.mostFrequent(best.compactMap { $0?.slide.columns }) else { return [] }
    return zip(rows, best).compactMap { row, own in
      let together = cost.gain(ofSliding: common, by: distance, in: row) - RowCost.sharedSlide
      if together > max(0, own?.gain ?? 0) {
        return Slide(row: row, columns: common, distance: distance, screenColumns: new.columns)
      }
      return own?.slide
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
    // About 40 cells in each of 8 rows: more would not say more.
    let columnStep = max(5, new.columns / 40 | 1)
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
    private var counts: [Int]
    private var total = 0

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
      guard let best, counts[best + farthest] >= max(least, total / 3) else { return nil }
      return best
    }
  }
}

// MARK: - Weighing

/// About how many bytes it takes to write what differs between two screens.
struct RowCost {
  private let old: ScreenImage
  private let new: ScreenImage

  init(_ old: ScreenImage, _ new: ScreenImage) {
    self.old = old
    self.new = new
  }

  /// Everything of one look is written together: what begins costs a step of the cursor.
  private static let styleChange = 4
  /// A slide by itself takes two moves and two shifts; one of many takes less.
  private static let loneSlide = 24
  static let sharedSlide = 9
  private static let glyph = 2

  @inline(__always)
  private static func weight(of cell: ImageCell, after before: ImageCell?) -> Int {
    glyph + (before?.style == cell.style ? 0 : styleChange)
  }

  func exceeds(_ limit: Int, in rows: Range<Int>) -> Bool {
    var sum = 0
    for row in rows {
      sum += cost(ofRow: row, from: row, limit: limit - sum)
      if sum > limit { return true }
    }
    return false
  }

  /// Of writing `row` where the screen holds the old row `source`; `nil`: where it is blank. Anything above `limit` where
  /// it is more than that.
  private func cost(ofRow row: Int, from source: Int?, limit: Int = .max) -> Int {
    let columns = new.columns
    return old.cells.withUnsafeBufferPointer { oldCells in
      new.cells.withUnsafeBufferPointer { newCells in
        let start = row * columns
        var sum = 0
        for column in 0..<columns {
          let cell = newCells[start + column]
          let there = source.map { oldCells[$0 * columns + column] } ?? .blank
          guard cell != there else { continue }
          sum += Self.weight(of: cell, after: column > 0 ? newCells[start + column - 1] : nil)
          if sum > limit { break }
        }
        return sum
      }
    }
  }

  /// The rows for which moving by `distance` saves most; `nil` when it saves nothing.
  func bestScroll(by distance: Int) -> Scroll? {
    let sources = max(0, distance)..<new.rows + min(0, distance)
    guard !sources.isEmpty else { return nil }
    let overhead = 24
    let inPlace = (0..<new.rows).map { cost(ofRow: $0, from: $0) }
    let fromBlank = (0..<new.rows).map { cost(ofRow: $0, from: nil) }
    // Rows that are filled by the move, each with what that saves.
    let filled = sources.lowerBound - distance..<sources.upperBound - distance
    let gains = filled.map { inPlace[$0] - cost(ofRow: $0, from: $0 + distance) }
    var best: (rows: Range<Int>, gain: Int)?
    var start = 0
    var sum = 0
    for (offset, gain) in gains.enumerated() {
      if sum <= 0 { (start, sum) = (offset, 0) }
      sum += gain
      let targets = filled.lowerBound + start..<filled.lowerBound + offset + 1
      let left =
        distance > 0
        ? targets.upperBound..<targets.upperBound + distance
        : targets.lowerBound + distance..<targets.lowerBound
      let total = sum - left.reduce(overhead) { $0 + fromBlank[$1] - inPlace[$1] }
      if total > best?.gain ?? 0 {
        best = (min(targets.lowerBound, left.lowerBound)..<max(targets.upperBound, left.upperBound), total)
      }
    }
    return best.map { Scroll(rows: $0.rows, distance: distance) }
  }

  /// About how many bytes moving `range` of `row` saves, without those of the slide itself.
  func gain(ofSliding range: Range<Int>, by distance: Int, in row: Int) -> Int {
    let start = row * new.columns
    return old.cells.withUnsafeBufferPointer { oldCells in
      new.cells.withUnsafeBufferPointer { newCells in
        var gain = 0
        for column in range {
          let cell = newCells[start + column]
          let source = column + distance
          let moved = range.contains(source) ? oldCells[start + source] : .blank
          let (isRight, willBeRight) = (cell == oldCells[start + column], cell == moved)
          guard isRight != willBeRight else { continue }
          let weight = Self.weight(of: cell, after: column > 0 ? newCells[start + column - 1] : nil)
          gain += willBeRight ? weight : -weight
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

  private typealias Cells = UnsafeBufferPointer<ImageCell>
  private typealias Bytes = UnsafeMutableBufferPointer<Int>

  /// Lends the old cells of `row`, the new ones, what each of those weighs, and how many bytes more it takes to write
  /// where the screen is blank.
  private func withWeights(ofRow row: Int, _ body: (Cells, Cells, Bytes, Bytes) -> Void) {
    old.withRow(row) { old in
      new.withRow(row) { new in
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * new.count) { room in
          let weights = Bytes(rebasing: room[..<new.count])
          let losses = Bytes(rebasing: room[new.count...])
          var before: ImageCell?
          for column in new.indices {
            let cell = new[column]
            let weight = Self.weight(of: cell, after: before)
            weights.initializeElement(at: column, to: weight)
            let isWrittenMore = (cell == old[column] ? 1 : 0) - (cell == .blank ? 1 : 0)
            losses.initializeElement(at: column, to: weight * isWrittenMore)
            before = cell
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
