internal import Compression
internal import EventModel
internal import Glibc
internal import LogFormats
internal import Recording

/// Finds out what a person named, and hands each readable thing on.
struct SourceOpener: Sendable {
  let hub: Hub
  let onFile: @Sendable (SourceReader, FileToRead) -> Void
  let onStream: @Sendable (SourceReader, StreamInput) -> Void
  let onRecorded: @Sendable (RecordedReading) -> Void
  /// A directory whose new files are to be looked for.
  let onFolder: @Sendable (ForeignText, SourceSpecification) -> Void

  /// A regular file, opened.
  struct FileToRead {
    var path: ForeignText
    var store: ByteStore
    var status: FileStatus
    /// Nobody else names it: followed through rotation.
    var hasName: Bool
  }

  static let folderFileLimit = 10_000
  private static let tooManyRemedy = "raise the limit with ulimit -n, or name fewer files"

  func open(_ specification: SourceSpecification) {
    switch specification {
    case .path("-"), .standardInput: openStandardInput(specification)
    case .command(let command): openCommand(command, specification)
    case .path(let path): openPath(ForeignText(path), specification)
    }
  }

  private func openPath(_ path: ForeignText, _ specification: SourceSpecification) {
    if let descriptor = inheritedDescriptor(path) {
      return openDescriptor(dup(descriptor), named: path, specification)
    }
    guard let status = FileStatus(path: path) else { return tellMissing(path, code: errno) }
    if status.isDirectory {
      openFolder(path, specification)
    } else if status.isRegular {
      openFile(path, specification, isInFolder: false)
    } else if status.isPipe {
      openPipe(path, specification)
    } else if status.isSocket {
      openSocket(path, specification)
    } else {
      tell(path, "neither a file, a directory nor a pipe", remedy: "give a log file, or - for standard input")
    }
  }

  private func tell(_ place: ForeignText, _ reason: String, remedy: String?, detail: ForeignText? = nil) {
    hub.tell(openingProblem: SourceProblem(place: place, reason: reason, detail: detail, remedy: remedy))
  }

  private func makeReader(
    _ name: ForeignText, _ specification: SourceSpecification, service: ForeignText, time: Timestamp? = nil
  ) -> SourceReader {
    let source = hub.add(specification: specification, name: name)
    return SourceReader(
      source: source, hub: hub, modificationTime: time ?? hub.options.now, defaultService: service)
  }
}

// MARK: Files and directories

extension SourceOpener {
  private enum Opening {
    /// It is open now, here or under another name.
    case opened
    case noLog
    /// Of a directory: no descriptor is left for it. Told once for all of them.
    case tooMany
    /// The system refuses, and that was told.
    case refused
  }

  @discardableResult
  private func openFile(
    _ path: ForeignText, _ specification: SourceSpecification, isInFolder: Bool
  ) -> Opening {
    let file: OpenFile
    do { file = try OpenFile.openKeepingReserve(path) } catch {
      if isInFolder, error.isOfTooManyFiles { return .tooMany }
      tellUnopened(path, error)
      return .refused
    }
    guard let status = file.status else { return .noLog }
    if let first = hub.claim(status.identity, name: path) {
      if !isInFolder {
        tell(path, "the same file as \(first.repaired)", remedy: "it is read once, under that name")
      }
      return .opened
    }
    return openFile(file, status, path, specification, hasName: true) ? .opened : .noLog
  }

  private func openFile(
    _ file: OpenFile, _ status: FileStatus, _ path: ForeignText, _ specification: SourceSpecification,
    hasName: Bool
  ) -> Bool {
    if isRecording(file) { return openRecording(file, path, specification) }
    let store: ByteStore
    switch checkedStore(file, path) {
    case .some(let found): store = found
    case .none: return false
    }
    let reader = makeReader(
      path, specification, service: hasName ? PathNaming.defaultService(ofFile: path) : ForeignText("stdin"),
      time: status.modificationTime)
    onFile(reader, FileToRead(path: path, store: store, status: status, hasName: hasName))
    return true
  }

