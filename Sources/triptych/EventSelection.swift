internal import ArgumentParser
internal import EventModel
internal import LogFiles
internal import Session
internal import SessionHost

/// Which events a command line means: what a link among the sources says, narrowed or replaced by the options.
struct EventSelection {
  var range: TimeRange
  var services: ServiceSelection
  var severities: SeveritySet
  /// `nil` when everything is meant.
  var filter: EventFilter?
}

extension SourceOptions {
  /// Throws `ValidationError` for words that mean nothing.
  func eventSelection(now: Timestamp = WallClock.now) throws -> EventSelection {
    let link = try reading.link() ?? SessionLink()
    let asked = try range(now: now)
    let linked = TimeRange(start: link.from ?? .first, end: link.to ?? .last)
    let services = selection.services
    let filter = try selection.eventFilter() ?? .everything
    do {
      let both = filter.isEverything ? link.filter : try link.filter.adding(filter.expression)
      return EventSelection(
        range: linked.intersection(asked) ?? TimeRange(start: asked.start, end: asked.start),
        services: ServiceSelection(
          included: services.included.isEmpty ? link.services.included : services.included,
          excluded: link.services.excluded + services.excluded),
        severities: selection.severity.map(SeveritySet.atLeast) ?? link.severity.map(SeveritySet.atLeast)
          ?? .all,
        filter: both.isEverything ? nil : both)
    } catch {
      throw ValidationError("--\(error)")
    }
  }
}

extension ReadingArguments {
  /// The link among the sources; `nil` when there is none.
  func link() throws -> SessionLink? {
    let links = paths.filter(SessionLink.isLink)
    guard let text = links.first else { return nil }
    guard links.count == 1 else {
      throw ValidationError("\(links.count) links are named; one view opens at a time")
    }
    do {
      return try SessionLink(text)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// The sources in the order they were named: paths (a link stands for its own sources), then commands.
  func specifications() throws -> [SourceSpecification] {
    let link = try link()
    for key in link?.unknownKeys ?? [] {
      Output.complain("link: '\(key.repaired)' is no word of a link here; it is left out")
    }
    if let lens = link?.lens, Lens(rawValue: lens) == nil {
      let names = Lens.allCases.map(\.rawValue).joined(separator: ", ")
      Output.complain("link: no lens is called '\(lens)'; there are \(names)")
    }
    return paths.flatMap { path -> [SourceSpecification] in
      if SessionLink.isLink(path) { return (link?.sources ?? []).map { .path($0) } }
      return [path == "-" ? .standardInput : .path(path)]
    } + commands.map { .command($0) }
  }

  /// For subcommands that open nothing by themselves.
  func requiredSpecifications() throws -> [SourceSpecification] {
    let specifications = try specifications()
    guard specifications.isEmpty else { return specifications }
    throw ValidationError("no source: name a file, a directory, '-' for standard input, or use --cmd")
  }
}
