/// A disk at some moment of a `DiskLog`: what is on it for sure, and what may be on it or not when the power goes.
///
/// Bytes and lengths are sure after `fsync` or `fdatasync` of their file, names after `fsync` of their folder. Until
/// then each change is there or not by itself, whatever the order, and of a write each sector.
struct CrashDisk {
  static let sectorByteCount = 512

  /// A change that may be lost.
  struct Pending {
    var operation: DiskLog.Operation
    /// A sync after it has failed: no later one can be believed about it.
    var isDoubtful = false

    var isName: Bool { [.created, .linked, .renamed, .unlinked].contains(operation.kind) }

    /// The parts of a write that reach the disk each by itself, in its data.
    var sectors: [Range<Int>] {
      var parts: [Range<Int>] = []
      var start = 0
      while start < operation.data.count {
        let place = operation.offset + start
        let end = min(
          operation.data.count,
          start + CrashDisk.sectorByteCount - place % CrashDisk.sectorByteCount)
        parts.append(start..<end)
        start = end
      }
      return parts
    }
  }

  /// What has become of a sector.
  enum Sector: UInt8 {
    case lost, kept
    /// The file has grown, and the bytes are zeros.
    case zeros
    /// The file has grown, and the bytes are what was on the disk before.
    case noise
  }

  /// What has become of a pending change: one sector each for a write, one for anything else.
  typealias Fate = [Sector]

  private(set) var names: [String: UInt64] = [:]
  private(set) var contents: [UInt64: [UInt8]] = [:]
  private(set) var pending: [Pending] = []
  /// Events that the program has called saved.
  private(set) var acknowledgedCount = 0
  private var folders: [UInt64: String] = [:]

  mutating func apply(_ operation: DiskLog.Operation) {
    switch operation.kind {
    case .written, .lengthSet, .created, .linked, .renamed, .unlinked:
      pending.append(Pending(operation: operation))
    case .opened: folders[operation.file] = operation.name
    case .synced: settle { !$0.isName && $0.operation.file == operation.file }
    case .folderSynced: settle { $0.isName }
    case .syncFailed:
      for index in pending.indices where pending[index].operation.file == operation.file {
        pending[index].isDoubtful = true
      }
    case .acknowledged:
      let lines = String(decoding: operation.data, as: UTF8.self).split(separator: "\n").map(String.init)
      acknowledgedCount = max(acknowledgedCount, ProbeRun.highest("SAVED", in: lines))
    case .closed, .failed: break
    }
  }

  private mutating func settle(_ isMeant: (Pending) -> Bool) {
    let settled = pending.filter { isMeant($0) && !$0.isDoubtful }
    pending.removeAll { isMeant($0) && !$0.isDoubtful }
    for change in settled {
      Self.perform(change, change.wholeFate, &names, &contents)
    }
  }

  /// The files that are found when the power comes back, by name.
  func files(after fates: [Fate]) -> [String: [UInt8]] {
    var names = names
    var contents = contents
    for (change, fate) in zip(pending, fates) { Self.perform(change, fate, &names, &contents) }
    return names.mapValues { contents[$0] ?? [] }
  }

  private static func perform(
    _ change: Pending, _ fate: Fate, _ names: inout [String: UInt64], _ contents: inout [UInt64: [UInt8]]
  ) {
    let operation = change.operation
    guard operation.kind == .written else {
      guard fate == [.kept] else { return }
      switch operation.kind {
      case .created, .linked: names[operation.name] = operation.file
      case .renamed: names[operation.secondName] = names.removeValue(forKey: operation.name)
      case .unlinked: names[operation.name] = nil
      default:
        let bytes = contents[operation.file] ?? []
        contents[operation.file] =
          bytes.prefix(operation.offset)
          + [UInt8](repeating: 0, count: max(0, operation.offset - bytes.count))
      }
      return
    }
    var bytes = contents.removeValue(forKey: operation.file) ?? []
    for (sector, part) in zip(fate, change.sectors) where sector != .lost {
      let start = operation.offset + part.lowerBound
      let end = operation.offset + part.upperBound
      if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
      switch sector {
      case .kept: bytes.replaceSubrange(start..<end, with: operation.data[part])
      case .noise:
        for place in start..<end { bytes[place] = UInt8(truncatingIfNeeded: place &* 167 >> 3 ^ start) }
      case .zeros, .lost: break
      }
    }
    contents[operation.file] = bytes
  }
}

extension CrashDisk.Pending {
  func fate(_ sector: CrashDisk.Sector) -> CrashDisk.Fate {
    Array(repeating: sector, count: operation.kind == .written ? sectors.count : 1)
  }

  var wholeFate: CrashDisk.Fate { fate(.kept) }
}

extension CrashDisk {
  /// What can become of the pending changes: all, none, each one and each two lost, each one alone kept, each write
  /// torn at each sector from either side and without each sector, grown without its data; and `drawCount` times
  /// anything for each sector.
  func fates(drawCount: Int, from generator: inout some RandomNumberGenerator) -> [[Fate]] {
    let whole = pending.map(\.wholeFate)
    let none = pending.map { $0.fate(.lost) }
    var all = [none, whole]
    for index in pending.indices {
      all.append(replacing(index, in: whole, by: none[index]))
      all.append(replacing(index, in: none, by: whole[index]))
      for second in pending.indices.dropFirst(index + 1).prefix(8) {
        all.append(replacing(second, in: replacing(index, in: whole, by: none[index]), by: none[second]))
      }
      guard pending[index].operation.kind == .written else { continue }
      for fate in tears(of: pending[index]) {
        all.append(replacing(index, in: whole, by: fate))
        all.append(replacing(index, in: none, by: fate))
      }
    }
    for _ in 0..<(pending.isEmpty ? 0 : drawCount) {
      all.append(pending.map { draw($0, from: &generator) })
    }
    return all
  }

  private func replacing(_ index: Int, in fates: [Fate], by fate: Fate) -> [Fate] {
    var fates = fates
    fates[index] = fate
    return fates
  }

  private func tears(of change: Pending) -> [Fate] {
    let whole = change.wholeFate
    var tears = [change.fate(.zeros), change.fate(.noise)]
    for sector in whole.indices {
      for other in [Sector.lost, .zeros, .noise] {
        var prefix = whole
        for lost in sector..<whole.count { prefix[lost] = other }
        var suffix = whole
        for lost in 0...sector { suffix[lost] = other }
        var hole = whole
        hole[sector] = other
        tears += [prefix, suffix, hole]
      }
    }
    return tears
  }

  private func draw(_ change: Pending, from generator: inout some RandomNumberGenerator) -> Fate {
    guard change.operation.kind == .written else {
      return [Bool.random(using: &generator) ? .kept : .lost]
    }
    return change.sectors.map { _ in
      Sector(rawValue: UInt8.random(in: 0...3, using: &generator)) ?? .kept
    }
  }
}
