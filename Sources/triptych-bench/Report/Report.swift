/// The Markdown report of a run.
struct Report {
  var lines: [ResultLine]
  var rows: [ReportRow]
  /// What ended badly: parts of the run without numbers, counts that differ.
  var failures: [String] = []

  /// With the rows that have neither a peer nor something to reach, or without.
  func markdown(everything: Bool) -> String {
    let shown = rows.filter { everything || $0.bar != nil || $0.peer != nil }
    let table =
      ["| what | ours | p95 | peer | ratio | to reach | |", "|---|---|---|---|---|---|---|"]
      + shown.map { $0.markdown(lines) }
    return ([summary] + failures.map { "- **failed**: \($0)" } + [""] + table).joined(separator: "\n") + "\n"
  }

  private var summary: String {
    let verdicts = rows.map { $0.verdict(in: lines) }.filter { $0 != .none }
    let met = verdicts.count { $0 == .met }
    let open = verdicts.count { $0 == .unmeasured || $0 == .unavailable }
    let scale =
      text("scale") == "small" ? "**Small scale: shows that the bench works, not what is reached.** " : ""
    return "\(scale)\(text("date")), \(text("machine")). \(text("versions")). \(text("sizes")). "
      + "\(met) of \(verdicts.count) met" + (open > 0 ? ", \(open) without a number." : ".")
  }

  private func text(_ name: String) -> String {
    lines.last { $0.bench == "machine" && $0.name == name }?.text("text") ?? "unknown \(name)"
  }

  static let startMark = "<!-- make bench -->"
  static let endMark = "<!-- end of make bench -->"

  /// `text` with what is between the marks replaced; `nil` when they are not there.
  static func replacing(in text: String, by table: String) -> String? {
    let parts = text.split(separator: startMark, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let rest = parts[1].split(separator: endMark, omittingEmptySubsequences: false)
    guard rest.count == 2 else { return nil }
    return parts[0] + startMark + "\n" + table + endMark + rest[1]
  }
}
