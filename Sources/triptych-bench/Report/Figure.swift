/// A number of the report, found in the lines of a run.
indirect enum Figure {
  case field(String, bench: String, name: String, tool: String = ResultLine.us, events: Int? = nil)
  /// What is known without measuring.
  case number(Double)
  case sum([Figure])
  /// The least of those that are there: the best peer.
  case least([Figure])
  /// The most; `nil` when one is missing.
  case most([Figure])
  case quotient(Figure, Figure)

  /// `nil` when it was not measured.
  func value(in lines: [ResultLine]) -> Double? {
    switch self {
    case .field(let field, let bench, let name, let tool, let events):
      return lines.last { line in
        line.bench == bench && line.name == name && line.tool == tool
          && (events == nil || line["events"] == events.map(Double.init)) && line[field] != nil
      }?[field]
    case .number(let number): return number
    case .sum(let figures):
      let values = figures.map { $0.value(in: lines) }
      return values.contains { $0 == nil } ? nil : values.compactMap(\.self).reduce(0, +)
    case .least(let figures): return figures.compactMap { $0.value(in: lines) }.min()
    case .most(let figures):
      let values = figures.map { $0.value(in: lines) }
      return values.contains { $0 == nil } ? nil : values.compactMap(\.self).max()
    case .quotient(let figure, let other):
      guard let value = figure.value(in: lines), let divisor = other.value(in: lines), divisor > 0 else {
        return nil
      }
      return value / divisor
    }
  }
}

extension Figure {
  /// What 19 of 20 runs did not exceed, where that was kept beside this median.
  var p95: Figure? {
    switch self {
    case .field(let field, let bench, let name, let tool, let events):
      let other = field.contains("p50") ? field.replacingFirst("p50", by: "p95") : field + "_p95"
      return .field(other, bench: bench, name: name, tool: tool, events: events)
    case .most(let figures):
      let others = figures.compactMap(\.p95)
      return others.count == figures.count ? .most(others) : nil
    case .number, .sum, .least, .quotient: return nil
    }
  }
}

extension String {
  fileprivate func replacingFirst(_ word: String, by other: String) -> String {
    let parts = split(separator: word, maxSplits: 1, omittingEmptySubsequences: false)
    return parts.count == 2 ? parts[0] + other + parts[1] : self
  }
}

/// How a number is written for people.
enum Unit {
  case seconds, milliseconds, microseconds, bytes, bytesPerSecond, bytesPerEvent, count, times

  func text(_ value: Double) -> String {
    switch self {
    case .seconds: value < 0.1 ? "\(Self.short(value * 1_000)) ms" : "\(Self.short(value)) s"
    case .milliseconds: value >= 1_000 ? "\(Self.short(value / 1_000)) s" : "\(Self.short(value)) ms"
    case .microseconds: value >= 1_000 ? "\(Self.short(value / 1_000)) ms" : "\(Self.short(value)) us"
    case .bytes: value >= 1_048_576 ? "\(Self.short(value / 1_048_576)) MiB" : "\(grouped(Int(value))) B"
    case .bytesPerSecond: "\(grouped(Int(value.rounded()))) B/s"
    case .bytesPerEvent: "\(Self.short(value)) B"
    case .count: grouped(Int(value.rounded()))
    case .times: "\(Self.short(value))x"
    }
  }

  /// Three digits, more only before the point.
  static func short(_ value: Double) -> String {
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
    let text = value.rounded(to: digits)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

/// A row of the report: ours, perhaps a peer's, perhaps what is to be reached.
struct ReportRow {
  var what: String
  var ours: Figure
  var unit: Unit
  var peer: (name: String, figure: Figure)?
  var bar: Bar?

  enum Bar {
    /// Ours alone, in the row's unit.
    case atMost(Double)
    case atLeast(Double)
    /// Ours divided by the peer's.
    case ratioAtMost(Double)
  }

  init(_ what: String, _ ours: Figure, _ unit: Unit, peer: (String, Figure)? = nil, bar: Bar? = nil) {
    self.what = what
    self.ours = ours
    self.unit = unit
    self.peer = peer
    self.bar = bar
  }

  enum Verdict: String {
    case met = "met"
    case missed = "**not met**"
    case unmeasured = "not measured"
    /// There is nothing to compare with.
    case unavailable = "not available"
    case none = ""
  }

  func ratio(in lines: [ResultLine]) -> Double? {
    guard let peer, let ours = ours.value(in: lines), let theirs = peer.figure.value(in: lines), theirs > 0
    else {
      return nil
    }
    return ours / theirs
  }

  func verdict(in lines: [ResultLine]) -> Verdict {
    guard let bar else { return .none }
    guard let ours = ours.value(in: lines) else { return .unmeasured }
    switch bar {
    case .atMost(let limit): return ours <= limit ? .met : .missed
    case .atLeast(let limit): return ours >= limit ? .met : .missed
    case .ratioAtMost(let limit):
      guard let ratio = ratio(in: lines) else { return .unavailable }
      return ratio <= limit ? .met : .missed
    }
  }

  /// A line of a Markdown table.
  func markdown(_ lines: [ResultLine]) -> String {
    let text = ours.value(in: lines).map(unit.text) ?? "not measured"
    let theirs = peer.map { peer in
      "\(peer.name) " + (peer.figure.value(in: lines).map(unit.text) ?? "not available")
    }
    let ratio = ratio(in: lines).map(Self.text(ofRatio:)) ?? ""
    let p95 = ours.p95?.value(in: lines).map(unit.text) ?? ""
    let cells = [what, text, p95, theirs ?? "", ratio, barText, verdict(in: lines).rawValue]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private var barText: String {
    switch bar {
    case .atMost(let limit): "<= \(unit.text(limit))"
    case .atLeast(let limit): ">= \(unit.text(limit))"
    case .ratioAtMost(let limit): "<= \(Self.text(ofRatio: limit))"
    case nil: ""
    }
  }

  /// `1/3.5` for what is smaller, `1.4x` for what is not.
  static func text(ofRatio ratio: Double) -> String {
    ratio < 0.95 ? "1/\(Unit.short(1 / ratio))" : "\(Unit.short(ratio))x"
  }

}
