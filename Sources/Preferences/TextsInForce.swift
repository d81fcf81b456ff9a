/// The files that a theme or a keymap was last made of, and what it means that they are others now.
public struct TextsInForce: Sendable {
  public enum Change: Hashable, Sendable {
    case none
    /// To be made again of what was found.
    case edited
    /// A file became empty just now: an editor that is about to write it, mostly. Look again in a second.
    case early
    /// The file at this path has been empty for a second.
    case empty(path: String)
  }

  private var texts: [TextFile]
  private var emptySinceMs: Int64?
  private static let patienceMs: Int64 = 900

  public init(_ texts: [TextFile]) { self.texts = texts }

  /// - Parameter nowMs: of a clock that only runs forward.
  public mutating func look(at found: [TextFile], nowMs: Int64) -> Change {
    guard found != texts else {
      emptySinceMs = nil
      return .none
    }
    guard let empty = found.first(where: { $0.isEmpty && !isEmptyAlready($0) }) else {
      self = TextsInForce(found)
      return .edited
    }
    let since = emptySinceMs ?? nowMs
    emptySinceMs = since
    guard nowMs - since >= Self.patienceMs else { return .early }
    self = TextsInForce(found)
    return .empty(path: empty.path)
  }

  private func isEmptyAlready(_ file: TextFile) -> Bool {
    texts.contains { $0.path == file.path && $0.isEmpty }
  }
}

extension TextFile {
  /// Nothing but white space.
  fileprivate var isEmpty: Bool { bytes.allSatisfy { [0x20, 0x09, 0x0a, 0x0d].contains($0) } }
}
