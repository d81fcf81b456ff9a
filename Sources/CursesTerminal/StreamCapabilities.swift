import CNcurses

/// What a terminal understands, as far as `StreamEncoder` speaks it (ECMA-48, xterm ctlseqs).
///
/// REP is not among it: ncurses never sends it in UTF-8, and tmux 3.3 repeats ASCII only, whatever the description says.
/// Every terminal that is written to this way places the cursor (CUP), sets colours by SGR and keeps the cursor in the
/// last column until the next character comes (terminfo's `xenl`).
public struct StreamCapabilities: Hashable, Sendable {
  /// ICH and DCH: cells move sideways inside a row.
  public var shiftsColumns: Bool
  /// DECSTBM, SU and SD: rows move inside a region.
  public var shiftsRows: Bool
  /// ECH and EL.
  public var erases: Bool
  /// What is erased takes the background that is set (terminfo's `bce`).
  public var erasesInColor: Bool
  /// CHA and VPA: the cursor goes to a column or a row.
  public var movesAlongAxes: Bool
  /// LF: the cursor goes down a row and stays in its column.
  public var feedsLines: Bool
  /// A long frame stands between the brackets of mode 2026 and appears at once.
  public var synchronizes: Bool
  /// Characters beyond ASCII may be sent.
  public var isUTF8: Bool

  public init(
    shiftsColumns: Bool = true, shiftsRows: Bool = true, erases: Bool = true, erasesInColor: Bool = true,
    movesAlongAxes: Bool = true, feedsLines: Bool = true, synchronizes: Bool = false, isUTF8: Bool = true
  ) {
    self.shiftsColumns = shiftsColumns
    self.shiftsRows = shiftsRows
    self.erases = erases
    self.erasesInColor = erasesInColor
    self.movesAlongAxes = movesAlongAxes
    self.feedsLines = feedsLines
    self.synchronizes = synchronizes
    self.isUTF8 = isUTF8
  }

  /// All that xterm can, and most terminals after it.
  public static let xterm = StreamCapabilities()

  /// What the description says that ncurses opened; `nil` when it is not spoken to in these sequences.
  static func ofOpenTerminal(synchronizes: Bool, isUTF8: Bool) -> StreamCapabilities? {
    let known = cn_stream_capabilities()
    func has(_ bit: Int) -> Bool { known & UInt32(bit) != 0 }
    guard has(CN_STREAM_BASE) else { return nil }
    return StreamCapabilities(
      shiftsColumns: has(CN_STREAM_COLUMNS), shiftsRows: has(CN_STREAM_ROWS), erases: has(CN_STREAM_ERASE),
      erasesInColor: has(CN_STREAM_BCE), movesAlongAxes: has(CN_STREAM_AXES),
      feedsLines: has(CN_STREAM_FEED), synchronizes: synchronizes, isUTF8: isUTF8)
  }
}
