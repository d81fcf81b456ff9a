public import ArgumentParser
internal import CellCanvas
internal import EventModel
internal import Glibc
public import Preferences
internal import SceneGraph
internal import Session
internal import SessionHost
internal import Synchronization

/// How it looks and which keys work; the same options for every front-end.
struct AppearanceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Colours: auto, never, 16, 256, truecolor. NO_COLOR in the environment means never.", valueName: "depth"
    ))
  var color: ColorChoice?

  @Option(help: ArgumentHelp("A theme by name (Themes/) or path.", valueName: "theme"))
  var theme: String?

  @Option(help: ArgumentHelp("A keymap by name (Keymaps/) or path.", valueName: "keymap"))
  var keymap: String?

  @Option(
    help: ArgumentHelp(
      "Glyphs: ascii, safe (boxes and blocks), rich (rounder corners, finer marks).", valueName: "set"))
  var glyphs: GlyphSet?

  @Flag(
    help: ArgumentHelp(
      "For screen readers: numbers and words instead of cells and boxes, nothing moves unasked."))
  var a11y = false

  @Option(
    help: ArgumentHelp(
      "Memory for counts, 512 MiB by default; beyond it the oldest and finest go first, and the screen says so.",
      valueName: "size"))
  var memory: String?

  var choices: AppearanceChoices {
    AppearanceChoices(
      color: color, theme: theme, keymap: keymap, glyphs: glyphs, isAccessible: a11y, memory: memory)
  }
}

/// The looks that a command line asks for; `nil` and false leave it to the configuration.
struct AppearanceChoices: Hashable, Sendable {
  var color: ColorChoice?
  var theme: String?
  var keymap: String?
  var glyphs: GlyphSet?
  /// `--a11y`
  var isAccessible = false
  var memory: String?
}

extension ColorChoice: ExpressibleByArgument {}
extension GlyphSet: ExpressibleByArgument {}

extension GlyphSet {
  /// `nil` where the terminal decides.
  fileprivate init?(_ choice: GlyphChoice) {
    switch choice {
    case .auto: return nil
    case .ascii: self = .ascii
    case .safe: self = .safe
    case .rich: self = .rich
    }
  }
}

/// Configuration, themes and keymaps as this process finds them.
struct Appearance {
  let configuration: Configuration
  let resources: ResourceLocator
  var themeInForce: InForce<Theme>
  var keymapInForce: InForce<Keymap>
  /// By the person, not by the background.
  var isThemeChosen: Bool
  let color: ColorChoice
  /// `nil`: what the terminal can be trusted with.
  let glyphs: GlyphSet?
  /// For local times on screen, where no `--tz` says otherwise.
  let zone: TimeZoneRules
  /// What could not be used; everything else is.
  var problems: [Problem]

  init(_ options: AppearanceOptions) { self.init(options.choices) }

  init(_ choices: AppearanceChoices) { self.init(choices, Settings(choices)) }

  init(_ options: AppearanceChoices, _ settings: Settings) {
    let environment = ProcessEnvironment.all
    configuration = settings.configuration
    problems = settings.problems
    resources = ResourceLocator(environment: environment, executable: ProcessEnvironment.executablePath)
    isThemeChosen = options.theme != nil || configuration.origin(of: .theme) != .builtIn
    themeInForce = InForce(
      options.theme ?? Self.themeName(configuration, isChosen: isThemeChosen), from: resources)
    keymapInForce = InForce(options.keymap ?? configuration.keymap, from: resources)
    problems += themeInForce.problems + keymapInForce.problems
    let zone = Self.zone(configuration.timeZone)
    self.zone = zone ?? LocalZone.ofProcess
    if zone == nil {
      problems.append(
        Problem(
          at: SourceLine(file: "tz"),
          "no zone is called '\(configuration.timeZone)'; the one of this process is used",
          remedy: "name one as in /usr/share/zoneinfo, or local, UTC, +02:00"))
    }
    color = options.color ?? configuration.color
    glyphs = configuration.isAccessible ? .ascii : options.glyphs ?? GlyphSet(configuration.glyphs)
  }

  /// The theme for a background that was found out; `nil` where the person has chosen one.
  func themeName(on background: Theme.Appearance) -> String? {
    guard !isThemeChosen, !configuration.isAccessible, configuration.background == .auto else { return nil }
    return background == .light ? "light" : "dark"
  }

  private static func themeName(_ configuration: Configuration, isChosen: Bool) -> String {
    guard !isChosen else { return configuration.theme }
    if configuration.isAccessible { return "high-contrast" }
    return configuration.background == .light ? "light" : configuration.theme
  }

