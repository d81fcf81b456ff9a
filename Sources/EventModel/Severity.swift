// EventModel: what an event is, and which events are meant.
// Pure values: no I/O, no clock, no drawing, no log format. Every other room speaks in these words.

/// How bad an event is, in the seven bands of the matrix. `unknown` ranks first.
public enum Severity: UInt8, CaseIterable, Comparable, Hashable, Sendable {
  case unknown, trace, debug, info, warn, error, fatal

  /// The number of bands; cells of one service are `service * bandCount + severity`.
  public static let bandCount = 7

  /// The lower-case word used on screen, on the command line and in exports.
  public var name: String {
    switch self {
    case .unknown: "unknown"
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .warn: "warn"
    case .error: "error"
    case .fatal: "fatal"
    }
  }

  /// The band of exactly this lower-case `name`; `nil` for any other word.
  public init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  public static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
}

/// A set of severity bands; bit `n` stands for the band with raw value `n`.
public struct SeveritySet: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue & 0x7f }
  public init(_ severity: Severity) { self.init(rawValue: 1 << severity.rawValue) }

  public static let all = SeveritySet(rawValue: 0x7f)

  /// The bands at `floor` or worse; `unknown` is among them only when it is the floor itself.
  public static func atLeast(_ floor: Severity) -> SeveritySet {
    SeveritySet(rawValue: 0x7f << floor.rawValue)
  }

  public func contains(_ severity: Severity) -> Bool { rawValue & (1 << severity.rawValue) != 0 }

  /// The bands in rank order, `unknown` first.
  public var severities: [Severity] { Severity.allCases.filter(contains) }
}
