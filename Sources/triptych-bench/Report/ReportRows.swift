/// What issue 3 asks for, and the peers beside it.
enum ReportRows {
  static func rows(_ scale: BenchScale) -> [ReportRow] {
    files(scale) + matrix(scale) + events + terminal + recording
  }

  // MARK: Files

  private static func files(_ scale: BenchScale) -> [ReportRow] {
    let cpu = { (name: String, tool: String) in Figure.field("cpu_s", bench: "ingest", name: name, tool: tool)
    }
    let wall = { (name: String, tool: String) in
      Figure.field("wall_s", bench: "ingest", name: name, tool: tool)
    }
    let ours = ResultLine.us
    let size = scale.isFull ? "1 GB" : "43 MB"
    let textSize = scale.isFull ? "500 MB" : "16 MB"
    let exact = "\(size) NDJSON to exact matrix, CPU"
    var rows = [("DuckDB", "duckdb", 1.0 / 3), ("Polars", "polars", 0.25), ("lnav", "lnav", 0.1)].map {
      ReportRow(exact, cpu("log", ours), .seconds, peer: ($0.0, cpu("log", $0.1)), bar: .ratioAtMost($0.2))
    }
    rows += [
      ReportRow(exact, cpu("log", ours), .seconds, peer: ("chdb", cpu("log", "chdb"))),
      ReportRow("the same, wall clock", wall("log", ours), .seconds, peer: ("DuckDB", wall("log", "duckdb"))),
      ReportRow(
        "the same, both cores used: CPU / wall", .field("cores", bench: "ingest", name: "log"), .times,
        bar: .atLeast(1.5)),
      ReportRow(
        "the same, peak memory", peak("log"), .bytes, peer: ("lnav", peak("log", "lnav")),
        bar: .atMost(150 * mebibyte)),
      ReportRow(
        "first useful matrix on screen", screen("first_matrix_ms"), .milliseconds,
        peer: ("lnav", .field("first_matrix_ms", bench: "ingest", name: "screen", tool: "lnav")),
        bar: .ratioAtMost(0.2)),
      ReportRow("first useful matrix on screen", screen("first_matrix_ms"), .milliseconds, bar: .atMost(150)),
      ReportRow("exact matrix on screen", screen("exact_ms"), .milliseconds),
      ReportRow(
        "\(size) on screen until exact, CPU", screen("cpu_s"), .seconds,
        peer: ("lnav", cpu("log", "lnav")), bar: .ratioAtMost(0.1)),
      ReportRow(
        "\(size) on screen, peak memory", screen("peak_resident_bytes"), .bytes,
        peer: ("lnav", peak("log", "lnav")), bar: .atMost(150 * mebibyte)),
      ReportRow("opened again: exact matrix on screen", screen("again_ms"), .milliseconds, bar: .atMost(100)),
    ]
    rows += [("screen", "the screen"), ("matrix", "`matrix`"), ("buckets", "`matrix --bucket`")].map {
      ReportRow(
        "opened again after \($0.1): `triptych matrix`", wall("reopened-after-\($0.0)", ours), .seconds,
        bar: .atMost(0.1))
    }
    rows += ["syslog", "logback", "access"].map {
      ReportRow(
        "\(textSize) \($0) to exact matrix, CPU", cpu("text-\($0)", ours), .seconds,
        peer: ("lnav", cpu("text-\($0)", "lnav")), bar: .ratioAtMost(0.2))
    }
    rows += ["syslog", "logback", "access"].map {
      ReportRow(
        "\(textSize) \($0) on screen until exact, CPU", cpu("screen-text-\($0)", ours), .seconds,
        peer: ("lnav", cpu("text-\($0)", "lnav")), bar: .ratioAtMost(0.2))
    }
    rows += [("gz", "zcat"), ("zst", "zstd")].map {
      ReportRow(
        "\(size) \($0.0) to exact matrix, wall", wall("compressed-\($0.0)", ours), .seconds,
        peer: ($0.1, wall("compressed-\($0.0)", $0.1)), bar: .ratioAtMost(1.3))
    }
    rows += [
      ReportRow(
        "\(textSize) text on screen: peak memory", texts("peak_resident_bytes"), .bytes,
        bar: .atMost(120 * mebibyte)),
      ReportRow(
        "\(textSize) text on screen: idle memory", texts("idle_resident_bytes"), .bytes,
        bar: .atMost(40 * mebibyte)),
    ]
    for shape in HostileShape.allCases {
      let name = "hostile-\(shape.rawValue)"
      rows.append(ReportRow("hostile: \(shape.rawValue), wall clock", wall(name, ours), .seconds))
      rows.append(ReportRow("hostile: \(shape.rawValue), CPU", cpu(name, ours), .seconds))
      rows.append(ReportRow("hostile: \(shape.rawValue), peak memory", peak(name), .bytes))
      rows.append(
        ReportRow(
          "hostile: \(shape.rawValue), exact on screen",
          .field("exact_ms", bench: "ingest", name: "\(name)-screen"), .milliseconds))
      rows.append(
        ReportRow("hostile: \(shape.rawValue), peak memory on screen", peak("\(name)-screen"), .bytes))
    }
    return rows
  }

