import Testing

@testable import triptych_bench

@Suite struct QuantileTests {
  @Test func `a quantile is the smallest value that enough values do not exceed`() {
    let values = [9, 1, 8, 2, 7, 3, 6, 4, 10, 5].map(Double.init)
    #expect(values.median == 5)
    #expect(values.quantile(0.95) == 10)
    #expect(values.quantile(0.9) == 9)
    #expect(values.quantile(0) == 1)
    #expect(values.quantile(1) == 10)
    #expect([3.0].quantile(0.99) == 3)
    #expect([Double]().median.isNaN)
  }
}

@Suite struct ResultLineTests {
  @Test func `a line reads back as it was written`() {
    var line = ResultLine("matrix", "pane", tool: "polars \"x\"\\")
    line["p50_us"] = 12.5
    line["events"] = 100_000_000
    line.set("checksum", json: "18446744073709551615")
    line.set("exact", json: "true")
    line.set("text", text: "one\ntwo\t\u{1}")
    let read = ResultLine(json: line.json)
    #expect(read == line.replacingText("text", by: "one\ntwo\t?"))
    #expect(read?["events"] == 100_000_000)
    #expect(read?.json.contains("18446744073709551615") == true)
    #expect(read?.text("text") == "one\ntwo\t?")
    #expect(read?["text"] == nil)
    #expect(read?.text("p50_us") == nil)
  }

  @Test(
    arguments: [
      "", "{}", "Warning: deprecated", "{\"bench\": \"a\"}", "{\"bench\": \"a\", \"case\": \"b\"",
      "{\"bench\": \"a\", \"case\": \"b\"} more", "{\"bench\": \"a\", \"case\": \"b\", \"x\": [1]}",
      "{\"bench\": \"a\", \"case\": \"b\", \"x\": nothing}", "{\"bench\": \"a\" \"case\": \"b\"}",
    ])
  func `anything but a flat object with bench and case is no line`(text: String) {
    #expect(ResultLine(json: text) == nil)
  }

  @Test func `a line without a tool is ours`() {
    #expect(ResultLine(json: "{\"bench\": \"a\", \"case\": \"b\", \"x\": null}")?.tool == "triptych")
  }
}

extension ResultLine {
  fileprivate func replacingText(_ name: String, by text: String) -> ResultLine {
    var copy = self
    copy.set(name, text: text)
    return copy
  }
}

@Suite struct ReportTests {
  private let lines = [
    line("log", ["cpu_s": 0.5]), line("log", tool: "duckdb", ["cpu_s": 2]),
    line("log", tool: "polars", ["cpu_s": 1]),
    line("text", ["cpu_s": 3, "bytes": 3_145_728]),
  ]

  private static func line(_ name: String, tool: String = "triptych", _ fields: [String: Double])
    -> ResultLine
  {
    var line = ResultLine("ingest", name, tool: tool)
    for (field, value) in fields { line[field] = value }
    return line
  }

  private func cpu(_ name: String, _ tool: String = "triptych") -> Figure {
    .field("cpu_s", bench: "ingest", name: name, tool: tool)
  }

  @Test func `a ratio at the limit is met and one above is not`() {
    let row = { (limit: Double) in
      ReportRow("x", cpu("log"), .seconds, peer: ("DuckDB", cpu("log", "duckdb")), bar: .ratioAtMost(limit))
    }
    #expect(row(0.25).verdict(in: lines) == .met)
    #expect(row(0.24).verdict(in: lines) == .missed)
  }

  @Test func `a number at the limit is met and one above is not`() {
    #expect(ReportRow("x", cpu("text"), .seconds, bar: .atMost(3)).verdict(in: lines) == .met)
    #expect(ReportRow("x", cpu("text"), .seconds, bar: .atMost(2.999)).verdict(in: lines) == .missed)
  }

  @Test func `a number that must be reached is met at the limit and missed below it`() {
    let row = { (limit: Double) in ReportRow("x", cpu("text"), .times, bar: .atLeast(limit)) }
    #expect(row(3).verdict(in: lines) == .met)
    #expect(row(3.001).verdict(in: lines) == .missed)
    #expect(row(3).markdown(lines) == "| x | 3x |  |  |  | >= 3x | met |")
  }

