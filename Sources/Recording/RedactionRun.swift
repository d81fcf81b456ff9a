internal import Crypto
internal import EventModel
internal import LogFormats

/// Takes values out of chunk after chunk, and remembers what has to be compared and looked for afterwards.
struct RedactionRun {
  struct ChangedChunk {
    var chunk: ChunkBuilder
    var placeCounts: [Int]
  }

  let reader: RecordingReader
  /// As they stand in the new file.
  private(set) var channels: [MCAPChannel] = []
  private let rules: RedactionRules
  private let values: RedactedValues
  private let journal: RedactedJournal
  private let check: RedactionCheck
  private let known: [UInt16: MCAPChannel]
  private let renamed: [UInt16: MCAPChannel]
  private var sources: RedactedSources
  private var counts: [UInt16: SteadyCounts] = [:]
  /// Places in messages where a value is part of a time: by the chunk's number and the message's in it.
  private var kept: [Int: [Int: [Range<Int>]]] = [:]
  private(set) var keptPlaceCount = 0
  /// Of rules; the last one is for letters that were typed, and digests of screens.
  private let wordCount: Int

  init(
    _ reader: RecordingReader, _ survey: RedactionSurvey, _ rules: RedactionRules, wordCount: Int
  ) throws(RecordingError) {
    self.reader = reader
    values = survey.values
    journal = survey.journal
    self.wordCount = wordCount
    self.rules = rules
    check = RedactionCheck(values)
    known = reader.channels
    sources = RedactedSources(rules)
    var renamed: [UInt16: MCAPChannel] = [:]
    for channel in known.values { renamed[channel.id] = Self.redacted(channel, values) }
    self.renamed = renamed
    channels = known.values.sorted { $0.id < $1.id }.map { renamed[$0.id] ?? $0 }
  }

  /// `nil` where nothing in it has to change.
  mutating func redact(_ contents: ChunkContents, _ number: Int) throws(RecordingError) -> ChangedChunk? {
    var changed = ChangedChunk(
      chunk: ChunkBuilder(), placeCounts: Array(repeating: 0, count: wordCount))
    var isChanged = false
    var messages = contents.messages[...]
    var place = 0
    while let head = RecordHead(contents.records[place...]) {
      defer { place += Int(head.byteCount) }
      switch MCAPOpcode(rawValue: head.opcode) {
      case .channel:
        guard let channel: MCAPChannel = contents.records.content(of: head, at: UInt64(place)) else { break }
        let new = Self.redacted(channel, values)
        isChanged = isChanged || new != nil
        changed.chunk.put(new ?? channel)
      case .schema:
        guard let schema: MCAPSchema = contents.records.content(of: head, at: UInt64(place)) else { break }
        changed.chunk.put(schema)
      case .message:
        let message = messages.removeFirst()
        let ordinal = contents.messages.count - messages.count - 1
        let data = Array(contents.records[message.data])
        let new = try redact(data, message, number, ordinal, &changed.placeCounts)
        isChanged = isChanged || new != data
        changed.chunk.put(
          MCAPMessage(
            channelID: message.channelID, sequence: message.sequence, logTime: message.logTime,
            publishTime: message.publishTime, data: new))
      default: break
      }
    }
    return isChanged ? changed : nil
  }

  private mutating func redact(
    _ data: [UInt8], _ message: StoredMessage, _ number: Int, _ ordinal: Int, _ placeCounts: inout [Int]
  ) throws(RecordingError) -> [UInt8] {
    guard let channel = known[message.channelID] else { return data }
    switch channel.messageEncoding {
    case SourceChannel.encoding:
      return try redactBlock(data, channel, number, ordinal, &placeCounts)
    case "json":
      return redactJSON(data, channel.topic, number, ordinal, &placeCounts)
    default: return data
    }
  }

  private func redactJSON(
    _ data: [UInt8], _ topic: String, _ number: Int, _ ordinal: Int, _ placeCounts: inout [Int]
  ) -> [UInt8] {
    var data = data
    let isWanted = !rules.isEmpty || !values.values.isEmpty
    if topic == RedactedJournal.topic,
      let new = journal.withoutLetter(data, chunk: number, ordinal: ordinal)
    {
      data = new
      placeCounts[placeCounts.count - 1] += 1
    } else if isWanted, topic == RedactedJournal.frameTopic, let new = RedactedJournal.withoutDigest(data) {
      data = new
      placeCounts[placeCounts.count - 1] += 1
    }
    guard let new = values.redacted(data, isJSON: true, rules) else { return data }
    for rule in new.rules { placeCounts[rule] += 1 }
    return new.text
  }

  private mutating func redactBlock(
    _ data: [UInt8], _ channel: MCAPChannel, _ number: Int, _ ordinal: Int, _ placeCounts: inout [Int]
  ) throws(RecordingError) -> [UInt8] {
    let (block, source) = try sources.take(data[...], channel, at: reader.offset(ofChunk: number))
    var new = block
    do throws(RecordRedactor.Refusal) {
      if let result = try sources.redact(block, channel.id, values) {
        for (rule, count) in result.placeCounts.enumerated() { placeCounts[rule] += count }
        if result.bytes != block.bytes {
          new.bytes = result.bytes
          new.redactedByteCount = block.redactedByteCount ?? UInt64(block.bytes.count)
        }
        let head = new.content.count - new.bytes.count
        kept[number, default: [:]][ordinal] = result.keptPlaces.map {
          $0.lowerBound + head..<$0.upperBound + head
        }
        keptPlaceCount += result.keptPlaces.count
      }
    } catch {
      throw RecordingError(source, block, error)
    }
    if counts[channel.id] == nil { counts[channel.id] = source.decoding.map { SteadyCounts($0) } }
    guard counts[channel.id]?.add(block, new) == true else { throw Self.changedCounts(source, block) }
    return new == block ? data : new.content
  }

