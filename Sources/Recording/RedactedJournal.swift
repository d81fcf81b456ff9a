internal import EventModel
internal import LogFormats

/// What people did, without what they typed of values: the journal keeps each letter as an entry of its own, and a
/// key frame the digest of a screen on which a value may have stood.
///
/// A letter of a value becomes `_`, so that there are as many entries as before. Where a prompt was left without an
/// answer, or its text was changed while it was typed, all its letters do: what they were to become, nobody knows.
struct RedactedJournal {
  static let topic = "/commands"
  static let frameTopic = "/viewpoints"

  /// Letters from a prompt's opening to its end.
  private struct Run {
    var letters: [(chunk: Int, ordinal: Int, text: [UInt8])] = []
    var isPlain = true

    var text: [UInt8] { letters.flatMap(\.text) }
  }

  private var open: [ForeignText: Run] = [:]
  private var done: [Run] = []
  /// By chunk, the entries whose letter goes.
  private var hidden: [Int: Set<Int>] = [:]

  /// Takes an entry, in the order of the file. Returns what was typed, when a prompt has ended with it.
  mutating func take(_ json: [UInt8], chunk: Int, ordinal: Int) -> [UInt8]? {
    let members = JSONMembers.find(["do", "view", "text", "command"], in: json)
    guard let kind = members["do"]?.value, let view = members["view"]?.value else { return nil }
    switch kind {
    case ForeignText("type"):
      guard let text = members["text"]?.value.bytes else { return nil }
      open[view, default: Run()].letters.append((chunk, ordinal, text))
    case ForeignText("invoke"):
      let command = members["command"]?.value.repaired ?? ""
      // These go on with the same prompt.
      if command.hasPrefix("prompt."), command != "prompt.accept" {
        open[view]?.isPlain = false
        return nil
      }
      return end(view, isAnswered: command == "prompt.accept")
    case ForeignText("close-prompt"), ForeignText("detach"): return end(view, isAnswered: false)
    default: break
    }
    return nil
  }

  private mutating func end(_ view: ForeignText, isAnswered: Bool) -> [UInt8]? {
    guard var run = open.removeValue(forKey: view) else { return nil }
    run.isPlain = run.isPlain && isAnswered
    done.append(run)
    return run.text
  }

  /// To be called once, when all values are known.
  mutating func hide(_ values: RedactedValues, _ rules: RedactionRules) {
    done += open.values.map { Run(letters: $0.letters, isPlain: false) }
    open = [:]
    guard !rules.isEmpty || !values.values.isEmpty else { return }
    for run in done {
      let places = run.isPlain ? values.places(in: run.text, rules) : [0..<run.text.count]
      var start = 0
      for letter in run.letters {
        let range = start..<start + letter.text.count
        start = range.upperBound
        if places.contains(where: { $0.overlaps(range) }) {
          hidden[letter.chunk, default: []].insert(letter.ordinal)
        }
      }
    }
  }

  /// The entry without its letter; `nil` where it stays.
  func withoutLetter(_ json: [UInt8], chunk: Int, ordinal: Int) -> [UInt8]? {
    guard hidden[chunk]?.contains(ordinal) == true, let text = JSONMembers.find(["text"], in: json)["text"],
      text.value != ForeignText("_")
    else { return nil }
    return json[..<text.range.lowerBound] + Array("_".utf8) + json[text.range.upperBound...]
  }

  /// A key frame without the digest of what was shown; `nil` where it has none.
  static func withoutDigest(_ json: [UInt8]) -> [UInt8]? {
    let members = JSONMembers.find(["frame", "frame-version"], in: json)
    guard let frame = members["frame"], !frame.value.isEmpty else { return nil }
    var edits = [(frame.range, [UInt8]())]
    // Of no version: nothing to compare with.
    if let version = members["frame-version"] { edits.append((version.range, Array("0".utf8))) }
    var new = json
    for (range, text) in edits.sorted(by: { $0.0.lowerBound > $1.0.lowerBound }) {
      new.replaceSubrange(range, with: text)
    }
    return new
  }
}
