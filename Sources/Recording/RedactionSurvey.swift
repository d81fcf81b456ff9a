internal import EventModel
internal import LogFormats

/// A known secret in a session file, for the offer to take it out.
public struct FoundSecrets: Hashable, Sendable {
  /// In words.
  public var kind: String
  public var count: Int
  /// Of the first one: source or channel, and byte.
  public var firstPlace: String
}

/// What in a session file is to go: the values of the fields that rules mean, and secrets.
struct RedactionSurvey {
  private(set) var values = RedactedValues()
  /// In the order of `SecretFinder.Kind`.
  var secrets: [FoundSecrets] {
    SecretFinder.Kind.allCases.compactMap { kind in
      found[kind].map { FoundSecrets(kind: kind.rawValue, count: $0.count, firstPlace: $0.place) }
    }
  }

  /// Fields that a pattern means, and that decide on time, service or severity.
  private(set) var protectedFieldCount = 0
  /// What was typed, and which letters of it go.
  private(set) var journal = RedactedJournal()
  private var found: [SecretFinder.Kind: (count: Int, place: String)] = [:]

  /// - Parameters:
  ///   - dropsSecrets: they are among `values`.
  ///   - mark: what stands for a value.
  init(
    _ reader: RecordingReader, _ rules: RedactionRules, dropsSecrets: Bool,
    mark: (ForeignText, RedactionRules.Action) -> [UInt8]
  ) throws(RecordingError) {
    let secretRule = rules.rules.count
    func add(_ value: ForeignText, _ rule: Int) {
      values.add(value, rule: rule) {
        mark(value, rule == secretRule ? .drop : rules.rules[rule].action)
      }
    }
    var sources = RedactedSources(rules)
    for number in 0..<reader.chunkCount {
      let contents = try reader.contents(ofChunk: number)
      for (ordinal, message) in contents.messages.enumerated() {
        let data = contents.records[message.data]
        guard let channel = reader.channels[message.channelID] else { continue }
        var text: [UInt8]
        let place: (Int) -> String
        if channel.messageEncoding == SourceChannel.encoding {
          let (block, source) = try sources.take(data, channel, at: reader.offset(ofChunk: number))
          do throws(RecordRedactor.Refusal) {
            try sources.survey(block, channel.id, add)
          } catch {
            throw RecordingError(source, block, error)
          }
          text = block.bytes
          place = { "source \(source.number), byte \(block.sourceOffset + UInt64($0))" }
        } else if channel.messageEncoding == "json" {
          text = Array(data)
          // What was typed letter by letter is read as a whole.
          let typed =
            channel.topic == RedactedJournal.topic
            ? journal.take(text, chunk: number, ordinal: ordinal) : nil
          if let typed { text += [0x0a] + typed }
          for mention in FieldMentions.values(in: text, rules) { add(mention.value, mention.rule) }
          place = { _ in "\(channel.topic), message \(message.sequence)" }
        } else {
          continue
        }
        for secret in SecretFinder.findings(in: text) {
          let known = found[secret.kind]
          found[secret.kind] = ((known?.count ?? 0) + 1, known?.place ?? place(secret.byteOffset))
          guard dropsSecrets else { continue }
          for value in Self.spellings(of: secret) { add(value, secretRule) }
        }
      }
      guard !values.isFull else {
        throw RecordingError(
          offset: reader.offset(ofChunk: number),
          reason: "there are more than \(RedactedValues.limit) different values to be taken out",
          remedy: "cut the recording into spans with triptych cut, and redact each")
      }
    }
    values.prepare(without: sources.names, secrets: secretRule)
    protectedFieldCount = sources.protectedFieldCount
    journal.hide(values, rules)
  }

  /// A card number also with the other signs between its groups.
  private static func spellings(of secret: SecretFinder.Finding) -> [ForeignText] {
    guard secret.kind == .cardNumber else { return [secret.value] }
    let digits = secret.value.bytes.filter { $0 != 0x20 && $0 != 0x2d }
    let groups = stride(from: 0, to: digits.count, by: 4).map {
      Array(digits[$0..<min($0 + 4, digits.count)])
    }
    return [
      secret.value, ForeignText(bytes: digits), ForeignText(Array(groups.joined(separator: [0x20]))),
      ForeignText(Array(groups.joined(separator: [0x2d]))),
    ]
  }
}

/// The sources of a session file, each read by its own rules from block to block.
struct RedactedSources {
  private struct Place {
    var channel: SourceChannel
    var redactor: RecordRedactor
    var generation: UInt32
    var end: UInt64
  }

  private let rules: RedactionRules
  private var places: [UInt16: Place] = [:]

  init(_ rules: RedactionRules) { self.rules = rules }

  /// Names of services so far, whole and by their parts, also those that records need not name.
  var names: Set<ForeignText> {
    var names: Set<ForeignText> = []
    for place in places.values {
      for name in place.redactor.services + [place.channel.defaultService] {
        names.insert(name)
        for part in name.bytes.split(separator: UInt8(ascii: "/")) { names.insert(ForeignText(part)) }
      }
    }
    return names
  }

  var protectedFieldCount: Int { places.values.reduce(0) { $0 + $1.redactor.protectedFieldCount } }

  func services(of channelID: UInt16) -> [ForeignText] { places[channelID]?.redactor.services ?? [] }

  /// The block in `data`, with its source ready for it. Throws for what this version cannot read.
  mutating func take(
    _ data: ArraySlice<UInt8>, _ channel: MCAPChannel, at offset: UInt64
  ) throws(RecordingError) -> (block: RecordedBlock, source: SourceChannel) {
    guard let block = RecordedBlock(content: data), let source = SourceChannel(channel),
      let decoding = source.decoding
    else {
      throw RecordingError(
        offset: offset, reason: "a source here was recorded by a later version",
        remedy: "redact it with a newer triptych")
    }
    if places[channel.id] == nil {
      let redactor = RecordRedactor(layout: decoding.layout, options: decoding.options, rules: rules)
      places[channel.id] = Place(
        channel: source, redactor: redactor, generation: block.generation, end: block.sourceOffset)
    }
    if let place = places[channel.id], place.generation != block.generation || place.end != block.sourceOffset
    {
      places[channel.id]?.redactor.begin()
    }
    places[channel.id]?.generation = block.generation
    places[channel.id]?.end = block.sourceEnd
    return (block, source)
  }

  mutating func survey(
    _ block: RecordedBlock, _ channelID: UInt16, _ tell: (ForeignText, Int) -> Void
  ) throws(RecordRedactor.Refusal) {
    try places[channelID]?.redactor.survey(block.bytes, tell)
  }

  mutating func redact(
    _ block: RecordedBlock, _ channelID: UInt16, _ values: RedactedValues
  ) throws(RecordRedactor.Refusal) -> RecordRedactor.Result? {
    try places[channelID]?.redactor.redact(block.bytes, values)
  }
}

extension RecordingError {
  /// Of a record, by its source; it says nothing of what stands there.
  init(_ source: SourceChannel, _ block: RecordedBlock, _ refusal: RecordRedactor.Refusal) {
    self.init(
      offset: block.sourceOffset + UInt64(refusal.byteOffset),
      reason: "(of source \(source.number)) \(refusal.reason)", remedy: refusal.remedy)
  }
}
