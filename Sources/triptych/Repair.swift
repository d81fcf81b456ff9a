internal import ArgumentParser
internal import Recording

struct Repair: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a recording that was cut or damaged into a new, closed file.",
    discussion: """
      All that can be read is copied as it is, so that signatures still hold; what is damaged stays where it was, as a \
      stretch that readers skip. The file itself is not touched. Ends with 1 when something was damaged.

      Example:
        triptych repair cut.mcap -o whole.mcap && triptych info whole.mcap
      """)

  @Argument(help: ArgumentHelp("A session file.", valueName: "file"), completion: .file())
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  func run() throws {
    let repair: RecordingRepair
    do throws(RecordingError) {
      repair = try RecordingRepair(of: file, to: output)
    } catch {
      throw ProgramExit.environment("\(file): \(error)")
    }
    for hole in repair.holes {
      Output.complain("\(file): bytes \(hole.range.lowerBound)-\(hole.range.upperBound): \(hole.reason)")
    }
    if repair.cutByteCount > 0 {
      Output.complain(
        "\(file): the last \(repair.cutByteCount) bytes are a piece of a record; they are left out")
    }
    Output.print("\(output): \(repair.chunkCount) chunk\(repair.chunkCount == 1 ? "" : "s")")
    if !repair.holes.isEmpty { throw ProgramExit.findings }
  }
}
