public import EventModel

public struct SessionLink: Hashable, Sendable {
  public struct Cell: Hashable, Sendable {
    public var time: Timestamp
    public var service: ForeignText
    public var severity: Severity?
  }
  public var sources: [String] = []
  public var from: Timestamp?
  public var to: Timestamp?
  public var services: [String] = []
  public var severity: Severity?
  public var filter: String?
  public var face: Int?
  public var lens: String?
  public var at: Cell?
  public init() {}
  public var text: String { "" }
}

public struct TimeExpressionError: Error { var description: String { "" } }
public struct TimeExpression {
  init(_ text: String) throws(TimeExpressionError) {}
  func resolved(reference: Timestamp, now: Timestamp, range: TimeRange?, zone: TimeZoneRules)
    throws(TimeExpressionError) -> Timestamp
  { reference }
}
extension TimeZoneRules { public func abbreviation(at time: Timestamp) -> String { name } }
extension Glob {
  /// Matches exactly `text` (a byte that a pattern cannot spell matches any byte).
  public init(literal text: ForeignText) {
    self.init(text.repaired)
  }
}
