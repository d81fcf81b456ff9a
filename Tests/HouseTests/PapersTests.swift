import Foundation
import Testing

/// README, map, Makefile and change log say what is there, and what they say is there.
@Suite struct PapersTests {
  private var rooms: [String] { get throws { try Checkout.folders(in: "Sources") } }

  @Test func `one file of each room says first what the room is for and what it must never know`() throws {
    for room in try rooms {
      let texts = try Checkout.files(below: "Sources/\(room)", endings: ["swift", "h"]).map(Checkout.text)
      let introductions = texts.filter { $0.hasPrefix("// \(room): ") }
      #expect(introductions.count == 1, "\(introductions.count) files of \(room) start with '// \(room): '")
      let second = introductions.first?.split(separator: "\n", maxSplits: 2).dropFirst().first
      #expect(second?.hasPrefix("// ") == true, "\(room) does not say what it must never know (second line)")
    }
  }

  @Test func `the map names every room`() throws {
    let map = try Checkout.text("Sources/README.md")
    for room in try rooms {
      #expect(map.contains("`\(room)`"), "Sources/README.md says nothing about \(room)")
    }
  }

  @Test func `every room has tests`() throws {
    let tests = try Checkout.folders(in: "Tests")
    let plan = HousePlan.triptych
    let programs = ["triptych": "TriptychTests", "triptych-bench": "TriptychBenchTests"]
    for room in try rooms where !plan.isCModule(room) {
      let name = programs[room] ?? "\(room)Tests"
      #expect(tests.contains(name), "there is no Tests/\(name)")
      let found = Checkout.files(below: "Tests/\(name)", endings: ["swift"]).contains { path in
        (try? Checkout.text(path))?.contains("@Test") == true
      }
      #expect(found, "Tests/\(name) has no test")
    }
  }

  @Test(arguments: ["README.md", "Sources/README.md", "Tests/README.md", "CHANGELOG.md"])
  func `a make command that is written down exists`(path: String) throws {
    let makefile = try Checkout.text("Makefile")
    let text = try Checkout.text(path)
    for match in text.matches(of: /\bmake ([a-z][a-z-]*)(?=[ `\n])/)
    where text.isCode(at: match.range.lowerBound) {
      let name = String(match.1)
      #expect(
        makefile.contains("\n\(name):"), "\(path) says 'make \(name)', which the Makefile does not know")
    }
  }

  @Test func `every target that people call is in make help`() throws {
    let makefile = try Checkout.text("Makefile")
    for match in makefile.matches(of: /\n\.PHONY: ([a-z-]+)\n([^\n]*)/) {
      #expect(match.2.contains(" ## "), "make help says nothing about '\(match.1)'")
    }
  }

  @Test func `README leads with the two commands that do everything`() throws {
    let readme = try Checkout.text("README.md")
    let demo = try #require(readme.range(of: "make demo"))
    let test = try #require(readme.range(of: "make test"))
    #expect(readme.distance(from: readme.startIndex, to: demo.lowerBound) < 2_000)
    #expect(demo.lowerBound < test.lowerBound)
  }

  @Test func `the change log has a place for what is not released yet`() throws {
    #expect(try Checkout.text("CHANGELOG.md").contains("\n## Unreleased\n"))
  }

  @Test func `README shows the table of a whole bench, with its date and its machine`() throws {
    let parts = try Checkout.text("README.md").split(
      separator: "<!-- make bench -->", omittingEmptySubsequences: false)
    try #require(parts.count == 2, "README has one place where the table begins")
    let inner = parts[1].split(separator: "<!-- end of make bench -->", omittingEmptySubsequences: false)
    try #require(inner.count == 2, "README has one place where the table ends, after its beginning")
    let lines = inner[0].split(separator: "\n")
    let summary = try #require(lines.first, "there is no table: make bench, then make bench-readme")
    #expect(summary.contains(/\b20\d\d-\d\d-\d\d\b/), "the table has no date")
    #expect(summary.contains(/\d+ cores, \d+ GiB/), "the table names no machine")
    #expect(!summary.contains("Small scale"), "the table is of a small run")
    let rows = lines.filter { $0.hasPrefix("|") }.map { row in
      row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    let heads = ["what", "ours", "p95", "peer", "ratio", "to reach", ""]
    try #require(rows.first == heads, "the table has not the columns of a report")
    #expect(rows.count > 40)
    for row in rows.dropFirst(2) where row.count != heads.count || row[0].isEmpty || row[1].isEmpty {
      Issue.record("a row of the table is no row of a report: \(row)")
    }
    // One part may have gone wrong and says so; a table of a part alone is none.
    #expect(rows.count { $0.count > 1 && $0[1] == "not measured" } * 10 <= rows.count)
  }

  @Test func `links between our papers lead somewhere`() throws {
    for path in Checkout.files(below: "", endings: ["md"]) {
      let folder = path.split(separator: "/").dropLast().joined(separator: "/")
      for match in try Checkout.text(path).matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
        let target = folder.isEmpty ? String(match.1) : "\(folder)/\(match.1)"
        #expect(Checkout.exists(target), "\(path) links to \(match.1), which is not there")
      }
    }
  }

  @Test func `a release lays what a first paint runs side by side, each name once`() throws {
    let names = try Checkout.text(".ci/function-order").split(separator: "\n")
    #expect(Set(names).count == names.count)
    #expect(names.contains { $0.contains("8triptych15TerminalSession") })
    #expect(try Checkout.text(".ci/static-flags").contains("--symbol-ordering-file=$PWD/.ci/function-order"))
    #expect(try Checkout.text("Makefile").contains("-Xfrontend -Xswiftc -function-sections"))
  }

  @Test func `the licence is Apache 2.0`() throws {
    let licence = try Checkout.text("LICENSE")
    #expect(licence.contains("Apache License") && licence.contains("Version 2.0, January 2004"))
    #expect(licence.contains("END OF TERMS AND CONDITIONS"))
  }

  @Test func `no file names a place of the machine it was written on`() throws {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    let places = [Checkout.root.path, Checkout.root.deletingLastPathComponent().path, home]
      .filter { $0.split(separator: "/").count >= 2 || $0 == home && home.count > 1 }
    for path in Checkout.files(below: "") {
      guard let text = try? Checkout.text(path) else { continue }  // not UTF-8: a fixture
      for place in places where text.contains(place + "/") {
        Issue.record("\(path) contains \(place)/")
      }
    }
  }
}

extension String {
  /// Whether the place is inside backquotes or a fenced block: code, not prose.
  fileprivate func isCode(at index: Index) -> Bool {
    let before = self[..<index]
    let fences = before.matches(of: /(?m)^```/).count
    if fences % 2 == 1 { return true }
    let line = before.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
    return line.count { $0 == "`" } % 2 == 1
  }
}
