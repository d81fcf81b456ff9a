import EventModel
import Testing

@Test func `severities rank from unknown to fatal and read by their own name only`() {
  #expect(Severity.allCases.map(\.name) == ["unknown", "trace", "debug", "info", "warn", "error", "fatal"])
  #expect(Severity.allCases == Severity.allCases.sorted())
  #expect(Severity.allCases.count == Severity.bandCount)
  #expect(Severity.allCases.allSatisfy { Severity(name: $0.name) == $0 })
  #expect(Severity(name: "Warn") == nil)
  #expect(Severity(name: "warning") == nil)
  #expect(Severity(name: "") == nil)
}

@Test func `a floor keeps itself and worse, and unknown only as the floor`() {
  #expect(SeveritySet.atLeast(.warn).severities == [.warn, .error, .fatal])
  #expect(SeveritySet.atLeast(.fatal).severities == [.fatal])
  #expect(SeveritySet.atLeast(.unknown) == .all)
  #expect(!SeveritySet.atLeast(.trace).contains(.unknown))
  #expect(SeveritySet.all.severities == Severity.allCases)
}

@Test func `a set holds only bits that are severities`() {
  #expect(SeveritySet(rawValue: 0xFF) == .all)
  #expect(SeveritySet([.init(.info), .init(.error)]).severities == [.info, .error])
  #expect(SeveritySet.all.subtracting(.atLeast(.trace)).severities == [.unknown])
}