  /// To be called once, after the last chunk.
  mutating func finish() throws(RecordingError) {
    for (id, channel) in known {
      guard let source = SourceChannel(channel) else { continue }
      if counts[id]?.finish() == false {
        throw Self.changedCounts(source, nil)
      }
      // It may be the name of a service.
      guard let new = renamed[id].flatMap({ SourceChannel($0) }), new.defaultService != source.defaultService,
        sources.services(of: id).contains(source.defaultService)
      else { continue }
      throw RecordingError(
        offset: 0,
        reason:
          "a value that is to go stands in the name of source \(source.number), which names its service",
        remedy: "record it again under another name, or redact other fields")
    }
  }

  private static func changedCounts(_ source: SourceChannel, _ block: RecordedBlock?) -> RecordingError {
    RecordingError(
      offset: block?.sourceOffset ?? 0,
      reason: "(of source \(source.number)) what is counted here would be another without these values",
      remedy: "redact fewer fields, or cut this span of time out")
  }

  // MARK: - Outside of records

  /// `nil` where no value stands in what is said about it.
  private static func redacted(_ channel: MCAPChannel, _ values: RedactedValues) -> MCAPChannel? {
    var new = channel
    if var source = SourceChannel(channel) {
      source.name = text(source.name, values)
      source.defaultService = text(source.defaultService, values)
      new.metadata = source.metadata.map { MCAPPair(key: $0.key, value: $0.value) }
      // What a later version says beside that must not be lost, and not be kept unread.
      guard SourceChannel(new) != SourceChannel(channel) else { return nil }
      return new
    }
    for index in new.metadata.indices {
      let value = ForeignText(new.metadata[index].value)
      new.metadata[index].value = text(value, values).repaired
    }
    return new == channel ? nil : new
  }

  private static func text(_ text: ForeignText, _ values: RedactedValues) -> ForeignText {
    values.redacted(text.bytes, isJSON: false, RedactionRules()).map { ForeignText(bytes: $0.text) } ?? text
  }

  /// The attachment, where it is text in which no value stands.
  func clean(_ index: MCAPAttachmentIndex) -> MCAPAttachment? {
    guard index.mediaType.hasPrefix("text/") || index.mediaType == "application/json",
      index.byteCount <= ChunkContents.byteLimit, index.offset <= reader.byteCount,
      let record = try? reader.bytes.read(at: index.offset, count: Int(index.byteCount)),
      let head = RecordHead(record[...]), let attachment: MCAPAttachment = record.content(of: head, at: 0),
      check.place(in: attachment.data[...]) == nil, check.place(in: Array(attachment.name.utf8)[...]) == nil
    else { return nil }
    return attachment
  }

  // MARK: - Afterwards

  /// Reads all of the new file and throws where one of the values is in it.
  ///
  /// - Parameter words: of the rules.
  func check(_ descriptor: Int32, _ words: [String]) throws(RecordingError) {
    let written = try RecordingReader(descriptor: descriptor)
    func refuse(_ offset: UInt64, _ what: String, _ rule: Int) -> RecordingError {
      RecordingError(
        offset: offset,
        reason:
          "a value that was to go by '\(words.indices.contains(rule) ? words[rule] : "secrets")' is still "
          + "in \(what); nothing was written",
        remedy: "take the field that holds it out as well, or cut this span of time out")
    }
    for channel in written.channels.values {
      for text in [channel.topic] + channel.metadata.map(\.value) {
        if let found = check.place(in: Array(text.utf8)[...]) {
          throw refuse(0, "what is said about \(channel.topic)", found.rule)
        }
      }
    }
    // Chunks that the original does not have hold statements and signatures only.
    var number = 0
    var typed: [UInt8] = []
    for chunk in 0..<written.chunkCount {
      let contents = try written.contents(ofChunk: chunk)
      let isOwn = contents.messages.allSatisfy { known[$0.channelID] == nil } && !contents.messages.isEmpty
      defer { if !isOwn { number += 1 } }
      for channel in contents.channels where known[channel.id] != nil {
        for text in channel.metadata.map(\.value) {
          if let found = check.place(in: Array(text.utf8)[...]) {
            throw refuse(written.offset(ofChunk: chunk), "what is said about \(channel.topic)", found.rule)
          }
        }
      }
      for (ordinal, message) in contents.messages.enumerated() {
        let signed = [RecordingEncoder.auditTopic, RedactionStatement.auditTopic, RedactionStatement.topic]
        guard let channel = known[message.channelID], !signed.contains(channel.topic) else { continue }
        if channel.topic == RedactedJournal.topic {
          let members = JSONMembers.find(["do", "text"], in: Array(contents.records[message.data]))
          let isLetter = members["do"]?.value == ForeignText("type")
          typed += isLetter ? members["text"]?.value.bytes ?? [] : []
        }
        let places = kept[number]?[ordinal] ?? []
        guard let found = check.place(in: contents.records[message.data], besides: places) else { continue }
        throw refuse(
          written.offset(ofChunk: chunk), "\(channel.topic), byte \(found.offset) of its message", found.rule)
      }
    }
    if let found = check.place(in: typed[...]) { throw refuse(0, "what was typed", found.rule) }
  }
}
