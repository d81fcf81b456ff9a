import EventModel
import SceneGraph

/// What all service names begin and end with (`ts-` and `-service`): left out of labels where they do not fit, and
/// said once above them.
struct SharedAffixes: Hashable {
  /// In bytes; both end at a separator.
  var prefixCount: Int
  var suffixCount: Int
  /// `ts-*-service`
  var pattern: SafeText

  /// `nil` when fewer than three names share nothing worth leaving out.
  init?(_ names: [ForeignText]) {
    guard names.count >= 3, let first = names.first?.bytes else { return nil }
    var prefix = first.count
    var suffix = first.count
    for name in names.dropFirst() {
      prefix = zip(first, name.bytes).prefix(prefix).prefix { $0 == $1 }.count
      suffix = zip(first.reversed(), name.bytes.reversed()).prefix(suffix).prefix { $0 == $1 }.count
    }
    let isSeparator = { (byte: UInt8) in "-_./:".utf8.contains(byte) }
    prefixCount = first[..<prefix].lastIndex(where: isSeparator).map { $0 + 1 } ?? 0
    let suffixStart = first[(first.count - suffix)...].firstIndex(where: isSeparator) ?? first.count
    suffixCount = first.count - suffixStart
    let shortest = names.map(\.bytes.count).min() ?? 0
    guard prefixCount + suffixCount >= 3, prefixCount + suffixCount < shortest else { return nil }
    pattern = "\(ForeignText(first[..<prefixCount]))*\(ForeignText(first[suffixStart...]))"
  }

  func shortened(_ name: ForeignText) -> ForeignText {
    ForeignText(name.bytes.dropFirst(prefixCount).dropLast(suffixCount))
  }
}

struct Labelling: Sendable {
  /// Of the screen, with the gap to the grid.
  var columns: Int
  /// What is left out of the labels.
  var affixes: SharedAffixes?
}

extension SessionState {
  /// How rows are labelled in `width` columns of a pane.
  func labelling(_ view: ViewState, width: Int) -> Labelling {
    facts.labellings.answer(for: LabelledWidth(rows: RowArrangement(view), width: width)) {
      labelling(of: allRows(of: view).prefix(2000), width: width)
    }
  }

  private func labelling(of rows: ArraySlice<ServiceRow>, width: Int) -> Labelling {
    let room = max(8, width / 4)
    let longest = rows.reduce(7) { max($0, min(40, rowLabel($1).displayWidth)) }
    guard longest + 1 > room, let affixes = SharedAffixes(rows.map(\.key.path)) else {
      return Labelling(columns: min(longest + 1, room), affixes: nil)
    }
    let shortened = rows.reduce(7) { max($0, min(40, rowLabel($1, without: affixes).displayWidth)) }
    return Labelling(columns: min(shortened + 1, room), affixes: affixes)
  }

  /// How a row is called: the path, or the folded branch with the number of services in it.
  func rowLabel(_ row: ServiceRow, without affixes: SharedAffixes? = nil) -> SafeText {
    switch row.key {
    case .service(let path):
      path.isEmpty ? "-" : SafeText(affixes?.shortened(path) ?? path, byteLimit: 120)
    case .branch(let path): "+ \(SafeText(path, byteLimit: 120)) (\(row.services.count))"
    }
  }
}