  private func isRecording(_ file: OpenFile) -> Bool {
    var head = [UInt8](repeating: 0, count: RecordingReader.magic.count)
    let count = head.withUnsafeMutableBytes { try? file.read(at: 0, into: $0) }
    return count == head.count && head == RecordingReader.magic
  }

  /// Each source in it is a source of its own, as it was when it was recorded.
  private func openRecording(
    _ file: OpenFile, _ path: ForeignText, _ specification: SourceSpecification
  ) -> Bool {
    let recording: RecordingReader
    do throws(RecordingError) {
      recording = try RecordingReader(descriptor: file.descriptor)
    } catch {
      tell(path, error.reason, remedy: error.remedy)
      return false
    }
    let sources = recording.sources
    if sources.isEmpty {
      tell(
        path,
        recording.profile == "triptych"
          ? "a recording without events" : "an MCAP file in which no recorder of ours has put a log",
        remedy: "see what is in it with triptych info \(path.repaired)")
      return false
    }
    if !recording.isClosed, let last = recording.times?.upperBound {
      hub.tell(
        .note(
          SourceProblem(
            place: path, reason: "the recording was never closed; it holds what came until \(last.rfc3339())",
            remedy: "see how much of it is signed with triptych verify")))
    }
    let known = sources.compactMap { source in
      reader(of: source, path, specification).map { (source, $0) }
    }
    let reading = RecordedReading(
      recording: recording, path: path, hub: hub, sources: known.map(\.0), readers: known.map(\.1))
    if known.count == sources.count { tellTiles(of: reading) }
    onRecorded(reading)
    return true
  }

  /// What its recorder has counted: only signed for, and only while it speaks of all there is to read.
  private func tellTiles(of reading: RecordedReading) {
    guard hub.options.samplesFrom != nil, hub.options.countsEvents,
      let tiles = reading.recording.signedAttachment(named: RecordedTiles.name).flatMap(RecordedTiles.init)
    else { return }
    var numbers: [ServiceID] = []
    hub.number(tiles.names, into: &numbers)
    hub.tell(
      counted: .sampled(SampledCounts(tiles, of: reading.readers.map(\.source.id), services: numbers)))
  }

  /// `nil` for what nobody here can decode, which has been told then.
  private func reader(
    of source: RecordedSource, _ path: ForeignText, _ specification: SourceSpecification
  ) -> SourceReader? {
    guard let (layout, options) = source.channel.decoding else {
      tell(
        path,
        "its source \(source.channel.name.repaired) is written as '\(source.channel.layout)', unknown here",
        remedy: "open it with a newer triptych")
      return nil
    }
    let entry = hub.add(specification: specification, name: source.channel.name)
    return SourceReader(source: entry, hub: hub, layout: layout, options: options)
  }

  /// The store for a file by its first bytes; `nil` when it is not a log, which has been told then.
  private func checkedStore(_ file: OpenFile, _ path: ForeignText) -> ByteStore? {
    var head = [UInt8](repeating: 0, count: BinaryContent.lookedAtByteCount)
    var failure: ReadFailure?
    func read(_ store: ByteStore) -> Int {
      head.withUnsafeMutableBytes { buffer in
        do throws(ReadFailure) { return try ByteCursor(store).read(at: 0, into: buffer) } catch {
          failure = error
          return 0
        }
      }
    }
    var store = ByteStore.plain(file)
    var count = read(store)
    if let format = head.withUnsafeBytes({ CompressionFormat.recognised(in: .init(rebasing: $0[..<count])) })
    {
      switch format {
      case .gzip: store = .gzip(file, Marks { $0.outputOffset })
      case .zstd: store = .zstd(file, Marks { $0.outputOffset })
      }
      failure = nil
      count = read(store)
    }
    // Damage at the very start of compressed data is told by the reader, with its place.
    if let failure, store.compression == nil {
      tell(path, failure.reason, remedy: failure.remedy)
      return nil
    }
    if hub.options.layout == nil,
      let layout = head.withUnsafeBytes({ LogLayout.binary(in: .init(rebasing: $0[..<count])) })
    {
      tell(path, layout.summary, remedy: BinaryContent.remedy(for: layout, at: path))
      return nil
    }
    return store
  }

