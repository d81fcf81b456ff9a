internal import EventModel
internal import SessionHost

/// How it is put into words what came of doing a recorded session again.
enum ReplayWords {
  private static let differenceLimit = 5

  static func lines(_ check: ReplayCheck) -> [String] {
    let commands = "\(check.commandCount) command\(check.commandCount == 1 ? "" : "s") done again"
    guard check.comparedCount > 0 || !check.doubts.isEmpty || check.breach != nil else {
      return ["\(commands): no frames were recorded"]
    }
    let equalCount = check.comparedCount - check.differences.count
    var lines = ["\(commands): \(equalCount) of \(check.comparedCount) frames are the same"]
    for difference in check.differences.prefix(differenceLimit) {
      let time = difference.time.rfc3339(fractionDigitCount: 3)
      lines.append("  another frame at \(time), after \(difference.commandCount) commands")
    }
    let hidden = check.differences.count - differenceLimit
    if hidden > 0 { lines.append("  \(hidden) more differ") }
    lines += check.doubts.sorted { $0.key < $1.key }.map { "  \($1) cannot be compared: \($0)" }
    if let breach = check.breach { lines.append("  \(breach): what comes after it was not done again") }
    return lines
  }
}

extension ReplayCheck {
  /// Something is not as it was; frames that cannot be compared are none.
  var isFinding: Bool { !differences.isEmpty || breach != nil }
}
