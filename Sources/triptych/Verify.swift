internal import ArgumentParser
internal import EventModel
internal import LogFiles
internal import Preferences
internal import Recording
internal import SceneGraph
internal import SessionHost

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a recording, byte for byte, against what its recorder has signed.",
    discussion: """
      Ends with 0 when all of it is as it was signed, with 1 when something is not, or when the file was never closed: \
      then it says up to where it is. A signature says that nothing was changed, left out or added; whose key it is, \
      you have to know (--key).

      Examples:
        triptych verify incident.mcap
        triptych verify incident.mcap --key 7323f87b... && echo ours
      """)

  @Argument(help: ArgumentHelp("Session files.", valueName: "file"), completion: .file())
  var files: [String]

  @Option(
    help: ArgumentHelp(
      "The recorder's public key, 64 digits, or their beginning (at least 16); another one is a finding.",
      valueName: "digits"))
  var key: String?

  @Flag(
    help: "Also do the recorded session again, and compare every frame that was recorded with what it shows.")
  var replay = false

  @Option(help: "Lines for people, or one json object a file.")
  var format: Sources.Format = .text

  func validate() throws {
    guard let key else { return }
    guard key.count >= 16, key.count <= 64, key.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
      throw ValidationError(
        "--key: 16 to 64 of the digits 0-9 and a-f are needed, as 'triptych info' prints them")
    }
  }

  func run() throws {
    var openedCount = 0
    var hasFindings = false
    var output = Output()
    for file in files {
      do throws(RecordingError) {
        let proof = try RecordingProof(path: file)
        openedCount += 1
        let strangers = strangers(in: proof)
        let check = try replay ? replayed(file) : nil
        hasFindings = hasFindings || !proof.isWhole || !strangers.isEmpty || check?.isFinding == true
        output.write(
          format == .text
            ? text(file, proof, strangers, check) : Self.json(file, proof, strangers, check))
      } catch {
        Output.complain("\(file): \(error)")
      }
    }
    output.flush()
    guard openedCount > 0 else { throw ProgramExit.environment(nil) }
    // A file that could not be looked at is not verified.
    if hasFindings || openedCount < files.count { throw ProgramExit.findings }
  }

  /// Keys that are not the one that was asked for.
  private func strangers(in proof: RecordingProof) -> [RecordingProof.Recorder] {
    guard let key else { return [] }
    return proof.recorders.filter { !$0.key.hasPrefix(key) }
  }

  private func replayed(_ file: String) throws(RecordingError) -> ReplayCheck {
    let settings = Configuration.load(environment: ProcessEnvironment.all).value
    return try ReplayCheck(
      of: file, options: ReadingOptions(settings, timeZone: LocalZone.ofProcess, follows: false))
  }

  // MARK: - For people

  private static let findingLimit = 20

  private func text(
    _ file: String, _ proof: RecordingProof, _ strangers: [RecordingProof.Recorder], _ check: ReplayCheck?
  ) -> [UInt8] {
    let name = SafeText(ForeignText(file)).string
    var lines = ["\(name): \(ProofWords.verdict(proof))"]
    for recorder in proof.recorders { lines.append("  \(ProofWords.recorder(recorder, of: proof))") }
    if let redaction = proof.redaction { lines += ProofWords.lines(about: redaction, of: proof) }
    for stranger in strangers {
      lines.append(
        "  chunks \(ProofWords.span(stranger.chunks)) are signed with another key than \(key ?? "")")
    }
    for finding in proof.findings.prefix(Self.findingLimit) {
      lines.append("  byte \(finding.offset): \(finding.reason)")
    }
    let hidden = proof.findings.count - Self.findingLimit
    if hidden > 0 { lines.append("  \(hidden) more findings") }
    if let check { lines += ReplayWords.lines(check).map { "  " + $0 } }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  // MARK: - For programs

  private static func json(
    _ file: String, _ proof: RecordingProof, _ strangers: [RecordingProof.Recorder], _ check: ReplayCheck?
  ) -> [UInt8] {
    var line = Array("{".utf8)
    JSONText.append(key: "file", isFirst: true, to: &line)
    JSONText.append(ForeignText(file), to: &line)
    func append(_ key: String, _ value: String) {
      JSONText.append(key: key, to: &line)
      line += Array(value.utf8)
    }
    append("whole", "\(proof.isWhole && strangers.isEmpty)")
    append("closed", "\(proof.isClosed)")
    append("end_signed", "\(proof.isEndSigned)")
    append("chunks", "\(proof.chunks.count)")
    append("verified_chunks", "\(proof.vouchedChunkCount)")
    JSONText.append(key: "verified_until", to: &line)
    if let until = proof.vouchedUntil {
      JSONText.append(ProofWords.time(until), to: &line)
    } else {
      line += Array("null".utf8)
    }
    if let check {
      append("commands", "\(check.commandCount)")
      append("frames", "\(check.comparedCount)")
      append("frames_differ", "\(check.differences.count)")
      append("frames_not_comparable", "\(check.doubts.values.reduce(0, +))")
    }
    append(
      "keys", "[" + proof.recorders.map { "\"\($0.key)\"" }.joined(separator: ",") + "]")
    if let redaction = proof.redaction {
      append("original_chunks", "\(redaction.chunkCount - redaction.redactedCount)")
      append("redacted_chunks", "\(redaction.redactedCount)")
      append(
        "original_keys", "[" + redaction.originalKeys.map { "\"\($0)\"" }.joined(separator: ",") + "]")
    }
    JSONText.append(key: "findings", to: &line)
    line.append(UInt8(ascii: "["))
    for (number, finding) in proof.findings.enumerated() {
      line += Array("\(number == 0 ? "" : ","){\"byte\":\(finding.offset),\"reason\":".utf8)
      JSONText.append(finding.reason, to: &line)
      line.append(UInt8(ascii: "}"))
    }
    return line + "]}\n".utf8
  }
}

