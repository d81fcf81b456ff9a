/// The input side of a terminal, from bytes to inputs: keys go up, replies stay here.
struct KeyReader {
  /// Made for the first key: the table of keys is no part of the first paint.
  private var parser: InputParser?
  private let makeParser: @Sendable () -> InputParser
  private var decoder = KeyDecoder()
  private var question = BackgroundQuestion()
  private var questions: [UInt8] = []
  private var readyCount = 0
  private var typedAhead: [UInt8]

  /// - Parameter typedAhead: what came before the reader was there.
  init(
    keys: @escaping @Sendable () -> KeyTable = KeyTable.ofOpenTerminal, isUTF8: Bool, escapeDelayMs: Int,
    typedAhead: [UInt8] = []
  ) {
    makeParser = { InputParser(keys: keys(), isUTF8: isUTF8, escapeDelayMs: escapeDelayMs) }
    self.typedAhead = typedAhead
  }

  /// - Parameters:
  ///   - bytes: empty when there was nothing to read.
  ///   - nowMs: of a clock that never goes back.
  mutating func take(_ bytes: some Sequence<UInt8>, nowMs: Int) -> [TerminalInput] {
    let all = typedAhead + bytes
    typedAhead = []
    if all.isEmpty && parser == nil { return [] }
    var parser = self.parser ?? makeParser()
    parser.expectsReply = question.isOpen
    let readings = all.isEmpty ? parser.settle(nowMs: nowMs) : parser.read(all, nowMs: nowMs)
    self.parser = parser
    return readings.flatMap { reading -> [TerminalInput] in
      let inputs = decoder.decode(reading, nowMs: nowMs)
      guard case .reply(let reply) = reading else { return inputs }
      if reply == .ready { readyCount += 1 }
      let (appearance, send) = question.take(reply)
      questions += send
      return inputs + (appearance.map { [.background($0)] } ?? [])
    }
  }

  /// Milliseconds until silence decides what was typed; `nil` when nothing is open.
  func waitMs(nowMs: Int) -> Int? { typedAhead.isEmpty ? parser?.waitMs(nowMs: nowMs) : 0 }

  /// A question is open.
  var isAsking: Bool { question.isOpen }

  /// The bytes that ask for the background; empty while an answer is on its way.
  mutating func askBackground() -> [UInt8] { question.ask() }

  /// How often the terminal has told since the last call that it has worked off what was sent (DSR 5).
  mutating func takeReadyCount() -> Int {
    defer { readyCount = 0 }
    return readyCount
  }

  /// What replies led to: bytes for the terminal.
  mutating func takeQuestions() -> [UInt8] {
    defer { questions = [] }
    return questions
  }
}
