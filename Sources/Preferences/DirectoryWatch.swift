import Glibc

/// Tells when files in some directories were written, renamed or removed (inotify(7)), so that an edited theme is on
/// screen when its editor saves it. Costs nothing while nothing changes.
public final class DirectoryWatch: Sendable {
  private let notifier: Int32
  /// Closing its write end ends the watch.
  private let closing: (readEnd: Int32, writeEnd: Int32)
  /// `nil` where none could be started.
  private let thread: pthread_t?

  private final class Start: Sendable {
    let notifier: Int32
    let closing: Int32
    let directories: @Sendable () -> [String]
    let onChange: @Sendable () -> Bool

    init(
      notifier: Int32, closing: Int32, directories: @escaping @Sendable () -> [String],
      onChange: @escaping @Sendable () -> Bool
    ) {
      self.notifier = notifier
      self.closing = closing
      self.directories = directories
      self.onChange = onChange
    }
  }

  /// - Parameters:
  ///   - directories: asked again after each change, since a directory may have come into being.
  ///   - onChange: called on a thread of this watch, once for changes that come together. True: what was found is
  ///     hardly the last of it, and `onChange` is called again a second later, also where nothing changes.
  /// - Returns: `nil` where the system has no watch or no thread left; then nothing is reloaded.
  public init?(
    directories: @escaping @Sendable () -> [String], onChange: @escaping @Sendable () -> Bool
  ) {
    notifier = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    var ends: [Int32] = [-1, -1]
    let hasPipe = pipe(&ends) == 0
    for end in ends where hasPipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    closing = (ends[0], ends[1])
    let start = Start(
      notifier: notifier, closing: ends[0], directories: directories, onChange: onChange)
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
    var looksAgain = false
    while true {
      guard wait(start, timeoutMs: looksAgain ? lookAgainMs : -1) else { return }
      var matters = looksAgain
      // An editor that saves by renaming causes several changes at once.
      repeat {
        matters = takeChanges(start.notifier) || matters
      } while wait(start, timeoutMs: 50) && hasChanges(start)
      watch(start)
      if isClosing(start) { return }
      if matters { looksAgain = start.onChange() }
    }
  }

  private static func watch(_ start: Start) {
    let mask =
      UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE) | UInt32(IN_ONLYDIR)
    for directory in start.directories() { inotify_add_watch(start.notifier, directory, mask) }
  }

  /// False when the watch is to end.
  private static func wait(_ start: Start, timeoutMs: Int32) -> Bool {
    var waiting = [
      pollfd(fd: start.notifier, events: Int16(POLLIN), revents: 0),
      pollfd(fd: start.closing, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&waiting, 2, timeoutMs) < 0 && errno == EINTR {}
    return waiting[1].revents == 0
  }

  private static func hasChanges(_ start: Start) -> Bool {
    var waiting = pollfd(fd: start.notifier, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 0) > 0
  }

  private static func isClosing(_ start: Start) -> Bool {
    var waiting = pollfd(fd: start.closing, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 0) > 0
  }

  /// True when a change was more than a file that has only been created: that one is still empty.
  private static func takeChanges(_ notifier: Int32) -> Bool {
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
          let isNewFile = event.mask & UInt32(IN_CREATE) != 0 && event.mask & UInt32(IN_ISDIR) == 0
          matters = matters || !isNewFile
          offset += header + Int(event.len)
        }
      }
    }
    return matters
  }
}
