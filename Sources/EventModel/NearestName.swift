/// The one of `names` that `word` was probably meant to be, for "did you mean": at most one typing slip away for
/// words up to four characters, two for longer ones, case ignored. The first wins among equals.
///
/// O(names x word x name); words over 64 bytes have no neighbour.
public func nearestName(to word: String, in names: some Sequence<String>) -> String? {
  let wanted = Array(word.lowercased().utf8)
  guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
  let farthest = wanted.count <= 4 ? 1 : 2
  var best: (name: String, distance: Int)?
  for name in names {
    let candidate = Array(name.lowercased().utf8)
    guard abs(candidate.count - wanted.count) <= farthest else { continue }
    let distance = editDistance(wanted, candidate)
    if distance <= farthest && distance < best?.distance ?? .max { best = (name, distance) }
  }
  return best?.name
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `left` into `right` (Damerau's distance in
/// its restricted form: no swapped pair is edited again).
func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    for column in right.indices {
      var cost = min(
        previous[column + 1] + 1, current[column] + 1,
        previous[column] + (left[row] == right[column] ? 0 : 1))
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        cost = min(cost, beforePrevious[column - 1] + 1)
      }
      current.append(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