  @Test func `what 19 of 20 runs did not exceed stands beside the median it belongs to`() {
    let lines = [
      Self.line("log", ["cpu_s": 0.5, "cpu_s_p95": 0.7]), Self.line("pane", ["p50_us": 3, "p95_us": 4]),
      Self.line("zoom", ["p50_us": 2, "p95_us": 9]), Self.line("text", ["cpu_s": 1]),
    ]
    let pane = { (name: String) in Figure.field("p50_us", bench: "ingest", name: name) }
    #expect(ReportRow("x", cpu("log"), .seconds).markdown(lines) == "| x | 0.5 s | 0.7 s |  |  |  |  |")
    #expect(ReportRow("x", pane("pane"), .microseconds).markdown(lines) == "| x | 3 us | 4 us |  |  |  |  |")
    #expect(Figure.most([pane("pane"), pane("zoom")]).p95?.value(in: lines) == 9)
    #expect(Figure.most([pane("pane"), .number(7)]).p95 == nil)
    #expect(ReportRow("x", cpu("text"), .seconds).markdown(lines) == "| x | 1 s |  |  |  |  |  |")
  }

  @Test func `a missing peer and a missing number of ours are two things, and neither is met`() {
    let peer = ReportRow("x", cpu("log"), .seconds, peer: ("lnav", cpu("log", "lnav")), bar: .ratioAtMost(9))
    #expect(peer.verdict(in: lines) == .unavailable)
    #expect(peer.markdown(lines) == "| x | 0.5 s |  | lnav not available |  | <= 9x | not available |")
    let ours = ReportRow("x", cpu("nothing"), .seconds, bar: .atMost(9))
    #expect(ours.verdict(in: lines) == .unmeasured)
    #expect(ours.markdown(lines) == "| x | not measured |  |  |  | <= 9 s | not measured |")
    #expect(ReportRow("x", cpu("log"), .seconds).verdict(in: lines) == .none)
  }

  @Test func `a row says ours, the peer's, the ratio, what is to be reached and whether it is`() {
    let row = ReportRow(
      "CPU", cpu("log"), .seconds, peer: ("DuckDB", cpu("log", "duckdb")), bar: .ratioAtMost(1.0 / 3))
    #expect(row.markdown(lines) == "| CPU | 0.5 s |  | DuckDB 2 s | 1/4 | <= 1/3 | met |")
  }

  @Test func `figures are sums, the best and the worst, and quotients`() {
    let both = [cpu("log", "duckdb"), cpu("log", "polars")]
    #expect(Figure.sum(both).value(in: lines) == 3)
    #expect(Figure.least(both).value(in: lines) == 1)
    #expect(Figure.most(both).value(in: lines) == 2)
    #expect(Figure.quotient(both[0], both[1]).value(in: lines) == 2)
    #expect(Figure.number(12).value(in: []) == 12)
    let withMissing = both + [cpu("log", "chdb")]
    // The best of the peers that are there; but a sum or a worst of some only would flatter.
    #expect(Figure.least(withMissing).value(in: lines) == 1)
    #expect(Figure.sum(withMissing).value(in: lines) == nil)
    #expect(Figure.most(withMissing).value(in: lines) == nil)
  }

  @Test func `a figure with a number of events takes only lines of that many`() {
    var small = ResultLine("matrix", "pane")
    small["events"] = 1_000
    small["p50_us"] = 5
    var great = small
    great["events"] = 100_000
    great["p50_us"] = 6
    let figure = { Figure.field("p50_us", bench: "matrix", name: "pane", events: $0) }
    #expect(figure(1_000).value(in: [small, great]) == 5)
    #expect(figure(100_000).value(in: [small, great]) == 6)
    #expect(figure(10).value(in: [small, great]) == nil)
  }

