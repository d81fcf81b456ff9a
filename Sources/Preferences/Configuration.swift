/// What a person can set; the raw value is the key in `config.toml`.
public enum ConfigurationKey: String, CaseIterable, Hashable, Sendable {
  case theme, keymap, color, glyphs
  case timeZone = "tz"
  case followIntervalMs = "follow.interval_ms"
  case memory
  case spoolLimit = "spool.limit"
  case cacheLimit = "cache.limit"
  case hints
  case link, a11y, mouse, background
  case autosave = "session.autosave"
  case linger = "session.linger"

  /// `TRIPTYCH_FOLLOW_INTERVAL_MS` for `follow.interval_ms`.
  public var environmentVariable: String {
    var name = "TRIPTYCH_"
    for byte in rawValue.uppercased().utf8 {
      name.unicodeScalars.append(byte == UInt8(ascii: ".") ? "_" : Unicode.Scalar(byte))
    }
    return name
  }

  /// What it is for, in a few words.
  public var title: String {
    switch self {
    case .theme: "how it looks: a theme's name, or the path of its file"
    case .keymap: "which keys: a keymap's name, or the path of its file"
    case .color: "how many colours: auto, truecolor, 256, 16, mono, never"
    case .glyphs: "what cells are drawn with: auto, ascii, safe (boxes and blocks) or rich"
    case .timeZone: "times are shown in: local, UTC, or a zone as Europe/Berlin"
    case .followIntervalMs: "how often growing files are looked at, in milliseconds"
    case .memory: "how much memory counts may take"
    case .spoolLimit: "how much of a pipe is kept on disk"
    case .cacheLimit: "how much the index of big files seen before may take on disk; 0 keeps none"
    case .hints: "whether the last line shows keys"
    case .link: "how fast the line to the terminal is: auto, slow, fast"
    case .a11y: "for screen readers: numbers and words instead of cells and boxes, nothing moves unasked"
    case .mouse: "the mouse: off, wheel (moves the cursor; text is selected as ever) or on (clicks as well)"
    case .background: "the terminal's background: auto (found out), dark or light"
    case .autosave: "whether sessions are saved by themselves, for triptych resume"
    case .linger: "how long a session that records goes on when its line drops; 0 ends it at once"
    }
  }
}

/// Which characters the screen may use; `auto` is what the terminal and its locale can be trusted with.
public enum GlyphChoice: String, CaseIterable, Hashable, Sendable {
  case auto, ascii, safe, rich
}

/// How fast the line to the terminal is taken to be.
public enum LinkSpeed: String, CaseIterable, Hashable, Sendable {
  /// Measured while frames are sent.
  case auto
  /// A modem, a crowded wireless net: fewer colour steps, and never a frame before the last one has arrived.
  case slow
  /// Everything, at once.
  case fast
}

/// What the terminal's background is; `auto` is what COLORFGBG or the terminal itself says.
public enum BackgroundChoice: String, CaseIterable, Hashable, Sendable {
  case auto, dark, light
}

/// What the mouse is used for.
public enum MouseChoice: String, CaseIterable, Hashable, Sendable {
  /// The terminal keeps it.
  case off
  /// The wheel moves the cursor's row; pressing and dragging stay with the terminal, which selects text.
  case wheel
  /// Clicks and the wheel come to the program; most terminals then select text with shift held down.
  case on
}

/// Where a value comes from.
public enum ConfigurationOrigin: Hashable, Sendable, CustomStringConvertible {
  case builtIn
  case file(SourceLine)
  case environment(String)
  case flag(String)

  public var description: String {
    switch self {
    case .builtIn: "built in"
    case .file(let place): place.description
    case .environment(let variable): "environment \(variable)"
    case .flag(let flag): flag
    }
  }
}

/// Everything a person chose, each value with its origin: built in, then `/etc/triptych/config.toml`, then the person's
/// own `config.toml`, then `TRIPTYCH_*` variables, then flags; what comes later wins.
public struct Configuration: Sendable {
  enum Value: Hashable, Sendable {
    case text(String)
    case count(Int)
    case byteCount(Int)
    case flag(Bool)
    case seconds(Int)
  }

  /// In no order; so few are found sooner than hashed.
  private var values: [(key: ConfigurationKey, value: Value, origin: ConfigurationOrigin)]

  /// What is built in.
  public init() {
    let builtIn: [(ConfigurationKey, Value)] = [
      (.theme, .text("dark")), (.keymap, .text("default")), (.color, .text(ColorChoice.auto.rawValue)),
      (.glyphs, .text(GlyphChoice.auto.rawValue)), (.timeZone, .text("local")),
      (.followIntervalMs, .count(250)), (.memory, .byteCount(512 << 20)), (.spoolLimit, .byteCount(1 << 30)),
      (.cacheLimit, .byteCount(1 << 30)),
      (.hints, .flag(true)), (.link, .text(LinkSpeed.auto.rawValue)),
      (.a11y, .flag(false)), (.mouse, .text(MouseChoice.wheel.rawValue)),
      (.background, .text(BackgroundChoice.auto.rawValue)),
      (.autosave, .flag(true)), (.linger, .seconds(1800)),
    ]
    values = builtIn.map { ($0, $1, .builtIn) }
  }

