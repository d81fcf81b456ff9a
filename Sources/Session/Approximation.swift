import EventMatrix
public import SceneGraph

/// How much an estimated matrix rests on. Its counts are for looking at only: they are neither copied, linked nor marked.
public struct Approximation: Hashable, Sendable {
  /// Estimated, as every count of the matrix.
  public var eventCount: UInt64
  public var basis: Basis

  public enum Basis: Hashable, Sendable {
    /// So much of a file.
    case sample(byteCount: Int64, totalByteCount: Int64)
    /// What whoever recorded it has counted, in buckets of this width.
    case tiles(widthNs: Int64)
  }

  public init(eventCount: UInt64, basis: Basis) {
    self.eventCount = eventCount
    self.basis = basis
  }

  /// `Approximate: 0.4 % of 1.0 GB read`, `Approximate: as recorded, in steps of 1 s`.
  public var words: SafeText {
    switch basis {
    case .sample(let byteCount, let totalByteCount): Self.words(byteCount, of: totalByteCount)
    case .tiles(let widthNs): "Approximate: as recorded, in steps of \(ZoomLadder.label(widthNs))"
    }
  }

  private static func words(_ sampledByteCount: Int64, of totalByteCount: Int64) -> SafeText {
    let thousandths = max(1, sampledByteCount * 1000 / max(1, totalByteCount))
    return "Approximate: \(thousandths / 10).\(thousandths % 10) % of \(size(totalByteCount)) read"
  }

  private static func size(_ byteCount: Int64) -> String {
    let tenths = max(0, byteCount) / 100_000
    return tenths < 10_000
      ? "\(tenths / 10).\(tenths % 10) MB" : "\(tenths / 10_000).\(tenths / 1_000 % 10) GB"
  }
}

extension SessionState {
  /// Before every count on screen while counts are estimated.
  var aboutSign: String { data.approximation == nil ? "" : "~" }

  /// A count with the digits it deserves: all of them, or after `~` the two that a sample can tell.
  func told(_ count: UInt64) -> String {
    aboutSign + (data.approximation == nil ? grouped(count) : compact(count))
  }

  /// Says why nothing is copied, linked or marked now.
  func refusesApproximate(_ view: inout ViewState) -> Bool {
    guard data.approximation != nil else { return false }
    view.notice = Notice("the counts are approximate until everything is read: try again then", .caution)
    return true
  }

  /// What the header says in place of who is in trouble: a sample cannot tell.
  func approximateSentence(_ approximation: Approximation, _ view: ViewState) -> TextLine {
    var line: TextLine = [TextRun(" \(approximation.words)", .caution)]
    if let trouble = trouble(in: view), trouble.errorCount > 0 {
      line.append(TextRun("; \(told(trouble.errorCount)) errors", .bar))
    }
    return line + [TextRun("; exact when all is read.", .bar)]
  }
}
