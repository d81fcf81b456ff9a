internal import EventModel
internal import LogFormats

/// Text that people typed into a recorded session: in the channel `/commands`, a message for each letter.
enum TypedText {
  static let topic = "/commands"
  private static let kind = Array(#""do":"type""#.utf8)
  private static let key = Array(#""text":""#.utf8)
  /// In place of every letter.
  private static let mark = Array("x".utf8)
  private static let limit = 10_000_000

  /// Whether the letters, one behind the other, hold a value that is to go.
  static func holds(_ values: RedactedValues, _ rules: RedactionRules, in reader: RecordingReader) -> Bool {
    // Whatever else was done in between ends a text.
    let letters = reader.messages(of: topic, limit: limit).flatMap { message -> [UInt8] in
      guard let range = letter(in: message.content) else { return [UInt8(ascii: "\n")] }
      return Array(message.content[range])
    }
    return values.redacted(letters, isJSON: false, rules) != nil
  }

  /// The message without its letter; `nil` for what is no letter.
  static func hidden(_ message: [UInt8]) -> [UInt8]? {
    guard let range = letter(in: message) else { return nil }
    return Array(message[..<range.lowerBound]) + mark + message[range.upperBound...]
  }

  private static func letter(in message: [UInt8]) -> Range<Int>? {
    guard message.firstRange(of: kind) != nil, let start = message.firstRange(of: key)?.upperBound else {
      return nil
    }
    var end = start
    while end < message.count, message[end] != UInt8(ascii: "\"") {
      end += message[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    return end < message.count ? start..<end : nil
  }
}