  private func openFolder(_ path: ForeignText, _ specification: SourceSpecification) {
    var visit = FolderVisit()
    walk(path, specification, depth: 0, &visit)
    if hub.options.follows { onFolder(path, specification) }
    if visit.fileCount > visit.limit {
      tell(
        path, "more than \(visit.limit) files; the others are left out",
        remedy: "name a directory further down")
    }
    if visit.unopenedCount > 0 {
      tell(
        path,
        "\(visit.unopenedCount) \(visit.unopenedCount == 1 ? "file was" : "files were") not opened: too many open files",
        remedy: Self.tooManyRemedy)
    }
    // What was refused has been told, and may be all logs.
    guard visit.openedCount == 0, visit.refusedCount == 0, visit.unopenedCount == 0 else { return }
    tell(
      path, visit.fileCount == 0 ? "a directory without files" : "a directory without logs",
      remedy: "name a directory that holds text logs")
  }

  private struct FolderVisit {
    let limit = SourceOpener.folderFileLimit
    /// Looking again: only files that are new, and nothing is told twice.
    var isLaterVisit = false
    var knownNames: Set<ForeignText> = []
    var fileCount = 0
    var openedCount = 0
    var refusedCount = 0
    /// For want of descriptors.
    var unopenedCount = 0

    /// Rotation gives known content another name (`app.log.1`, `app.log-20261123`), or a known name another file,
    /// which its follower sees.
    func isKnown(_ path: ForeignText) -> Bool {
      if knownNames.contains(path) { return true }
      return path.bytes.indices.contains { index in
        let byte = path.bytes[index]
        guard byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") else { return false }
        return knownNames.contains(ForeignText(path.bytes[..<index]))
      }
    }
  }

  /// Opens files that have come into a directory since it was walked.
  func lookAgain(at folder: ForeignText, _ specification: SourceSpecification) {
    var visit = FolderVisit(isLaterVisit: true, knownNames: Set(hub.sources.map(\.status.name)))
    walk(folder, specification, depth: 0, &visit)
  }

  /// Hidden names and links to directories are left out.
  private func walk(
    _ folder: ForeignText, _ specification: SourceSpecification, depth: Int, _ visit: inout FolderVisit
  ) {
    let names: [ForeignText]
    do { names = try Folder.names(in: folder) } catch {
      visit.refusedCount += 1
      return visit.isLaterVisit ? () : tellUnopened(folder, error)
    }
    for name in names where name.bytes.first != UInt8(ascii: ".") {
      let path = Folder.path(folder, name)
      guard !hub.closing.isSet, visit.fileCount <= visit.limit else { return }
      guard let status = FileStatus(path: path) else { continue }
      if status.isDirectory {
        let isLink = FileStatus(path: path, followsLinks: false)?.isLink ?? true
        if !isLink, depth < 32 { walk(path, specification, depth: depth + 1, &visit) }
      } else if status.isRegular {
        visit.fileCount += 1
        guard visit.fileCount <= visit.limit else { return }
        if visit.isLaterVisit, visit.isKnown(path) || hub.isClaimed(status.identity) { continue }
        switch openFile(path, specification, isInFolder: true) {
        case .opened: visit.openedCount += 1
        case .refused: visit.refusedCount += 1
        case .tooMany: visit.unopenedCount += 1
        case .noLog: break
        }
      }
    }
  }

  private func tellMissing(_ path: ForeignText, code: Int32) {
    guard code == ENOENT || code == ENOTDIR else { return tellUnopened(path, SystemError(code: code)) }
    let (missing, nearest) = PathNaming.missingPart(of: path)
    let reason = missing == path ? "no such file or directory" : "\(missing.repaired) does not exist"
    tell(path, reason, remedy: nearest.map { "did you mean '\($0.repaired)'?" } ?? "check the path")
  }

  private func tellUnopened(_ path: ForeignText, _ error: SystemError) {
    switch error.code {
    case EACCES, EPERM:
      tell(
        path, "no permission to read it",
        remedy: "ask for membership of its group, or read it with --cmd 'sudo cat \(path.repaired)'")
    case _ where error.isOfTooManyFiles: tell(path, "too many open files", remedy: Self.tooManyRemedy)
    default: tell(path, "cannot be opened (\(error))", remedy: "check the path and the disk or mount")
    }
  }
}

