import Testing

/// The invariants of Sources/README.md that can be read off the source text: each is something that is not there.
@Suite struct AbsenceTests {
  private func sources(_ folder: String) -> [SwiftSource] {
    Checkout.files(below: folder, endings: ["swift"]).compactMap { path in
      (try? Checkout.text(path)).map { SwiftSource(path: path, text: $0) }
    }
  }

  private func lines(_ folder: String, where matches: (String) throws -> Bool) rethrows -> [String] {
    try sources(folder).flatMap { source in
      try source.lines.enumerated().filter { try matches($0.element) }.map {
        "\(source.path):\($0.offset + 1): \($0.element)"
      }
    }
  }

  @Test(arguments: ["EventModel", "Compression", "LogFormats"])
  func `decoders contain no force-unwrap, try! or as!`(room: String) {
    let found = sources("Sources/\(room)").flatMap { source in
      source.crashingLines.map { "\(source.path):\($0)" }
    }
    #expect(found.isEmpty, "these can crash on bytes from outside: \(found.joined(separator: ", "))")
  }

  @Test func `the search for crashes sees code only`() {
    let text = #"""
      let a = b!.count
      let c = try! d()
      let e = f as! G
      let h: Int! = nil
      if !i && j != k { "really!" }  // sure!
      let l = "\(m[0]!)"
      #expect(n[0]! == 1)
      """#
    #expect(SwiftSource(path: "x.swift", text: text).crashingLines == [1, 2, 3, 4, 6, 7])
  }

  @Test func `the matrix knows no string`() {
    let found = lines("Sources/EventMatrix") {
      $0.contains(/\b(String|Substring|Character|ForeignText|StaticString)\b/)
    }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  @Test func `the scene graph knows no colour and no metre`() {
    let found = lines("Sources/SceneGraph") {
      $0.contains(/(?i)\b\w*(colou?r|rgb|metre)\w*\b/)
    }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  @Test func `the session's digests never use Hasher, whose seed changes with every start`() {
    let found = lines("Sources") { $0.contains(/\b(Hasher\(\)|hashValue)\b/) }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }
}
