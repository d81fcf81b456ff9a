internal import ArgumentParser
internal import EventModel
internal import Recording
internal import SceneGraph

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what is in a recording, and how far it is verified.",
    discussion: """
      Reads the whole file.

      Example:
        triptych info incident.mcap
      """)

  @Argument(help: ArgumentHelp("Session files.", valueName: "file"), completion: .file())
  var files: [String]

  func run() throws {
    var openedCount = 0
    for file in files {
      do {
        let lines = try Self.lines(about: RecordingReader(path: file), at: file)
        if openedCount > 0 { Output.print("") }
        Output.print(lines.joined(separator: "\n"))
        openedCount += 1
      } catch let error as RecordingError {
        Output.complain("\(file): \(error)")
      }
    }
    if openedCount == 0 { throw ProgramExit.environment(nil) }
  }

  private static func lines(about reader: RecordingReader, at file: String) throws -> [String] {
    let size = SizeWords.text(reader.byteCount)
    let state = reader.isClosed ? "closed" : "never closed"
    var lines = [SafeText(ForeignText(file)).string, "  \(size), \(reader.chunkCount) chunks, \(state)"]
    do throws(RecordingError) {
      let proof = try RecordingProof(path: file)
      lines.append("  \(ProofWords.verdict(proof))")
      lines += proof.recorders.map { "  \(ProofWords.recorder($0, of: proof))" }
      if let redaction = proof.redaction { lines += ProofWords.lines(about: redaction, of: proof) }
    } catch {
      lines.append("  \(error.reason)")
    }
    for source in reader.sources { lines += Self.lines(about: source, reader) }
    for topic in reader.topics where topic.messageCount > 0 {
      lines.append("  \(SafeText(ForeignText(topic.name)).string): \(topic.messageCount)")
    }
    if !reader.attachmentNames.isEmpty {
      lines.append(
        "  attached: \(reader.attachmentNames.map { SafeText(ForeignText($0)).string }.joined(separator: ", "))"
      )
    }
    lines += reader.holes.map { "  bytes \($0.range.lowerBound)-\($0.range.upperBound): \($0.reason)" }
    return lines
  }

  private static func lines(about source: RecordedSource, _ reader: RecordingReader) -> [String] {
    var (events, bytes, damagedCount) = (0, 0, 0)
    var times: ClosedRange<Timestamp>?
    for chunk in source.chunks {
      guard let blocks = try? reader.blocks(of: source, inChunk: chunk).blocks else {
        damagedCount += 1
        continue
      }
      for block in blocks.map(\.block) {
        events += Int(block.eventCount)
        bytes += block.bytes.count
        guard let new = block.times else { continue }
        times = times.map { min($0.lowerBound, new.lowerBound)...max($0.upperBound, new.upperBound) } ?? new
      }
    }
    let name = SafeText(source.channel.name).string
    let span = times.map {
      ", \($0.lowerBound.rfc3339(fractionDigitCount: 3)) to \($0.upperBound.rfc3339(fractionDigitCount: 3))"
    }
    let damage = damagedCount > 0 ? ", \(damagedCount) damaged chunks" : ""
    return [
      "  source \(source.channel.number): \(name)",
      "    \(source.channel.layout), \(events) events, \(SizeWords.text(UInt64(bytes)))\(span ?? "")\(damage)",
    ]
  }
}