  @Test func `numbers are written for people`() {
    #expect(Unit.seconds.text(0.0123) == "12.3 ms")
    #expect(Unit.microseconds.text(34.04) == "34 us")
    #expect(Unit.microseconds.text(1_500) == "1.5 ms")
    #expect(Unit.bytes.text(3_145_728) == "3 MiB")
    #expect(Unit.count.text(120_000) == "120,000")
    #expect(Unit.bytesPerSecond.text(0) == "0 B/s")
    #expect(ReportRow.text(ofRatio: 0.25) == "1/4")
    #expect(ReportRow.text(ofRatio: 1.0 / 3) == "1/3")
    #expect(ReportRow.text(ofRatio: 1.25) == "1.25x")
    #expect(
      grouped(0) == "0" && grouped(999) == "999" && grouped(1_000) == "1,000"
        && grouped(4_550_000) == "4,550,000")
  }

  @Test func `the short report leaves out rows without peer and limit, and failures are in both`() {
    let rows = [
      ReportRow("kept", cpu("log"), .seconds, bar: .atMost(1)), ReportRow("left out", cpu("text"), .seconds),
      ReportRow("beside", cpu("log"), .seconds, peer: ("Polars", cpu("log", "polars"))),
    ]
    let report = Report(lines: lines, rows: rows, failures: ["`keys` ended with code 1"])
    #expect(report.markdown(everything: false).contains("kept"))
    #expect(report.markdown(everything: false).contains("beside"))
    #expect(!report.markdown(everything: false).contains("left out"))
    #expect(report.markdown(everything: true).contains("left out"))
    for everything in [false, true] {
      #expect(report.markdown(everything: everything).contains("- **failed**: `keys` ended with code 1"))
      #expect(report.markdown(everything: everything).contains("1 of 1 met."))
    }
  }

  @Test func `a table goes between the marks and nowhere else`() {
    let old = "before\n<!-- make bench -->\nold\n<!-- end of make bench -->\nafter\n"
    let new = Report.replacing(in: old, by: "new\n")
    #expect(new == "before\n<!-- make bench -->\nnew\n<!-- end of make bench -->\nafter\n")
    #expect(new.flatMap { Report.replacing(in: $0, by: "new\n") } == new)
    #expect(Report.replacing(in: "no marks", by: "new") == nil)
    #expect(Report.replacing(in: "<!-- make bench -->", by: "new") == nil)
  }

  @Test(arguments: BenchScale.allCases)
  func `every row of the report has words of its own or another peer`(scale: BenchScale) {
    let rows = ReportRows.rows(scale)
    #expect(rows.count > 50)
    let names = rows.map { "\($0.what) \($0.peer?.name ?? "") \($0.bar.map { "\($0)" } ?? "")" }
    #expect(Set(names).count == names.count)
  }
}

@Suite struct CellComparisonTests {
  private func difference(_ left: String, _ right: String) -> String? {
    CellComparison.firstDifference(Array(left.utf8), Array(right.utf8), names: ("ours", "theirs"))
  }

  @Test func `equal cells have no difference`() {
    #expect(difference("t,s,v,c\n1,a,info,2\n", "t,s,v,c\n1,a,info,2\n") == nil)
    // A newline at the end is no cell.
    #expect(difference("1,a,info,2\n", "1,a,info,2") == nil)
  }

  @Test func `the first cell that differs is named with both counts`() {
    #expect(
      difference("1,a,info,2\n2,b,warn,3\n3,c,warn,4\n", "1,a,info,2\n2,b,warn,5\n3,c,warn,6\n")
        == "first differing cell: 2,b,warn,3 (ours), 2,b,warn,5 (theirs)")
  }

  @Test func `cells that only one has are a difference`() {
    #expect(
      difference("1,a,info,2\n", "1,a,info,2\n2,b,warn,5\n")
        == "first differing cell: no more cells (ours), 2,b,warn,5 (theirs)")
  }
}

extension CellComparisonTests {
  private func moved(_ left: String, _ right: String) -> Int? {
    CellComparison.movedEventCount(Array(left.utf8), Array(right.utf8))
  }

  @Test func `events at another time are counted, and events of another service are something else`() {
    let ours = "time,service,severity,count\n1,a,info,2\n2,a,info,3\n2,b,warn,1\n"
    #expect(moved(ours, ours) == 0)
    #expect(moved(ours, "time,service,severity,count\n1,a,info,4\n2,a,info,1\n2,b,warn,1\n") == 2)
    #expect(moved(ours, "1,a,info,2\n2,a,info,3\n3,b,warn,1\n") == 1)
    #expect(moved(ours, "1,a,info,2\n2,a,info,3\n2,b,error,1\n") == nil)
    #expect(moved(ours, "1,a,info,2\n2,a,info,3\n") == nil)
    #expect(moved(ours, "") == nil)
  }
}

@Suite struct CountVerdictTests {
  @Test func `growth of over a tenth is too much, and a tenth is not`() {
    #expect(!CountVerdict(path: "decode", now: 1_100, stored: 1_000).isGrowth)
    #expect(CountVerdict(path: "decode", now: 1_101, stored: 1_000).isGrowth)
    #expect(!CountVerdict(path: "decode", now: 500, stored: 1_000).isGrowth)
    #expect(!CountVerdict(path: "decode", now: 500, stored: nil).isGrowth)
  }

  @Test func `a verdict says what changed and what to do`() {
    #expect(
      CountVerdict(path: "decode", now: 1_250, stored: 1_000).description
        == "instruction counts: decode: 1250, 25 % more than stored: too many; make it cheaper, or accept it with make bench-counts"
    )
    #expect(
      CountVerdict(path: "pane", now: 900, stored: 1_000).description
        == "instruction counts: pane: 900, 10 % fewer than stored")
    #expect(CountVerdict(path: "pane", now: 1_001, stored: 1_000).description.hasSuffix("as stored"))
    #expect(CountVerdict(path: "pane", now: 9, stored: nil).description.contains("make bench-counts"))
  }
}
