internal import EventModel
internal import Glibc
internal import LogFiles
internal import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost

/// Notes kept between sessions in the state directory: one change of a note as JSON a line, the newest of each note.
///
/// Other sessions and editors write the same file: saving changes the line of one note and keeps all others, also those
/// that mean nothing to this version. A file that cannot be read is left as it is.
struct RememberedNotes {
  private static let file = "notes"
  private let store = UserDirectories(environment: ProcessEnvironment.all).state.map(StateStore.init)

  /// Those whose link names one of the sources; for pipes and commands, which have no name, those without any.
  func notes(about specifications: [SourceSpecification]) -> [Note] {
    let paths = Set(specifications.compactMap(\.wholePath))
    let own = all.filter { note in
      paths.isEmpty && note.link.sources.isEmpty || note.link.sources.contains(where: paths.contains)
        || note.link.sources.contains { source in paths.contains { source.hasPrefix($0 + "/") } }
    }
    // What was changed here after it was recorded stands.
    let known = Set(own.map(\.id))
    return paths.sorted().filter { $0.hasSuffix(".mcap") }.flatMap(RecordedNotes.notes).filter {
      !known.contains($0.id)
    }
      + own
  }

  private var all: [Note] {
    guard let text = try? store?.text(of: Self.file) else { return [] }
    return text.split(separator: "\n").compactMap { NoteChange(json: String($0)) }.filter { !$0.isDeleted }
      .map(\.note)
  }

  func save(_ change: NoteChange) -> Problem? {
    guard let store else { return nil }
    do {
      var lines = try (store.text(of: Self.file) ?? "").split(separator: "\n").map(String.init)
      if let index = lines.firstIndex(where: { NoteChange(json: $0)?.note.id == change.note.id }) {
        lines[index] = change.json
      } else {
        lines.append(change.json)
      }
      try store.store(lines.map { $0 + "\n" }.joined(), as: Self.file)
      return nil
    } catch {
      return error
    }
  }

  /// In the recording that is open, when that is what is open: they go with the file.
  ///
  /// - Returns: what went wrong, else what else there is to say of where it is.
  func save(_ change: NoteChange, in recording: String?) -> Result<SafeText, Problem> {
    guard let recording else { return save(change).map { .failure($0) } ?? .success(.empty) }
    do {
      let home = try RecordedNotes.keep(change, in: recording, library: "triptych \(programVersion)") {
        try RecorderKey.ofPerson(environment: ProcessEnvironment.all)
      }
      switch home {
      case .recording: return .success(" in the recording")
      case .beside(let path): return .success(" beside the recording: \(path)")
      }
    } catch {
      if let problem = save(change) { return .failure(problem) }
      return .success(" on this machine only: \("\(error)")")
    }
  }

  /// Who this process belongs to.
  static var author: ForeignText {
    ForeignText(ProcessEnvironment.all["USER"] ?? ProcessEnvironment.all["LOGNAME"] ?? "")
  }

  /// A new file; one that is there is somebody's work.
  static func write(_ lines: [SafeText], to path: String) -> Problem? {
    do {
      try NewFile.write(to: path) { try $0(Array((lines.map(\.string).joined(separator: "\n") + "\n").utf8)) }
      return nil
    } catch {
      guard case .environment(let reason?)? = error as? ProgramExit else {
        return Problem(at: SourceLine(file: path), "cannot be written")
      }
      return Problem(at: SourceLine(file: path), String(reason.dropFirst(path.utf8.count + 2)))
    }
  }
}

extension SourceSpecification {
  /// From the root; `nil` for what has no path.
  fileprivate var wholePath: String? {
    guard case .path(let path) = self, path != "-" else { return nil }
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }
}