  public var theme: String { text(.theme) }
  public var keymap: String { text(.keymap) }
  public var color: ColorChoice { ColorChoice(rawValue: text(.color)) ?? .auto }
  public var glyphs: GlyphChoice { GlyphChoice(rawValue: text(.glyphs)) ?? .auto }
  /// `local`, `UTC` or a name of the zone database.
  public var timeZone: String { text(.timeZone) }
  /// 10 ... 60,000.
  public var followIntervalMs: Int { number(.followIntervalMs) }
  /// Bytes that counts may take, at least 1 MiB.
  public var memoryLimit: Int { number(.memory) }
  /// Bytes that a pipe's spool may take, at least 1 MiB.
  public var spoolLimit: Int { number(.spoolLimit) }
  /// Bytes that the index of files seen before may take, at least 1 MiB; 0 keeps none.
  public var cacheLimit: Int { number(.cacheLimit) }
  public var showsHints: Bool { isOn(.hints) }
  public var link: LinkSpeed { LinkSpeed(rawValue: text(.link)) ?? .auto }
  public var isAccessible: Bool { isOn(.a11y) }
  public var mouse: MouseChoice { MouseChoice(rawValue: text(.mouse)) ?? .wheel }
  public var background: BackgroundChoice { BackgroundChoice(rawValue: text(.background)) ?? .auto }

  public var savesSessions: Bool { isOn(.autosave) }
  /// How long a session that records goes on without a terminal, in seconds; 0 ends it with its line.
  public var lingerSeconds: Int { number(.linger) }

  public func origin(of key: ConfigurationKey) -> ConfigurationOrigin {
    values.first { $0.key == key }?.origin ?? .builtIn
  }

  /// A `config.toml` that says the same, one line per key in fixed order; `withOrigins` adds where each comes from.
  public func listing(withOrigins: Bool) -> String {
    let lines = ConfigurationKey.allCases.map { key in
      (text: "\(key.rawValue) = \(shown(key))", origin: "\(origin(of: key))")
    }
    let width = lines.map(\.text.count).max() ?? 0
    return lines.map { line in
      let padding = String(repeating: " ", count: width - line.text.count)
      return line.text + (withOrigins ? padding + "  # " + line.origin : "") + "\n"
    }.joined()
  }

  mutating func set(_ key: ConfigurationKey, _ value: Value, from origin: ConfigurationOrigin) {
    values.removeAll { $0.key == key }
    values.append((key, value, origin))
  }

  // MARK: Values

  private func value(_ key: ConfigurationKey) -> Value? { values.first { $0.key == key }?.value }

  private func text(_ key: ConfigurationKey) -> String {
    if case .text(let text)? = value(key) { text } else { "" }
  }

  private func number(_ key: ConfigurationKey) -> Int {
    switch value(key) {
    case .count(let number), .byteCount(let number), .seconds(let number): number
    default: 0
    }
  }

  private func isOn(_ key: ConfigurationKey) -> Bool { value(key) == .flag(true) }

  private func shown(_ key: ConfigurationKey) -> String {
    switch value(key) {
    case .text(let text): Self.quoted(text)
    case .count(let number): "\(number)"
    case .byteCount(let count): Self.quoted(ByteSize.text(of: count))
    case .flag(let isOn): "\(isOn)"
    case .seconds(let seconds): Self.quoted(DurationWords.text(of: seconds))
    case nil: ""
    }
  }

  /// As TOML writes it; anything that could move the terminal's cursor becomes an escape.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        quoted += "\\" + String(Character(scalar))
      case _
      where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      default:
        quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// Lengths of time as people write them: `90s`, `30m`, `2h`; no unit is seconds.
public enum DurationWords {
  private static let units: [(name: String, seconds: Int)] = [
    ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1), ("", 1),
  ]

  /// `nil` for anything that is no whole number of seconds up to a year.
  public static func seconds(of text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Int(digits), let factor = units.first(where: { $0.name == unit })?.seconds,
      number <= 366 * 86_400 / factor
    else { return nil }
    return number * factor
  }

  /// In the largest unit that needs no fraction.
  public static func text(of seconds: Int) -> String {
    guard seconds > 0, let unit = units.first(where: { seconds % $0.seconds == 0 }) else { return "0" }
    return "\(seconds / unit.seconds)\(unit.name)"
  }
}

/// Amounts of bytes as people write them: `512 MiB`, `2GB`, `1048576`.
public enum ByteSize {
  private static let units: [(name: String, factor: Int)] = [
    ("gib", 1 << 30), ("mib", 1 << 20), ("kib", 1 << 10), ("gb", 1_000_000_000), ("mb", 1_000_000),
    ("kb", 1000),
    ("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10), ("b", 1), ("", 1),
  ]

  /// `nil` for anything that is no whole number of bytes below 2^62.
  public static func byteCount(of text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    guard let number = Int(digits), let factor = units.first(where: { $0.name == unit })?.factor else {
      return nil
    }
    let (product, overflows) = number.multipliedReportingOverflow(by: factor)
    return overflows || product >= 1 << 62 ? nil : product
  }

  /// In the largest binary unit that needs no fraction.
  public static func text(of byteCount: Int) -> String {
    for (name, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where byteCount >= factor && byteCount % factor == 0 {
      return "\(byteCount / factor) \(name)"
    }
    return "\(byteCount) B"
  }
}
