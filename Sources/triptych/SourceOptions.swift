public import ArgumentParser
public import EventModel
internal import LogFiles
internal import LogFormats
internal import Preferences
internal import Session
internal import SessionHost

/// What to read, how, and which events of it: the same for every subcommand that shows events.
struct SourceOptions: ParsableArguments {
  @OptionGroup var reading: ReadingArguments
  @OptionGroup(title: "Which events") var selection: SelectionOptions

  /// Half-open; a time without a zone is in `--tz`.
  func range(now: Timestamp) throws -> TimeRange { try selection.range(in: try reading.zone(), now: now) }
}

/// What to read and how.
struct ReadingArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Files (plain, gzip, zstd), directories, FIFOs, or '-' for standard input.", valueName: "source"),
    completion: .file())
  var paths: [String] = []

  @Option(
    name: .customLong("cmd"),
    help: ArgumentHelp("Read what a shell command prints. Repeatable.", valueName: "command"))
  var commands: [String] = []

  @Option(
    name: .customLong("read-as"),
    help: ArgumentHelp(
      "How the sources are written, instead of what their first lines suggest.", valueName: "format"),
    completion: .list(LogLayout.names))
  var readAs: String?

  @Option(
    name: .customLong("map"),
    help: ArgumentHelp(
      "Where a part of an event is: time, service, severity or message = key (nested: a.b). Repeatable.",
      valueName: "field=key"))
  var maps: [String] = []

  @Option(
    name: .customLong("tz"),
    help: ArgumentHelp(
      "Zone of times that state none: Europe/Berlin, UTC, +02:00. Default: the one of this process.",
      valueName: "zone"))
  var zoneName: String?

  @Flag(
    name: .customLong("no-cache"),
    help: "Read big files from their beginning, and keep nothing for the next time.")
  var ignoresCache = false

  func validate() throws {
    if paths.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input ('-') is named twice") }
  }

  /// Throws `ValidationError` for words that mean nothing, with the nearest that does.
  func readingOptions(follows: Bool = false) throws -> ReadingOptions {
    let settings = Configuration.load(environment: ProcessEnvironment.all).value
    var options = ReadingOptions(settings, timeZone: try zone(), follows: follows)
    options.layout = try layout()
    options.fieldMap = try fieldMap()
    if ignoresCache { options.indexCache = nil }
    return options
  }

  /// Of times that state none.
  func zone() throws -> TimeZoneRules { try namedZone() ?? LocalZone.ofProcess }

  /// What `--tz` names; `nil` without it.
  func namedZone() throws -> TimeZoneRules? {
    guard let zoneName else { return nil }
    if let offset = ZoneOffset.seconds(zoneName) {
      return TimeZoneRules(name: zoneName, offsetSeconds: offset)
    }
    guard let zone = LocalZone.named(zoneName) else {
      throw ValidationError(
        "--tz: no zone is called '\(zoneName)'; take a name as in /usr/share/zoneinfo, UTC, or +02:00")
    }
    return zone
  }

  private func layout() throws -> LogLayout? {
    guard let readAs else { return nil }
    if let layout = LogLayout(name: readAs) { return layout }
    let hint = nearestName(to: readAs, in: LogLayout.names).map { "; did you mean '\($0)'?" } ?? "."
    throw ValidationError(
      "--read-as: no format is called '\(readAs)'\(hint) Known: "
        + LogLayout.help.map(\.name).joined(separator: ", ") + "; in front of each, followed by ' + ': "
        + LogLayout.wrappingHelp.map(\.name).joined(separator: ", "))
  }

  private func fieldMap() throws -> FieldMap {
    var map = FieldMap()
    for entry in maps {
      let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw ValidationError("--map: '\(entry)' is not FIELD=KEY, for example service=app.name")
      }
      guard map.add(parts[1], to: parts[0]) else {
        throw ValidationError(
          "--map: '\(parts[0])' is no part of an event; those are time, service, severity and message")
      }
    }
    return map
  }
}

