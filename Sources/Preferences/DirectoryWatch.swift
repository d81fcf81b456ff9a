import Glibc

/// Tells when files in some directories were written, renamed or removed, and when some files were written under
/// whatever name (inotify(7)), so that an edited theme is on screen when its editor saves it. Costs nothing while nothing
/// changes.
public final class DirectoryWatch: Sendable {
  private let notifier: Int32
  /// Closing its write end ends the watch; a byte renews it.
  private let closing: (readEnd: Int32, writeEnd: Int32)
  /// `nil` where none could be started.
  private let thread: pthread_t?

  private final class Start: Sendable {
    let notifier: Int32
    let closing: Int32
    let paths: @Sendable () -> [String]
    let onChange: @Sendable () -> Bool

    init(
      notifier: Int32, closing: Int32, paths: @escaping @Sendable () -> [String],
      onChange: @escaping @Sendable () -> Bool
    ) {
      self.notifier = notifier
      self.closing = closing
      self.paths = paths
      self.onChange = onChange
    }
  }

  /// - Parameters:
  ///   - paths: directories and files; asked again after each change, since a directory may have come into being.
  ///   - onChange: called on a thread of this watch, once for changes that come together. True: what was found is
  ///     hardly the last of it, and `onChange` is called again a second later, also where nothing changes.
  /// - Returns: `nil` where the system has no watch or no thread left; then nothing is reloaded.
  public init?(
    paths: @escaping @Sendable () -> [String], onChange: @escaping @Sendable () -> Bool
  ) {
    notifier = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    var ends: [Int32] = [-1, -1]
    let hasPipe = pipe(&ends) == 0
    for end in ends where hasPipe {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    closing = (ends[0], ends[1])
    let start = Start(
      notifier: notifier, closing: ends[0], paths: paths, onChange: onChange)
    Self.watch(start)
    var thread = pthread_t()
    let isStarted = notifier >= 0 && hasPipe && Self.start(start, &thread)
    self.thread = isStarted ? thread : nil
    // Everything is stored, so `deinit` closes what was opened.
    guard isStarted else { return nil }
  }

  /// Ends the watch; `onChange` is not called afterwards. Must not be called from `onChange`.
  deinit {
    Self.close([closing.writeEnd])
    if let thread { pthread_join(thread, nil) }
    Self.close([notifier, closing.readEnd])
  }

  /// `paths` are others than they were: they are asked again, and `onChange` is called when they are.
  public func renew() {
    var byte: UInt8 = 0
    // A full pipe holds renewals enough.
    _ = write(closing.writeEnd, &byte, 1)
  }

  private static func close(_ descriptors: [Int32]) {
    for descriptor in descriptors where descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Signals are for other threads.
  private static func start(_ start: Start, _ thread: inout pthread_t) -> Bool {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    let retained = Unmanaged.passRetained(start)
    let status = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        DirectoryWatch.run(Unmanaged<Start>.fromOpaque(context).takeRetainedValue())
        return nil
      }, retained.toOpaque())
    if status != 0 { retained.release() }
    return status == 0
  }

  private static let lookAgainMs: Int32 = 1000

  private static func run(_ start: Start) {
    var watched = watch(start)
    var looksAgain = false
    while true {
      guard wait(start, timeoutMs: looksAgain ? lookAgainMs : -1) else { return }
      var matters = looksAgain
      // An editor that saves by renaming causes several changes at once.
      repeat {
        matters = takeChanges(start.notifier, watched) || matters
      } while wait(start, timeoutMs: 50) && hasChanges(start)
      let before = watched
      watched = watch(start)
      if isClosing(start) { return }
      guard matters || watched != before else { continue }
      looksAgain = start.onChange()
      // What is in force now may lie elsewhere, where nobody has watched while it was read.
      let now = watch(start)
      looksAgain = looksAgain || now != watched
      watched = now
    }
  }

  /// What each watch is of, by its number.
  @discardableResult
  private static func watch(_ start: Start) -> [Int32: String] {
    let mask = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE)
    var watched: [Int32: String] = [:]
    for path in start.paths() {
      let number = inotify_add_watch(start.notifier, path, mask)
      if number >= 0 { watched[number] = path }
    }
    return watched
  }

  /// False when the watch is to end.
  private static func wait(_ start: Start, timeoutMs: Int32) -> Bool {
    var waiting = [
      pollfd(fd: start.notifier, events: Int16(POLLIN), revents: 0),
      pollfd(fd: start.closing, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&waiting, 2, timeoutMs) < 0 && errno == EINTR {}
    guard waiting[1].revents & Int16(POLLIN) != 0 else { return waiting[1].revents == 0 }
    // Renewals that came together are one.
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { bytes in
      read(start.closing, bytes.baseAddress, bytes.count) > 0
    }
  }

  private static func hasChanges(_ start: Start) -> Bool {
    var waiting = pollfd(fd: start.notifier, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 0) > 0
  }

  private static func isClosing(_ start: Start) -> Bool {
    var waiting = pollfd(fd: start.closing, events: 0, revents: 0)
    return poll(&waiting, 1, 0) > 0
  }

  /// True when a change was more than a file that has only been created: that one is still empty.
  private static func takeChanges(_ notifier: Int32, _ watched: [Int32: String]) -> Bool {
    var matters = false
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
      while true {
        let count = read(notifier, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var offset = 0
        let header = MemoryLayout<inotify_event>.size
        while offset + header <= count {
          let event = UnsafeRawBufferPointer(buffer).loadUnaligned(
            fromByteOffset: offset, as: inotify_event.self)
          let next = min(offset + header + Int(event.len), count)
          let isNewFile = event.mask & UInt32(IN_CREATE) != 0 && event.mask & UInt32(IN_ISDIR) == 0
          let name = UnsafeRawBufferPointer(rebasing: buffer[offset + header..<next]).prefix { $0 != 0 }
          matters = matters || !isNewFile || isLink(name, in: watched[event.wd])
          offset = next
        }
      }
    }
    return matters
  }

  /// A new name of a file that was there before: nobody writes it now.
  private static func isLink(_ name: Slice<UnsafeRawBufferPointer>, in directory: String?) -> Bool {
    guard let directory else { return false }
    var status = stat()
    guard lstat(directory + "/" + String(decoding: name, as: UTF8.self), &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFLNK || status.st_nlink > 1
  }
}
