// LogFormats: bytes to events.
// Pure: no I/O, no clock, no zone database. Never crashes on any bytes, and never allocates by a number it has not checked.

/// How the records of one source are written: outer wrappings (prefixes put there by tools) and the layout inside.
public struct LogLayout: Hashable, Sendable, CustomStringConvertible {
  enum Base: String, CaseIterable, Sendable {
    case ndjson
    case otlp
    case jsonDocument = "json-document"
    case logfmt
    case syslog5424 = "syslog-5424"
    case journaldExport = "journald-export"
    case syslog3164 = "syslog-3164"
    case accessLog = "access-log"
    case nginxError = "nginx-error"
    case apacheError = "apache-error"
    case klog
    case log4j
    case pythonLogging = "python-logging"
    case javaLogging = "java-logging"
    case dotnetConsole = "dotnet-console"
    case text
    case plain
    case binary

    /// Record formats: every line (or document) is an event of its own, also without a time.
    var isRecordFormat: Bool {
      switch self {
      case .ndjson, .otlp, .jsonDocument, .logfmt, .syslog5424, .journaldExport: true
      default: false
      }
    }

    /// Whether a wrapping can stand around it: its records are lines.
    var isLineBased: Bool {
      switch self {
      case .otlp, .jsonDocument, .journaldExport, .binary: false
      default: true
      }
    }
  }

  enum Wrapping: String, CaseIterable, Sendable {
    case kubectlPrefix = "kubectl-prefix"
    case dockerCompose = "docker-compose"
    case stern
    case dockerJSON = "docker-json"
    case cri
    case kubectlTimestamps = "kubectl-timestamps"
  }

  let base: Base
  /// Outermost first.
  let wrappings: [Wrapping]
  /// What a file that is no log is instead.
  let binaryKind: String?

  init(_ base: Base, inside wrappings: [Wrapping] = [], binaryKind: String? = nil) {
    self.base = base
    self.wrappings = wrappings
    self.binaryKind = binaryKind
  }

  /// What `--read-as` takes and the screen says, for example `ndjson` or `kubectl-prefix + klog`.
  public var name: String {
    wrappings.isEmpty ? base.rawValue : (wrappings.map(\.rawValue) + [base.rawValue]).joined(separator: " + ")
  }
  public var description: String { name }

  /// The layout called `name` (`--read-as`); `nil` for a word that names none. Spaces around `+` do not matter.
  public init?(name: String) {
    var words = name.split(separator: "+", omittingEmptySubsequences: false).map { word in
      String(word.drop(while: { $0 == " " }).reversed().drop(while: { $0 == " " }).reversed())
    }
    guard let last = words.popLast(), let base = Base(rawValue: last), base != .binary, words.count <= 3
    else {
      return nil
    }
    var wrappings: [Wrapping] = []
    for word in words {
      guard let wrapping = Wrapping(rawValue: word), base.isLineBased else { return nil }
      wrappings.append(wrapping)
    }
    self.init(base, inside: wrappings)
  }

  /// Every name `init(name:)` takes with at most one wrapping, for help and "did you mean".
  public static var names: [String] {
    let bases = Base.allCases.filter { $0 != .binary }
    return bases.map(\.rawValue)
      + Wrapping.allCases.flatMap { wrapping in
        bases.filter(\.isLineBased).map { wrapping.rawValue + " + " + $0.rawValue }
      }
  }

  /// The layouts and what each is, in a few words, for help.
  public static var help: [(name: String, summary: String)] {
    Base.allCases.filter { $0 != .binary }.map { ($0.rawValue, $0.summary) }
  }

  /// The wrappings that may stand before a layout as `WRAPPING + LAYOUT`, for help.
  public static var wrappingHelp: [(name: String, summary: String)] {
    Wrapping.allCases.map { ($0.rawValue, $0.summary) }
  }

  /// What the layout is, in a few words of a person.
  public var summary: String {
    if let binaryKind { return "not a log: \(binaryKind)" }
    return ([base.summary] + wrappings.reversed().map(\.summary)).joined(separator: ", ")
  }

  /// Whether the source is no log at all (a program, a picture, a compressed file): there are no events to read.
  /// `summary` says what it seems to be.
  public var isBinary: Bool { base == .binary }

  /// Whether zeros, and bytes that are not UTF-8, belong to the format: values are written with their length.
  public var hasBinaryValues: Bool { base == .journaldExport }

  /// Whether no line has a time, so that every line is an event at the source's modification time.
  public var isWithoutTimes: Bool { base == .plain && !wrappings.contains(where: \.hasTime) }
}

extension LogLayout.Base {
  var summary: String {
    switch self {
    case .ndjson: "JSON, one object a line"
    case .otlp: "OpenTelemetry OTLP/JSON"
    case .jsonDocument: "JSON over many lines, or an array of records"
    case .logfmt: "key=value pairs (logfmt)"
    case .syslog5424: "syslog (RFC 5424)"
    case .journaldExport: "journal export (journalctl -o export)"
    case .syslog3164: "syslog (RFC 3164, time host tag)"
    case .accessLog: "web access log (common, combined, vhost)"
    case .nginxError: "nginx error log"
    case .apacheError: "Apache error log"
    case .klog: "klog or glog"
    case .log4j: "log4j or logback"
    case .pythonLogging: "Python logging"
    case .javaLogging: "java.util.logging (two lines)"
    case .dotnetConsole: ".NET console (two lines)"
    case .text: "text lines with a time"
    case .plain: "text lines without times"
    case .binary: "not a log"
    }
  }
}

extension LogLayout.Wrapping {
  var summary: String {
    switch self {
    case .kubectlPrefix: "prefixed by kubectl logs --prefix"
    case .dockerCompose: "prefixed by docker compose logs"
    case .stern: "prefixed by stern"
    case .dockerJSON: "inside Docker's json-file"
    case .cri: "inside a container runtime's log (CRI)"
    case .kubectlTimestamps: "after the time of kubectl logs --timestamps"
    }
  }

  var hasTime: Bool { self == .dockerJSON || self == .cri || self == .kubectlTimestamps }
}
