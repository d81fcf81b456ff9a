public import EventModel
internal import Glibc
public import LogFormats

/// What a person names as a source.
public enum SourceSpecification: Hashable, Sendable {
  /// A file (plain, gzip or zstd, by content), a directory (every log in it, recursively), a FIFO or a socket.
  case path(String)
  case standardInput
  /// Run by `/bin/sh -c` in its own process group; killed when the sources are closed.
  case command(String)
}

/// How sources are read.
public struct ReadingOptions: Sendable {
  /// `--read-as`; `nil` recognises the layout of each source from its first bytes.
  public var layout: LogLayout?
  public var fieldMap: FieldMap
  /// For times that state no zone.
  public var timeZone: TimeZoneRules
  /// Keep reading files that grow, through rotation, and FIFOs from writer to writer.
  public var follows: Bool
  /// Stands for the modification time of what has none: pipes and commands.
  public var now: Timestamp
  /// Threads that read files at rest.
  public var workerCount: Int
  /// Bytes on disk that one pipe or command may occupy so that its raw events can be shown again.
  public var spoolLimit: Int64
  /// Where spools lie; `nil` is `triptych` in the XDG cache directory.
  public var spoolDirectory: String?
  /// How often followed files are looked at.
  public var followIntervalMs: Int
  /// Where what is known of big files is kept; `nil` keeps nothing.
  public var indexCache: IndexCache?
  /// Files of at least this many bytes are told by a sample before they are read; `nil` for none.
  public var samplesFrom: Int64?
  /// Somebody counts the events; otherwise kept counts are not even read.
  public var countsEvents = true
  /// Nobody asks for more than counts in buckets of this width: what was kept of others that fit will do.
  public var bucketWidthNs: Int64?
  /// Keep the index of blocks that raw events are found by. Without it counting is sooner done, and no raw event can
  /// be asked for afterwards.
  public var keepsBlocks: Bool

  public init(
    layout: LogLayout? = nil, fieldMap: FieldMap = FieldMap(), timeZone: TimeZoneRules = .utc,
    follows: Bool = false, now: Timestamp, workerCount: Int = Self.usualWorkerCount,
    spoolLimit: Int64 = 1 << 30,
    spoolDirectory: String? = nil, followIntervalMs: Int = 100, keepsBlocks: Bool = true
  ) {
    self.layout = layout
    self.fieldMap = fieldMap
    self.timeZone = timeZone
    self.follows = follows
    self.now = now
    self.workerCount = max(1, workerCount)
    self.spoolLimit = max(1 << 20, spoolLimit)
    self.spoolDirectory = spoolDirectory
    self.followIntervalMs = max(1, followIntervalMs)
    self.keepsBlocks = keepsBlocks
  }

  /// As many as there are processors; more than eight would wait for the one that reads bytes.
  public static let usualWorkerCount = min(8, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
