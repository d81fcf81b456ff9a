/// A place in a file that a person edits; prints as `file:line`, or `file` where the whole file is meant.
public struct SourceLine: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// The first line is 1.
  public var line: Int?

  public init(file: String, line: Int? = nil) {
    self.file = file
    self.line = line
  }

  public var description: String { line.map { "\(file):\($0)" } ?? file }
}

/// Something in a preference file that cannot be used as it stands; everything else in the file still is.
public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
  public var place: SourceLine
  public var reason: String
  /// What the person can do about it; `nil` where the reason says it already.
  public var remedy: String?

  public init(at place: SourceLine, _ reason: String, remedy: String? = nil) {
    self.place = place
    self.reason = reason
    self.remedy = remedy
  }

  /// One line: place, reason, remedy. Controls that came with the person's words are shown as `<U+001B>`, so that a
  /// message cannot move the cursor of the terminal it is printed on.
  public var description: String { line(at: place) }

  /// The same with the name of the file only, for where a line has no room for a path.
  public var shortDescription: String {
    var place = place
    if let slash = place.file.lastIndex(of: "/") { place.file = String(place.file[slash...].dropFirst()) }
    return line(at: place)
  }

  private func line(at place: SourceLine) -> String {
    var line = ""
    for scalar in ("\(place): \(reason)" + (remedy.map { "; \($0)" } ?? "")).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        line += "<U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ">"
      default:
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}

/// What could be read, with everything that could not.
public struct Loaded<Value> {
  public var value: Value
  public var problems: [Problem]

  public init(_ value: Value, problems: [Problem] = []) {
    self.value = value
    self.problems = problems
  }
}

extension Loaded: Sendable where Value: Sendable {}

/// Which of the known words a person most likely meant.
enum Suggestion {
  /// `did you mean 'x'?` for the nearest candidate, `nil` when none is near; ties go to the earlier candidate.
  static func remedy(for word: String, among candidates: [String]) -> String? {
    nearest(to: word, among: candidates).map { "did you mean '\($0)'?" }
  }

  static func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.lowercased().unicodeScalars.prefix(64))
    let limit = max(1, letters.count / 3)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let other = Array(candidate.lowercased().unicodeScalars.prefix(64))
      guard abs(other.count - letters.count) <= limit else { continue }
      let distance = editDistance(letters, other)
      if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.candidate
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  private static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in 1...left.count {
      var current = [row]
      for column in 1...right.count {
        let same = left[row - 1] == right[column - 1]
        var cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (same ? 0 : 1))
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          cost = min(cost, before[column - 2] + 1)
        }
        current.append(cost)
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}
