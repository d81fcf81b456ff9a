/// What holds after a zone's last transition, as `TZ` says it: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1 section 8.3, with
/// RFC 8536's hours from -167 to 167).
struct PosixZoneRule: Hashable, Sendable {
  var standard: ZonePeriod
  /// The other half of the year, from when to when on the wall clock in force then.
  private var summer: (period: ZonePeriod, start: ChangeDay, end: ChangeDay)?

  /// A day of every year, and the second counted from its midnight.
  struct ChangeDay: Hashable, Sendable {
    enum Day: Hashable, Sendable {
      /// 1...365, 29 February never counted.
      case julian(Int)
      /// 0...365, 29 February counted.
      case zeroBased(Int)
      /// The `week`-th (5 = last) `weekday` (0 = Sunday) of `month`.
      case weekday(month: Int, week: Int, weekday: Int)
    }
    var day: Day
    var second: Int

    /// Seconds since the epoch on the wall clock.
    func wallSecond(in year: Int) -> Int64 {
      let newYear = CivilTime.daysSinceEpoch(year: year, month: 1, day: 1)
      let days =
        switch day {
        case .julian(let number): newYear + number - 1 + (CivilTime.isLeap(year) && number >= 60 ? 1 : 0)
        case .zeroBased(let number): newYear + number
        case .weekday(let month, let week, let weekday):
          Self.day(week: week, weekday: weekday, month: month, year: year)
        }
      return Int64(days) * 86_400 + Int64(second)
    }

    func pack(into packer: inout BytePacker) {
      let numbers: [Int] =
        switch day {
        case .julian(let number): [0, number]
        case .zeroBased(let number): [1, number]
        case .weekday(let month, let week, let weekday): [2, month, week, weekday]
        }
      packer.put(words: numbers.map { Int64($0) } + [Int64(second)])
    }

    init(day: Day, second: Int) {
      self.day = day
      self.second = second
    }

    init(_ bytes: inout ByteUnpacker) {
      let numbers = bytes.words(Int64.self)
      second = 0
      day = .zeroBased(0)
      guard let last = numbers.last, last.magnitude <= UInt64(ZonePeriod.offsetLimit) else {
        bytes.fail()
        return
      }
      second = Int(last)
      switch (numbers.first, numbers.count) {
      case (0, 3) where (1...365).contains(numbers[1]): day = .julian(Int(numbers[1]))
      case (1, 3) where (0...365).contains(numbers[1]): day = .zeroBased(Int(numbers[1]))
      case (2, 5)
      where (1...12).contains(numbers[1]) && (1...5).contains(numbers[2]) && (0...6).contains(numbers[3]):
        day = .weekday(month: Int(numbers[1]), week: Int(numbers[2]), weekday: Int(numbers[3]))
      default: bytes.fail()
      }
    }

    private static func day(week: Int, weekday: Int, month: Int, year: Int) -> Int {
      let first = CivilTime(year: year, month: month, day: 1)
      // `CivilTime.weekday` counts from Monday.
      let ahead = (weekday - (first.weekday + 1) % 7 + 7) % 7
      var day = 1 + ahead + (week - 1) * 7
      while day > CivilTime.dayCount(month: month, year: year) { day -= 7 }
      return CivilTime.daysSinceEpoch(year: year, month: month, day: day)
    }
  }

  func period(atSecond second: Int64) -> ZonePeriod {
    changes(around: second).last { $0.second <= second }?.period ?? standard
  }

  /// The changes of the year of `second` and of the years beside it, ascending.
  func changes(around second: Int64) -> [(second: Int64, period: ZonePeriod)] {
    guard let summer else { return [] }
    let year = CivilTime.date(daysSinceEpoch: Int(second.flooredDivision(by: 86_400))).year
    let all = ((year - 1)...(year + 1)).flatMap { year in
      [
        (summer.start.wallSecond(in: year) - Int64(standard.offsetSeconds), summer.period),
        (summer.end.wallSecond(in: year) - Int64(summer.period.offsetSeconds), standard),
      ]
    }
    return all.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
      .map { (second: $0.element.0, period: $0.element.1) }
  }

  func pack(into packer: inout BytePacker) {
    standard.pack(into: &packer)
    packer.put(summer != nil)
    guard let summer else { return }
    summer.period.pack(into: &packer)
    summer.start.pack(into: &packer)
    summer.end.pack(into: &packer)
  }

  init(_ bytes: inout ByteUnpacker) {
    standard = ZonePeriod(&bytes)
    guard bytes.flag() else { return }
    summer = (ZonePeriod(&bytes), ChangeDay(&bytes), ChangeDay(&bytes))
  }

  static func == (left: PosixZoneRule, right: PosixZoneRule) -> Bool {
    left.standard == right.standard && left.summer?.period == right.summer?.period
      && left.summer?.start == right.summer?.start && left.summer?.end == right.summer?.end
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(standard)
    hasher.combine(summer?.period)
    hasher.combine(summer?.start)
    hasher.combine(summer?.end)
  }
}

extension PosixZoneRule {
  /// `nil` unless all of `text` is a rule.
  init?(_ text: some Sequence<UInt8>) {
    var reader = Reader(rest: Array(text)[...])
    guard let name = reader.name(), let west = reader.time(hours: 0...24) else { return nil }
    standard = ZonePeriod(offsetSeconds: -west, abbreviation: name)
    guard !reader.isAtEnd else { return }
    guard let summerName = reader.name() else { return nil }
    var offset = standard.offsetSeconds + 3600
    if !reader.isAtEnd, !reader.isAt(",") {
      guard let west = reader.time(hours: 0...24) else { return nil }
      offset = -west
    }
    guard let start = reader.changeDay(), let end = reader.changeDay(), reader.isAtEnd else { return nil }
    summer = (ZonePeriod(offsetSeconds: offset, abbreviation: summerName), start, end)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    var isAtEnd: Bool { rest.isEmpty }

    func isAt(_ character: Unicode.Scalar) -> Bool { rest.first == UInt8(ascii: character) }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard isAt(character) else { return false }
      rest.removeFirst()
      return true
    }

    /// `CET`, or anything between `<` and `>`.
    mutating func name() -> String? {
      let isQuoted = skip("<")
      let name = rest.prefix { byte in
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        return isLetter || isQuoted && ((0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D)
      }
      rest = rest.dropFirst(name.count)
      guard (3...32).contains(name.count), !isQuoted || skip(">") else { return nil }
      return String(decoding: name, as: UTF8.self)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      return range.contains(value) ? value : nil
    }

    /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
    mutating func time(hours: ClosedRange<Int>) -> Int? {
      let isNegative = skip("-")
      if !isNegative { _ = skip("+") }
      guard let hour = number(hours) else { return nil }
      var seconds = hour * 3600
      for unit in [60, 1] where skip(":") {
        guard let value = number(0...59) else { return nil }
        seconds += value * unit
      }
      return isNegative ? -seconds : seconds
    }

    mutating func changeDay() -> ChangeDay? {
      guard skip(","), let day = day() else { return nil }
      guard skip("/") else { return ChangeDay(day: day, second: 7200) }
      return time(hours: 0...167).map { ChangeDay(day: day, second: $0) }
    }

    private mutating func day() -> ChangeDay.Day? {
      if skip("J") { return number(1...365).map(ChangeDay.Day.julian) }
      guard skip("M") else { return number(0...365).map(ChangeDay.Day.zeroBased) }
      guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
        let weekday = number(0...6)
      else { return nil }
      return .weekday(month: month, week: week, weekday: weekday)
    }
  }
}