  private static let mebibyte = 1_048_576.0

  private static func peak(_ name: String, _ tool: String = ResultLine.us) -> Figure {
    .field("peak_resident_bytes", bench: "ingest", name: name, tool: tool)
  }

  private static func screen(_ field: String) -> Figure { .field(field, bench: "ingest", name: "screen") }

  /// The worst of the three text logs.
  private static func texts(_ field: String) -> Figure {
    .most(["syslog", "logback", "access"].map { .field(field, bench: "ingest", name: "screen-text-\($0)") })
  }

  // MARK: The matrix

  private static func matrix(_ scale: BenchScale) -> [ReportRow] {
    let least = scale.columnEvents.first ?? 0
    let most = scale.columnEvents.last ?? 0
    let words = most >= 1_000_000 ? "\(most / 1_000_000) M" : "\(most / 1_000) k"
    let p50 = { (name: String, tool: String, events: Int) in
      Figure.field("p50_us", bench: "matrix", name: name, tool: tool, events: events)
    }
    let ours = { (name: String) in p50(name, ResultLine.us, most) }
    let engines = [("DuckDB", "duckdb"), ("Polars", "polars"), ("chdb", "chdb")]
    let rollUps = Figure.least(engines.map { p50("rollup-pane", $0.1, most) })
    // Every width of the ladder at any place, and the whole: what a screen asks for.
    let anyPane = Figure.most([ours("pane"), ours("pane-same")])
    var rows = [
      ReportRow("pane 120 x 200 x 6, \(words) events", anyPane, .microseconds, bar: .atMost(60)),
      ReportRow(
        "the same", anyPane, .microseconds, peer: ("best roll-up", rollUps), bar: .ratioAtMost(1.0 / 500)),
      ReportRow(
        "pane, \(words) / \(least / 1_000) k events",
        .quotient(ours("pane"), p50("pane", ResultLine.us, least)), .times, bar: .atMost(1.5)),
      ReportRow("pane of columns of any width, anywhere", ours("pane-unaligned"), .microseconds),
    ]
    for (name, engine) in engines {
      rows.append(
        ReportRow("pane, raw events", ours("pane"), .microseconds, peer: (name, p50("pane", engine, most))))
      rows.append(
        ReportRow(
          "pane, roll-up to 1 s", ours("pane"), .microseconds, peer: (name, p50("rollup-pane", engine, most)))
      )
    }
    rows += [
      ReportRow(
        "pane, the same idea", ours("pane"), .microseconds, peer: ("numpy", p50("rollup-pane", "numpy", most))
      ),
      ReportRow(
        "dice, \(words) events", ours("dice"), .microseconds,
        peer: ("best raw", .least(engines.map { p50("dice", $0.1, most) })), bar: .atMost(10)),
      ReportRow(
        "dice, the same idea", ours("dice"), .microseconds, peer: ("numpy", p50("rollup-dice", "numpy", most))
      ),
      ReportRow(
        "locating a cell's events, \(words) events",
        .most(
          ["next-error", "previous-error", "last-100-errors"].map {
            .field("p50_us", bench: "drill", name: $0, events: most)
          }), .microseconds, bar: .atMost(10)),
      ReportRow(
        "any finer zoom, \(words) events", .most(["fine-100ms", "fine-10ms", "fine-1ms"].map(ours)),
        .microseconds,
        peer: ("best raw", .least(engines.map { p50("fine-100ms", $0.1, most) })), bar: .atMost(250)),
    ]
    // The fewer the events, the more a row costs each: the fewest that the limit is meant for.
    let usual = scale.columnEvents[1]
    let memory = { (field: String) in
      Figure.field(field, bench: "matrix", name: "add", events: usual)
    }
    rows += [
      ReportRow(
        "matrix rows, per event, \(usual / 1_000_000) M in an hour", memory("row_bytes_per_event"),
        .bytesPerEvent, bar: .atMost(2)),
      ReportRow(
        "locating index, per event, apart", memory("index_bytes_per_event"), .bytesPerEvent, bar: .atMost(6)),
    ]
    let services = { (name: String, field: String) in Figure.field(field, bench: "services", name: name) }
    // Rows of every service at every second, seven severities of four bytes: what services x time would cost.
    let dense = { (count: Int) in Figure.number(Double(count * 3_600 * 7 * 4)) }
    for count in [2_000, 10_000] {
      let name = "zipf-\(count)"
      rows += [
        ReportRow(
          "\(grouped(count)) services, 200 of them on screen: pane", services("\(name)-loudest", "p50_us"),
          .microseconds, peer: ("200 services", services("zipf-200-loudest", "p50_us")),
          bar: .ratioAtMost(2)),
        ReportRow(
          "\(grouped(count)) services: rows of the matrix", services(name, "row_bytes"), .bytes,
          peer: ("services x time", dense(count)), bar: .ratioAtMost(0.2)),
        ReportRow(
          "\(grouped(count)) services: index, per event", services(name, "index_bytes_per_event"),
          .bytesPerEvent,
          peer: ("200 services", services("zipf-200", "index_bytes_per_event"))),
      ]
    }
    return rows
  }

