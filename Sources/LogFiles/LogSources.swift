// LogFiles: files, directories, pipes and commands, read on threads of this room; a block index over each; raw
// events on demand.
// Knows no matrix, no state, no screen. It never stores an event: a file is its own store, a pipe has a spool.

public import EventModel
import LogFormats

/// Every source of a session.
///
/// All methods may be called from any thread. Updates come one at a time from the reading threads; the callback
/// may block (that pauses reading), and must not call `close` or `waitUntilRead`.
public final class LogSources: Sendable {
  public let options: ReadingOptions

  public init(options: ReadingOptions, onUpdate: @escaping @Sendable (SourceUpdate) -> Void) {
    self.options = options
  }

  /// Starts to read these sources, after those already open. Returns at once; what cannot be opened is told as a
  /// `.problem` without a source.
  public func open(_ specifications: [SourceSpecification]) {}

  /// Stops all readers, ends all commands, and waits for the threads. No update comes after it. Raw events can
  /// still be asked for.
  public func close() {}

  /// Waits until every source has been read to its present end (pipes and commands: until they end).
  ///
  /// - Returns: `false` when `timeoutMs` passed first.
  @discardableResult
  public func waitUntilRead(timeoutMs: Int? = nil) -> Bool { true }

  /// One entry a source, in the order of their numbers.
  public var statuses: [SourceStatus] { [] }

  /// Problems of what could not be opened at all; those of open sources are in their status.
  public var openingProblems: [SourceProblem] { [] }

  /// The numbers that `SourceUpdate.events` and all answers use.
  public var services: ServiceTable { ServiceTable() }

  /// Reads the matching events again from where they are. Blocks; call it from a worker.
  ///
  /// - Parameter isCancelled: asked before every block of about 64 KiB.
  public func events(
    matching query: RawQuery, isCancelled: () -> Bool = { false }
  ) -> RawAnswer { RawAnswer() }

  /// The event at `position`; `nil` when there is none or its bytes are gone.
  public func event(at position: EventPosition) -> Event? { nil }

  /// Streams every event that matches, source by source in each source's order, as columns.
  ///
  /// - Parameters:
  ///   - query: `limit`, `end` and `beyond` are not looked at.
  ///   - position: where an earlier scan ended, to get only what came since.
  ///   - isCancelled: asked before every block of about 64 KiB.
  ///   - onBatch: columns of one source (may be empty), and the share of bytes scanned so far, `0...1`.
  public func scan(
    _ query: RawQuery, from position: ScanPosition = .start, isCancelled: () -> Bool = { false },
    onBatch: (EventColumns, Double) -> Void
  ) -> ScanOutcome {
    ScanOutcome(position: position, matchedCount: 0, isCancelled: false, missing: [])
  }
}
