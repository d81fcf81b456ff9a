import EventModel
import LogFormats
import Testing

@testable import Recording

@Suite("The journal of a session without what was typed of a value")
struct RedactedJournalTests {
  private static func type(_ text: String, view: Int = 1) -> [String] {
    text.map { #"{"v":1,"n":0,"do":"type","view":\#(view),"text":"\#($0 == "\"" ? #"\""# : String($0))"}"# }
  }

  private static func invoke(_ command: String, view: Int = 1) -> [String] {
    [#"{"v":1,"n":0,"do":"invoke","view":\#(view),"command":"\#(command)"}"#]
  }

  /// What stands in the journal afterwards of the letters, one after the other.
  private static func letters(
    of entries: [String], drop fields: [String] = ["user"], values known: [String] = ["alice"]
  ) -> String {
    let rules = RedactionRules(drop: fields)
    var journal = RedactedJournal()
    var values = RedactedValues()
    for value in known { values.add(ForeignText(value), rule: 0) { RedactionMark.dropped } }
    for (number, entry) in entries.enumerated() {
      let typed = journal.take(Array(entry.utf8), chunk: number / 3, ordinal: number % 3)
      for mention in FieldMentions.values(in: typed ?? [], rules) {
        values.add(mention.value, rule: mention.rule) { RedactionMark.dropped }
      }
    }
    values.prepare(without: [], secrets: rules.rules.count)
    journal.hide(values, rules)
    return entries.enumerated().map { number, entry in
      let json = Array(entry.utf8)
      let new = journal.withoutLetter(json, chunk: number / 3, ordinal: number % 3) ?? json
      let members = JSONMembers.find(["do", "text"], in: new)
      return members["do"]?.value == ForeignText("type") ? members["text"]?.value.repaired ?? "?" : "|"
    }.joined()
  }

  @Test func `has other letters where a value was typed, and all the others`() {
    let open = Self.invoke("filter.add")
    let accept = Self.invoke("prompt.accept")
    #expect(Self.letters(of: open + Self.type("user.name=bo \"x\"") + accept) == "|user.name=__ \"x\"|")
    #expect(Self.letters(of: open + Self.type("saw alice there") + accept) == "|saw _____ there|")
    #expect(Self.letters(of: open + Self.type("level=info") + accept) == "|level=info|")
  }

  @Test(arguments: ["prompt.erase", "prompt.complete", "prompt.clear"])
  func `has no letter of a text that was changed while it was typed`(command: String) {
    let entries =
      Self.invoke("filter.add") + Self.type("al") + Self.invoke(command) + Self.type("ice")
      + Self.invoke("prompt.accept")
    #expect(Self.letters(of: entries) == "|__|___|")
  }

  @Test func `has no letter of a text that was never sent off`() {
    #expect(Self.letters(of: Self.invoke("search") + Self.type("ali") + Self.invoke("back")) == "|___|")
    #expect(Self.letters(of: Self.invoke("search") + Self.type("ali")) == "|___")
    let closed = [#"{"v":1,"n":0,"do":"close-prompt","view":1}"#]
    #expect(Self.letters(of: Self.invoke("search") + Self.type("ali") + closed) == "|___|")
  }

  @Test func `keeps two views apart`() {
    let (first, second) = (Self.type("alice"), Self.type("carol", view: 2))
    let mixed = zip(first, second).flatMap { [$0, $1] }
    let ends = Self.invoke("prompt.accept") + Self.invoke("prompt.accept", view: 2)
    #expect(Self.letters(of: mixed + ends) == "_c_a_r_o_l||")
  }

  @Test func `is as it was where nothing is to go`() {
    let entries = Self.invoke("search") + Self.type("ali") + Self.invoke("back")
    #expect(Self.letters(of: entries, drop: [], values: []) == "|ali|")
  }

  @Test func `has no digest of a screen, and is read as if none had been taken`() {
    let frame = #"{"v":1,"link":"x","commands":3,"frame":"ab12","frame-version":1,"lists":false}"#
    let new = RedactedJournal.withoutDigest(Array(frame.utf8)).map { String(decoding: $0, as: UTF8.self) }
    #expect(new == #"{"v":1,"link":"x","commands":3,"frame":"","frame-version":0,"lists":false}"#)
    #expect(RedactedJournal.withoutDigest(Array(#"{"v":1,"link":"x"}"#.utf8)) == nil)
  }

  /// Entries that anybody may have written.
  @Test(arguments: [
    "", "{", "[]", #"{"do":"type"}"#, #"{"do":7,"view":{},"text":[1]}"#, "\u{0}\u{ff}", "{\"do\":\"type",
  ])
  func `takes whatever stands there`(entry: String) {
    #expect(Self.letters(of: [entry, entry]) == "||" || Self.letters(of: [entry, entry]) == "??")
  }
}