  // MARK: Raw events

  private static var events: [ReportRow] {
    let cpu = { (tool: String) in
      Figure.sum(FilterBench.patterns.map { .field("cpu_s", bench: "filter", name: $0.name, tool: tool) })
    }
    let drill = { (field: String) in Figure.field(field, bench: "drill", name: "screen") }
    var rows = [
      ReportRow(
        "last events of a cell on screen, cold", drill("cold_p50_ms"), .milliseconds, bar: .atMost(50)),
      ReportRow(
        "last events of a cell on screen, warm", drill("warm_p50_ms"), .milliseconds, bar: .atMost(10)),
      ReportRow(
        "filter: first matches on screen", .field("first_p50_ms", bench: "filter", name: "screen"),
        .milliseconds, bar: .atMost(100)),
      ReportRow(
        "filter: all matches on screen", .field("complete_p50_ms", bench: "filter", name: "screen"),
        .milliseconds),
      ReportRow(
        "filter: 2 literals and 3 regexes, CPU", cpu(ResultLine.us), .seconds, peer: ("ripgrep", cpu("rg")),
        bar: .ratioAtMost(2)),
    ]
    rows += FilterBench.patterns.map { pattern in
      ReportRow(
        "filter: \(pattern.name), CPU", .field("cpu_s", bench: "filter", name: pattern.name), .seconds,
        peer: ("ripgrep", .field("cpu_s", bench: "filter", name: pattern.name, tool: "rg")))
    }
    return rows
  }

  // MARK: Recordings