  mutating func choose(theme name: String) {
    themeInForce = InForce(name, from: resources)
    problems += themeInForce.problems
  }

  var keymap: Keymap { keymapInForce.value }

  /// How a view is shown.
  var form: ViewForm { configuration.isAccessible ? .words : .cells }

  /// - Parameter levels: colours a ramp may have; `nil`: all.
  func canvas(depth: ColorDepth, glyphs: GlyphSet, levels: Int? = nil) -> CellCanvas {
    CellCanvas(
      theme: themeInForce.value, depth: depth, glyphs: glyphs, isSpoken: configuration.isAccessible,
      levels: levels)
  }

  /// `nil` for a name that means nothing.
  private static func zone(_ name: String) -> TimeZoneRules? {
    if name == "local" { return LocalZone.ofProcess }
    if let offset = ZoneOffset.seconds(name) { return TimeZoneRules(name: name, offsetSeconds: offset) }
    return LocalZone.named(name)
  }

  /// What the session is told of these choices.
  func sessionConfiguration(zone: TimeZoneRules) -> SessionConfiguration {
    SessionConfiguration(
      zone: zone, keys: keymap.labels, themeNames: resources.names(of: .themes),
      keymapNames: resources.names(of: .keymaps), themeName: themeInForce.name,
      keymapName: keymapInForce.name,
      showsHints: configuration.showsHints)
  }
}

/// The configuration, which says how sources are read before it says how they look.
struct Settings {
  let configuration: Configuration
  let problems: [Problem]

  init(_ choices: AppearanceChoices = AppearanceChoices()) {
    var flags = choices.memory.map { [(ConfigurationKey.memory, "--memory", $0)] } ?? []
    if choices.isAccessible { flags.append((.a11y, "--a11y", "true")) }
    let files = Configuration.load(
      environment: ProcessEnvironment.all, flags: flags.map { (key: $0.0, flag: $0.1, value: $0.2) })
    configuration = files.value
    problems = files.problems
  }
}

/// What the process was started with.
enum ProcessEnvironment {
  static let all: [String: String] = {
    var result = Dictionary<String, String>(minimumCapacity: 64)
    var entry = environ
    while let text = entry.pointee {
      let pair = UnsafeBufferPointer(start: text, count: strlen(text))
      if let equals = pair.firstIndex(of: CChar(UInt8(ascii: "="))) {
        let bytes = UnsafeRawBufferPointer(pair)
        let name = String(decoding: bytes[..<equals], as: UTF8.self)
        result[name] = String(decoding: bytes[(equals + 1)...], as: UTF8.self)
      }
      entry += 1
    }
    return result
  }()

  /// The program's own path with links resolved; empty where /proc does not tell.
  static var executablePath: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
      let count = readlink("/proc/self/exe", buffer.baseAddress!, Int(PATH_MAX))
      guard count > 0 else { return "" }
      buffer[count] = 0
      return String(cString: buffer.baseAddress!)
    }
  }
}

/// A theme or a keymap with the files it was made of, so that a change of another file is none of its.
struct InForce<Value> {
  let name: String
  let value: Value
  let problems: [Problem]
  let texts: [TextFile]

  private init(_ name: String, from source: NamedTexts, load: (String, NamedTexts) -> Loaded<Value>) {
    let reading = ReadTexts(source)
    let loaded = load(name, reading.texts)
    self.name = name
    (value, problems, texts) = (loaded.value, loaded.problems, reading.read)
  }
}

extension InForce: Sendable where Value: Sendable {}

extension InForce<Theme> {
  init(_ name: String, from resources: ResourceLocator) {
    self.init(name, from: resources.texts(of: .themes), load: Theme.load)
  }
}

extension InForce<Keymap> {
  init(_ name: String, from resources: ResourceLocator) {
    self.init(name, from: resources.texts(of: .keymaps), load: Keymap.load)
  }
}

/// Remembers which texts were asked for and found.
private final class ReadTexts: Sendable {
  private let found = Mutex<[TextFile]>([])
  private let source: NamedTexts

  init(_ source: NamedTexts) { self.source = source }

  var read: [TextFile] { found.withLock { $0 } }

  var texts: NamedTexts {
    NamedTexts(
      names: source.names,
      find: { name throws(Problem) in
        let text = try self.source.find(name)
        if let text { self.found.withLock { $0.append(text) } }
        return text
      })
  }
}
