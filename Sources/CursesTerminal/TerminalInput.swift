public import Preferences
public import SceneGraph
public import Session

/// What a person, or the system on their behalf, does at the terminal.
public enum TerminalInput: Hashable, Sendable {
  case key(KeyStroke)
  case mouse(MouseEvent)
  /// A bracketed paste, as it came: at most `KeyDecoder.pasteByteLimit` bytes, further ones are dropped.
  case paste([UInt8])
  case resize(GridExtent)
  /// Frames take long to arrive (true), or do so no more.
  case slowLine(Bool)
  /// The terminal has told whether its background is dark or light; again when the person changes it.
  case background(Theme.Appearance)
  /// The line dropped (SIGHUP). The terminal is already let go; the process ends two seconds later by itself.
  case hangUp
  /// SIGTERM or SIGINT. The terminal is already restored; the process ends two seconds later by itself.
  case terminate
}

public struct MouseEvent: Hashable, Sendable {
  public enum Kind: Hashable, Sendable { case click, doubleClick, wheelUp, wheelDown }
  public var kind: Kind
  public var point: GridPoint

  public init(_ kind: Kind, at point: GridPoint) {
    self.kind = kind
    self.point = point
  }
}
