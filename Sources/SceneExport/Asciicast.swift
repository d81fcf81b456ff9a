public import CellCanvas

/// Frames one after the other as an asciicast v2 file: a header line, then `[seconds, "o", bytes]` a line.
/// (https://docs.asciinema.org/manual/asciicast/v2/)
public struct Asciicast: Sendable {
  /// One JSON value a line.
  public private(set) var text: String
  private var seconds = 0.0

  /// - Parameter title: shown by players.
  public init(columns: Int, rows: Int, title: String) {
    text = "{\"version\":2,\"width\":\(columns),\"height\":\(rows),\"title\":\(Self.quoted(title))}\n"
  }

  /// Shows `frame` instead of what is there, `after` seconds later than the one before.
  public mutating func show(_ frame: CellFrame, after: Double) {
    seconds += after
    let rows = frame.ansiText().split(separator: "\n", omittingEmptySubsequences: false)
    let bytes = "\u{1B}[?25l\u{1B}[H\u{1B}[2J" + rows.joined(separator: "\r\n")
    let thousandths = Int((seconds * 1000).rounded())
    let fraction = String(thousandths % 1000)
    let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
    text += "[\(thousandths / 1000).\(padded),\"o\",\(Self.quoted(bytes))]\n"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: quoted += "\\\""
      case 0x5C: quoted += "\\\\"
      case 0..<0x20, 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