/// How a proof is put into words.
enum ProofWords {
  static func verdict(_ proof: RecordingProof) -> String {
    let count = proof.chunks.count
    if proof.isWhole {
      let end = proof.isEndSigned ? "" : " (an earlier format: its end is not signed)"
      return "verified: \(count) chunk\(count == 1 ? "" : "s"), as they were signed\(end)"
    }
    let until = proof.vouchedUntil.map { "verified up to \(time($0))" } ?? "nothing is verified"
    let chunks = "\(proof.vouchedChunkCount) of \(count) chunk\(count == 1 ? "" : "s")"
    if !proof.findings.isEmpty {
      let findings = "\(proof.findings.count) finding\(proof.findings.count == 1 ? "" : "s")"
      return "NOT as it was signed: \(findings); \(until), \(chunks)"
    }
    let cut = proof.cutByteCount > 0 ? ", and cut in the middle of a record" : ""
    let end = proof.isEndSigned ? "" : "its end is not signed: it was cut, or its recorder never closed it; "
    return proof.isClosed ? "\(end)\(until), \(chunks)" : "was never closed\(cut); \(until), \(chunks)"
  }

  static func recorder(_ recorder: RecordingProof.Recorder, of proof: RecordingProof) -> String {
    proof.recorders.count == 1
      ? "by key \(recorder.key)" : "chunks \(span(recorder.chunks)) by key \(recorder.key)"
  }

  /// Of a redacted file: what is the recorder's and what is the word of whoever redacted.
  static func lines(about redaction: RedactionProof, of proof: RecordingProof) -> [String] {
    let (count, changed) = (redaction.chunkCount, redaction.redactedCount)
    let redactor = proof.recorders.first?.key ?? "-"
    let end = redaction.isEndSigned ? "" : " (up to the last signature: its end was not signed)"
    let pending =
      redaction.pendingCount > 0 ? "; for its last one nothing vouched in the original either" : ""
    let before = redaction.isOfRedacted ? ["  the original was redacted before, by that key"] : []
    return [
      "  redacted: \(count - changed) chunk\(count - changed == 1 ? "" : "s") original, by key \(redaction.originalKeys.joined(separator: ", "))\(pending)",
      "  \(changed) redacted by \(redactor): order and count proven\(end), content of \(changed) not",
    ] + before
      + redaction.rules.filter { $0.placeCount > 0 }.map { rule in
        "    \(SafeText(ForeignText(rule.words)).string): \(rule.placeCount) place\(rule.placeCount == 1 ? "" : "s")"
      }
  }

  /// Counted from 0, as `verify` and `info` do everywhere.
  static func span(_ chunks: Range<Int>) -> String {
    chunks.count <= 1 ? "\(chunks.lowerBound)" : "\(chunks.lowerBound)-\(chunks.upperBound - 1)"
  }

  static func time(_ nanoseconds: UInt64) -> String {
    Timestamp(nanoseconds: Int64(clamping: nanoseconds)).rfc3339(fractionDigitCount: 3)
  }
}
