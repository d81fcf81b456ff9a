internal import EventModel

/// The cells that the chunks of a group have places for, in ascending order. Shared by its chunks.
final class CellDictionary: Sendable {
  let cells: [UInt32]

  init(_ cells: [UInt32]) { self.cells = cells }

  var count: Int { cells.count }
  var byteCount: Int { cells.count * 4 + 48 }

  /// A dictionary for a chunk whose cells are `active` (ascending): the neighbour's where it fits, so that the chunks
  /// stay in one group. At most half of its places stay empty.
  ///
  /// A new one gets room for every severity of each service, if that wastes less than half: rare severities keep
  /// turning up, and each would otherwise end the group.
  static func holding(_ active: [UInt32], beside neighbour: CellDictionary?) -> CellDictionary {
    let limit = active.count * 2
    let known = neighbour?.cells ?? []
    if let neighbour, known.count <= limit, known.holds(active) { return neighbour }
    let filled = active.withAllBands
    for candidate in [known.merged(with: filled), filled] where candidate.count <= limit {
      return CellDictionary(candidate)
    }
    return CellDictionary(active)
  }
}

extension [UInt32] {
  /// Whether every one of `others` is here; both ascending.
  func holds(_ others: [UInt32]) -> Bool {
    var index = 0
    for other in others {
      while index < count, self[index] < other { index += 1 }
      guard index < count, self[index] == other else { return false }
    }
    return true
  }

  /// All of both, ascending, each once.
  func merged(with others: [UInt32]) -> [UInt32] {
    guard !isEmpty else { return others }
    var all: [UInt32] = []
    all.reserveCapacity(count + others.count)
    var left = 0
    var right = 0
    while left < count || right < others.count {
      let cell = Swift.min(left < count ? self[left] : .max, right < others.count ? others[right] : .max)
      if left < count, self[left] == cell { left += 1 }
      if right < others.count, others[right] == cell { right += 1 }
      all.append(cell)
    }
    return all
  }

  /// Every severity that occurs in any of these cells, for every service that occurs.
  fileprivate var withAllBands: [UInt32] {
    let bandCount = UInt32(Severity.bandCount)
    let bands = reduce(into: UInt32(0)) { $0 |= 1 << ($1 % bandCount) }
    var all: [UInt32] = []
    var previous: UInt32?
    for service in self.lazy.map({ $0 / bandCount }) where service != previous {
      previous = service
      for band in 0..<bandCount where bands & (1 << band) != 0 { all.append(service * bandCount + band) }
    }
    return all
  }
}
