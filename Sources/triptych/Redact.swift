internal import ArgumentParser
internal import EventModel
internal import Glibc
internal import LogFormats
internal import Recording
internal import SceneGraph
internal import SessionHost

struct Redact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a recording without the values of some fields, or without known secrets.",
    discussion: """
      A value goes where its field stands and wherever else it does: in messages, notes, links and names. What is \
      counted stays as it is, so a field that says when, of which service or how severe is refused. The new file is \
      signed with your key; 'triptych verify' tells how much of it is as it was recorded. Before it gets its name it is \
      searched for every value; where one is found, nothing is written.

      FIELD is a name as 'triptych events' prints it, nested keys joined by dots; * stands for anything. Values of less \
      than 4 bytes (6 digits), and names of services, go only from their fields. The digest of what was stays in the \
      file: who can guess all the rest of a chunk can try out what was taken from it.

      Examples:
        triptych redact incident.mcap
        triptych redact incident.mcap --drop 'user.*' --hash client_ip --secrets drop -o public.mcap
      """)

  enum Secrets: String, ExpressibleByArgument, CaseIterable {
    case report, drop
  }

  @Argument(help: ArgumentHelp("A session file.", valueName: "file"), completion: .file())
  var file: String

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Values of this field go; a mark stays. Repeatable.", valueName: "field"))
  var drop: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Values of this field become codes, equal ones the same; nobody can turn them back. Repeatable.",
      valueName: "field"))
  var hash: [String] = []

  @Option(help: "Tokens, keys, passwords in addresses and card numbers: only told of, or taken out.")
  var secrets: Secrets?

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String?

  func validate() throws {
    for (option, fields) in [("--drop", drop), ("--hash", hash)] {
      for field in fields {
        guard !field.isEmpty else { throw ValidationError("\(option): the name of a field is missing") }
        guard !["time", "service", "severity"].contains(field) else {
          throw ValidationError(
            "\(option): '\(field)' is what the matrix counts by and cannot go; "
              + "to leave events out, cut a span with triptych cut")
        }
      }
    }
    if output == nil, !drop.isEmpty || !hash.isEmpty || secrets == .drop {
      throw ValidationError("name the file to write with -o FILE")
    }
  }

  func run() throws {
    guard !drop.isEmpty || !hash.isEmpty || secrets == .drop else { return try report() }
    guard let output else { return }
    let redaction: Redaction
    do {
      redaction = try Redaction(
        of: file, to: output, rules: RedactionRules(drop: drop, hash: hash), dropsSecrets: secrets == .drop,
        library: "triptych \(programVersion)", key: RecorderKey.ofPerson(environment: ProcessEnvironment.all))
    } catch {
      throw ProgramExit.environment("\(file): \(error)")
    }
    Output.print(lines(about: redaction, at: output).joined(separator: "\n"))
    let beside = RecordedNotes.besidePath(file)
    if access(beside, F_OK) == 0 {
      Output.complain("\(beside): notes beside the recording are not in the new file, and stay as they are")
    }
  }

  /// What could go, without a value of it.
  private func report() throws {
    let found: [FoundSecrets]
    do throws(RecordingError) { found = try Redaction.secrets(in: file) } catch {
      throw ProgramExit.environment("\(file): \(error)")
    }
    let name = SafeText(ForeignText(file)).string
    Output.print(found.isEmpty ? "\(name): no known secrets" : "\(name): known secrets")
    for line in Self.lines(about: found) { Output.print(line) }
    if secrets == .report {
      if !found.isEmpty { throw ProgramExit.findings }
      return
    }
    throw ValidationError(
      "say what is to go: --drop FIELD, --hash FIELD or --secrets drop, each with -o FILE; "
        + "'triptych events \(name) --limit 1' prints the fields")
  }

  private func lines(about redaction: Redaction, at output: String) -> [String] {
    let original = redaction.chunkCount - redaction.redactedChunkCount
    var lines = [
      "\(SafeText(ForeignText(output)).string): \(original) chunk\(original == 1 ? "" : "s") as recorded, "
        + "\(redaction.redactedChunkCount) redacted, \(redaction.valueCount) different values"
    ]
    for rule in redaction.places where rule.placeCount > 0 || rule != redaction.places.last {
      let words = SafeText(ForeignText(rule.words)).string
      lines.append("  \(words): \(rule.placeCount) place\(rule.placeCount == 1 ? "" : "s")")
    }
    if redaction.fieldOnlyCount > 0 {
      lines.append(
        "  \(redaction.fieldOnlyCount) values are too short, or names of services: gone from their fields only"
      )
    }
    if redaction.keptPlaceCount > 0 {
      lines.append("  \(redaction.keptPlaceCount) places stay: the value is a part of a time there")
    }
    if redaction.protectedFieldCount > 0 {
      lines.append(
        "  \(redaction.protectedFieldCount) fields stay: they say when, of which service or how severe")
    }
    if !redaction.leftOutAttachments.isEmpty {
      let names = redaction.leftOutAttachments.map { SafeText(ForeignText($0)).string }
      lines.append("  left out, since it cannot be searched: \(names.joined(separator: ", "))")
    }
    if secrets != .drop, !redaction.secrets.isEmpty {
      lines.append("  known secrets are still in it; --secrets drop takes them out:")
      lines += Self.lines(about: redaction.secrets).map { "  " + $0 }
    }
    return lines
  }

  private static func lines(about secrets: [FoundSecrets]) -> [String] {
    secrets.map { "  \($0.count) \($0.kind)\($0.count == 1 ? "" : "s"), first: \($0.firstPlace)" }
  }
}