// MARK: Pipes, sockets, commands

extension SourceOpener {
  private func openStandardInput(_ specification: SourceSpecification) {
    openDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), named: ForeignText("-"), specification)
  }

  /// `/dev/stdin` and `/dev/fd/N` are ours already; opening them again would lose what a writer that is gone left.
  private func inheritedDescriptor(_ path: ForeignText) -> Int32? {
    let text = path.repaired
    if text == "/dev/stdin" { return STDIN_FILENO }
    for prefix in ["/dev/fd/", "/proc/self/fd/"] where text.hasPrefix(prefix) {
      return Int32(text.dropFirst(prefix.count))
    }
    return nil
  }

  private func openDescriptor(
    _ descriptor: Int32, named name: ForeignText, _ specification: SourceSpecification
  ) {
    guard descriptor >= 0 else {
      return tell(name, "it is closed", remedy: "pipe a log into it, or name a file")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let file = OpenFile(descriptor: descriptor)
    if isatty(descriptor) == 1 {
      return tell(name, "it is a terminal", remedy: "pipe a log into it, or name a file")
    }
    if let status = file.status, status.isRegular, lseek(descriptor, 0, SEEK_CUR) == 0 {
      _ = openFile(file, status, name, specification, hasName: false)
      return
    }
    let reader = makeReader(name, specification, service: ForeignText("stdin"))
    onStream(reader, StreamInput(file: file, origin: .descriptor))
  }

  private func openPipe(_ path: ForeignText, _ specification: SourceSpecification) {
    do {
      let file = try OpenFile.openKeepingReserve(path)
      if isatty(file.descriptor) == 1 {
        return tell(path, "it is a terminal", remedy: "pipe a log into it, or name a file")
      }
      let reader = makeReader(path, specification, service: PathNaming.defaultService(ofFile: path))
      onStream(reader, StreamInput(file: file, origin: .fifo(path)))
    } catch {
      tellUnopened(path, error)
    }
  }

  private func openSocket(_ path: ForeignText, _ specification: SourceSpecification) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let file = OpenFile(descriptor: descriptor)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard descriptor >= 0, path.bytes.count < room else {
      return tell(path, "a socket whose path is too long", remedy: "name it by a shorter path")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.bytes) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      return tell(
        path, "nobody answers at this socket (\(SystemError(code: errno)))",
        remedy: "start the program that listens there")
    }
    let reader = makeReader(path, specification, service: PathNaming.defaultService(ofFile: path))
    onStream(reader, StreamInput(file: file, origin: .descriptor))
  }

  private func openCommand(_ command: String, _ specification: SourceSpecification) {
    let name = ForeignText(command)
    do {
      let process = try ChildProcess(command: command)
      let reader = makeReader(name, specification, service: PathNaming.defaultService(ofCommand: command))
      onStream(reader, StreamInput(file: process.output, origin: .command(process)))
    } catch {
      tell(name, "cannot be started (\(error))", remedy: "check that /bin/sh and the command exist")
    }
  }
}

/// What to do with a file that holds no text.
enum BinaryContent {
  static let lookedAtByteCount = 64 << 10

  /// - Parameter path: `nil` for a pipe.
  static func remedy(for layout: LogLayout, at path: ForeignText? = nil) -> String {
    let file = path?.repaired ?? "FILE"
    let commands = [
      "xz data": "xzcat \(file)", "bzip2 data": "bzcat \(file)", "lz4 data": "lz4cat \(file)",
      "ZIP": "unzip -p \(file)", "systemd journal": "journalctl -o json --file \(file)",
      "UTF-16": "iconv -f UTF-16 -t UTF-8 \(file)",
    ]
    let summary = layout.summary
    if let command = commands.sorted(by: { $0.key < $1.key }).first(where: { summary.contains($0.key) }) {
      return "read it with --cmd '\(command.value)'"
    }
    return "give a text log; --read-as FORMAT reads it anyway"
  }
}