  private static var recording: [ReportRow] {
    let cost = { (field: String) in Figure.field(field, bench: "recording", name: "cost") }
    let size = { (tool: String) in Figure.field("bytes", bench: "recording", name: "size", tool: tool) }
    return [
      ReportRow(
        "recording, CPU beyond reading and compression, as a share of reading", cost("beyond_share"), .times,
        bar: .atMost(0.05)),
      ReportRow("recording, peak memory", cost("peak_resident_bytes"), .bytes),
      ReportRow(
        "size of a recording", size(ResultLine.us), .bytes, peer: ("Avro container", size("fastavro")),
        bar: .ratioAtMost(1.15)),
      ReportRow(
        "a recording's first frame", .field("frame_s", bench: "recording", name: "opening"), .seconds,
        bar: .atMost(0.1)),
      ReportRow(
        "a recording's first frame, peak memory",
        .field("frame_resident_bytes", bench: "recording", name: "opening"), .bytes,
        bar: .atMost(300 * mebibyte)),
      ReportRow(
        "a recording's exact counts on screen", .field("exact_s", bench: "recording", name: "opening"),
        .seconds),
    ]
  }

  // MARK: The terminal

  private static var terminal: [ReportRow] {
    let keys = { (field: String, name: String, tool: String) in
      Figure.field(field, bench: "keys", name: name, tool: tool)
    }
    let ours = { (field: String, name: String) in keys(field, name, ResultLine.us) }
    let latency = "latency-50000-events-per-s"
    var rows = [
      ReportRow(
        "first paint of 1 MB", ours("p50_ms", "first-paint"), .milliseconds,
        peer: ("less", keys("p50_ms", "first-paint", "less")), bar: .ratioAtMost(1.5)),
      ReportRow(
        "first paint of 1 MB", ours("p50_ms", "first-paint"), .milliseconds,
        peer: ("lnav", keys("p50_ms", "first-paint", "lnav"))),
      ReportRow(
        "frame 300 x 100: command to bytes, CPU", .field("frame_p50_us", bench: "frame", name: "zoom"),
        .microseconds, bar: .atMost(1_000)),
    ]
    // Of each key's first complete answer; and, of a key alone, until its details are on screen as well.
    for (words, name, percentiles) in [
      ("held key to last byte", latency, ("p50_ms", "p95_ms")),
      ("key alone to last byte of its answer", "latency-alone-50000-events-per-s", ("p50_ms", "p95_ms")),
      (
        "key alone to last byte, details included", "latency-alone-50000-events-per-s",
        ("details_p50_ms", "details_p95_ms")
      ),
    ] {
      rows += [
        ReportRow(
          "\(words), 50,000 events/s: p50", ours(percentiles.0, name), .milliseconds, bar: .atMost(2)),
        ReportRow(
          "\(words), 50,000 events/s: p95", ours(percentiles.1, name), .milliseconds, bar: .atMost(6)),
      ]
    }
    let limits = [
      ("cursor", "a cursor key", 100.0), ("pan-column", "a pan by a column", 3_000),
      ("pan-row", "a pan by a row", 3_000), ("zoom", "a zoom", 50_000),
    ]
    for (name, words, limit) in limits {
      for (way, addition) in [("held", "held"), ("alone", "alone, details included")] {
        let layouts = ["all-faces", "one-face"].map { ours("p50_bytes", "bytes-\(name)-\(way)-\($0)") }
        rows.append(
          ReportRow(
            "bytes of \(words), \(addition), 200 x 60, 256 colours", .most(layouts), .count,
            bar: .atMost(limit)))
      }
    }
    rows += [
      ReportRow("50 pans in a burst: frames", ours("most_frames", "burst-50-pans"), .count, bar: .atMost(6)),
      ReportRow(
        "50 pans in a burst: bytes", ours("most_bytes", "burst-50-pans"), .count, bar: .atMost(120_000)),
      ReportRow("idle", ours("bytes_per_s", "idle"), .bytesPerSecond, bar: .atMost(0)),
      ReportRow(
        "following at 2 Hz", ours("bytes_per_s", "following-2-hz"), .bytesPerSecond, bar: .atMost(1_024)),
    ]
    return rows
  }
}
