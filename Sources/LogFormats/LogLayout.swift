// LogFormats: bytes to events.
// Pure: no I/O, no clock, no zone database. Never crashes on any bytes, and never allocates by a number it has not checked.

import EventModel

/// How the records of one source are written: an outer wrapping (a prefix put there by a tool) and the layout inside.
public struct LogLayout: Hashable, Sendable, CustomStringConvertible {
  /// What `--read-as` takes and the screen says, for example `ndjson` or `kubectl-prefix + klog`.
  public var name: String
  public var description: String { name }

  /// The layout called `name` (`--read-as`); `nil` for a word that names none.
  public init?(name: String) { self.name = name }

  /// Every name `init(name:)` takes, for help and "did you mean".
  public static var names: [String] { ["text"] }

  /// The layout of a source from its first bytes (up to 64 KiB are looked at). Never fails: what fits nothing is
  /// `plain`, where every line is an event.
  public static func recognised(in firstBytes: UnsafeRawBufferPointer) -> LogLayout {
    LogLayout(name: "plain")!
  }
}