/// Which events are meant.
struct SelectionOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Events at this time or later: 2026-11-23T03:07Z, '2026-11-23 03:07' (in --tz), 03:07 (today), -15m, or Unix time.",
      valueName: "time"))
  var from: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Events before this time.", valueName: "time"))
  var to: String?

  @Option(
    help: ArgumentHelp(
      "Services whose whole path matches ('*' also crosses '/'); with '!' in front, those that do not. Repeatable.",
      valueName: "glob"))
  var service: [String] = []

  @Option(help: "This severity and worse; 'unknown' events are among them only without this option.")
  var severity: Severity?

  @Option(
    help: ArgumentHelp(
      "Terms that must all hold: timeout, /time(d )?out/, status>=500, user=, !TERM. Repeatable.",
      valueName: "expression"))
  var filter: [String] = []

  var services: ServiceSelection { ServiceSelection(globs: service) }

  var severities: SeveritySet { severity.map(SeveritySet.atLeast) ?? .all }

  /// - Parameters:
  ///   - zone: of times that state none.
  ///   - whole: from the first event to the last, where that is known: a time of day is of the day it ends on. Otherwise
  ///     it is today's.
  func range(in zone: TimeZoneRules, of whole: TimeRange? = nil, now: Timestamp) throws -> TimeRange {
    let context = TimeContext(reference: whole?.end ?? now, range: whole, now: now, zone: zone)
    let start = try instant(from, option: "--from", context) ?? .first
    let end = try instant(to, option: "--to", context) ?? .last
    guard start <= end else { throw ValidationError("--from is later than --to: no event can be in between") }
    return TimeRange(start: start, end: end)
  }

  /// `nil` when everything is meant.
  func eventFilter() throws -> EventFilter? {
    guard !filter.isEmpty else { return nil }
    do {
      let parsed = try EventFilter(filter.joined(separator: " "))
      return parsed.isEverything ? nil : parsed
    } catch {
      throw ValidationError("--\(error)")
    }
  }

  private func instant(_ text: String?, option: String, _ context: TimeContext) throws -> Timestamp? {
    guard let text else { return nil }
    do {
      guard let time = try TimeExpression(text).resolved(in: context) else {
        throw ValidationError(
          "\(option): '\(text)' is known only after everything is read; write the time itself")
      }
      return time
    } catch let error as TimeExpressionError {
      throw ValidationError("\(option): \(error)")
    }
  }
}

extension ReadingOptions {
  /// As `settings` say, where the command line says nothing.
  init(_ settings: Configuration, timeZone: TimeZoneRules, follows: Bool) {
    self.init(
      timeZone: timeZone, follows: follows, now: WallClock.now, spoolLimit: Int64(settings.spoolLimit),
      followIntervalMs: settings.followIntervalMs)
    indexCache = IndexCache.ofProgram(settings)
  }
}

extension Severity: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument.lowercased()) }

  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension EventReading {
  /// Reads what `options` names and counts the events it means; in buckets of one width when that is given.
  static func atRest(_ options: SourceOptions, cellWidthNs: Int64? = nil) throws -> EventReading {
    let selection = try options.eventSelection()
    var reading = try options.reading.readingOptions()
    // Only a filter looks at raw events again, and whoever opens the file from what is kept of it.
    reading.keepsBlocks = selection.filter != nil || (cellWidthNs == nil && reading.indexCache != nil)
    return try .atRest(
      try options.reading.requiredSpecifications(), options: reading, range: selection.range,
      filter: selection.filter, cellWidthNs: cellWidthNs
    ).reported()
  }

  /// Reads what `arguments` names, without counting.
  static func uncounted(_ arguments: ReadingArguments) throws -> EventReading {
    try .atRest(
      arguments.requiredSpecifications(), options: try arguments.readingOptions(), countsEvents: false
    )
    .reported()
  }

  /// Prints one line for each thing that went wrong; throws (code 3) when nothing could be opened.
  func reported() throws -> EventReading {
    for problem in problems() { Output.complain(problem.description) }
    if statuses.allSatisfy({ $0.state == .failed && $0.tally.eventCount == 0 }) {
      throw ProgramExit.environment("nothing could be opened")
    }
    return self
  }
}
