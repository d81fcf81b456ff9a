import SceneGraph

/// A colour as a theme writes it, with what it becomes where fewer colours are shown.
struct Ink: Hashable, Sendable {
  enum Base: Hashable, Sendable {
    case terminal
    case rgb(SRGB)
    case palette(UInt8)
  }

  var base: Base
  var c256: UInt8?
  var c16: UInt8?

  init(_ base: Base) { self.base = base }

  func color(at depth: ColorDepth) -> Color {
    switch (depth, base) {
    case (.mono, _): .terminal
    case (.colors16, _) where c16 != nil: .palette(c16 ?? 0)
    case (.colors256, _) where c256 != nil: .palette(c256 ?? 0)
    case (_, .terminal): .terminal
    // The first sixteen are the person's own colours: they stay what they are at every depth.
    case (_, .palette(let index)) where index < 16: .palette(index)
    case (.colors256, .palette(let index)): .palette(index)
    case (.truecolor, _): .rgb(red: srgb.red, green: srgb.green, blue: srgb.blue)
    case (.colors256, _): .palette(srgb.nearest(in: 16...255))
    case (.colors16, _): .palette(srgb.nearest(in: 0...15))
    }
  }

  var srgb: SRGB {
    switch base {
    case .terminal: SRGB(0, 0, 0)
    case .rgb(let color): color
    case .palette(let index): SRGB(palette: index)
    }
  }

  /// The names of the sixteen, in the order of their numbers; `default` is the terminal's own.
  static let terminalNames: [(String, Ink)] =
    zip(0..., ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]).flatMap {
      number, name in
      [(name, Ink(.palette(UInt8(number)))), ("bright-" + name, Ink(.palette(UInt8(number + 8))))]
    } + [("default", Ink(.terminal))]

  static func named(_ name: String) -> Ink? { terminalNames.first { $0.0 == name }?.1 }
}

/// Where a style speaks of a colour: itself, or by a name of the palette that another theme may fill.
enum InkWord: Sendable {
  case ink(Ink)
  case name(String, SourceLine)
}

/// What a theme says about one role; what it does not say comes from shorter roles and inherited themes.
struct StyleFile: Sendable {
  struct Patch: Sendable {
    var foreground: InkWord?
    var background: InkWord?
    var modifiers: Modifiers?
    var glyph: Character?

    func merged(over other: Patch) -> Patch {
      Patch(
        foreground: foreground ?? other.foreground, background: background ?? other.background,
        modifiers: modifiers ?? other.modifiers, glyph: glyph ?? other.glyph)
    }
  }

  var general = Patch()
  /// By `ColorDepth`; empty where no depth has words of its own.
  private var depths: [Patch?] = []

  func patch(at depth: ColorDepth) -> Patch? { depths.isEmpty ? nil : depths[depth.rawValue] }

  mutating func set(_ patch: Patch, at depth: ColorDepth) {
    if depths.isEmpty { depths = Array(repeating: nil, count: ColorDepth.allCases.count) }
    depths[depth.rawValue] = patch
  }

  func merged(over other: StyleFile) -> StyleFile {
    var merged = self
    merged.general = general.merged(over: other.general)
    for depth in ColorDepth.allCases {
      guard let inherited = other.patch(at: depth) else { continue }
      merged.set(patch(at: depth)?.merged(over: inherited) ?? inherited, at: depth)
    }
    return merged
  }
}

/// One theme file as written, before anything is inherited.
struct ThemeFile: Sendable {
  var name: String?
  var appearance: Theme.Appearance?
  var inherits: (name: String, place: SourceLine)?
  var palette: [String: Ink] = [:]
  var terminal16: [String: UInt8] = [:]
  var styles: [String: StyleFile] = [:]
  /// By `CellTone`.
  private var ramps: [RampFile?] = Array(repeating: nil, count: CellTone.allCases.count)

  static func read(_ file: TextFile) -> Loaded<ThemeFile> {
    let toml = TOMLReader.read(file.bytes, file: file.path)
    var reader = ThemeFileReader(checker: TableChecker(file: file.path))
    reader.readDocument(toml.value)
    return Loaded(reader.theme, problems: toml.problems + reader.checker.problems)
  }

  func ramp(_ tone: CellTone) -> RampFile? { ramps[Int(tone.rawValue)] }

  mutating func set(_ ramp: RampFile, for tone: CellTone) { ramps[Int(tone.rawValue)] = ramp }

  /// This theme over the one it inherits from. Ramps are taken whole: half of one and half of another is neither.
  func merged(over other: ThemeFile) -> ThemeFile {
    var merged = self
    merged.appearance = appearance ?? other.appearance
    merged.palette = palette.merging(other.palette) { own, _ in own }
    merged.terminal16 = terminal16.merging(other.terminal16) { own, _ in own }
    merged.styles = styles.merging(other.styles) { own, inherited in own.merged(over: inherited) }
    merged.ramps = zip(ramps, other.ramps).map { $0 ?? $1 }
    return merged
  }
}

/// How depths are called in theme files, in the order of `ColorDepth`.
let depthNames: [(String, ColorDepth)] = [
  ("mono", .mono), ("c16", .colors16), ("c256", .colors256), ("truecolor", .truecolor),
]

private struct ThemeFileReader {
  var theme = ThemeFile()
  var checker: TableChecker

  init(checker: TableChecker) { self.checker = checker }

  mutating func readDocument(_ document: TOMLTable) {
    for entry in document.entries {
      guard ["meta", "palette", "style", "ramp", "terminal16"].contains(entry.key) else {
        checker.unknown(
          entry, in: "a theme", among: ["meta", "palette", "style", "ramp", "terminal16"])
        continue
      }
      guard let table = checker.table(entry) else { continue }
      for inner in table.entries {
        switch entry.key {
        case "meta": readMeta(inner)
        case "palette": theme.palette[inner.key] = readSwatch(inner)
        case "style": readStyle(inner)
        case "ramp": readRamp(inner)
        default: theme.terminal16[inner.key] = checker.choice(inner, of: Self.sixteen)
        }
      }
    }
  }

  private mutating func readMeta(_ entry: TOMLTable.Entry) {
    switch entry.key {
    case "name": theme.name = checker.string(entry)
    case "appearance":
      theme.appearance = checker.choice(entry, of: Theme.Appearance.allCases.map { ($0.rawValue, $0) })
    case "inherits":
      theme.inherits = checker.string(entry).map { ($0, checker.place(entry.line)) }
    case "format": _ = checker.integer(entry, in: 1...1)
    case "license", "description": _ = checker.string(entry)
    default:
      checker.unknown(
        entry, in: "[meta]", among: ["name", "appearance", "inherits", "format", "license", "description"])
    }
  }

  // MARK: Colours

  static let sixteen: [(String, UInt8)] = Ink.terminalNames.compactMap { name, ink in
    if case .palette(let number) = ink.base { (name, number) } else { nil }
  }

  /// A palette entry: a colour, or a table with one colour per depth.
  private mutating func readSwatch(_ entry: TOMLTable.Entry) -> Ink? {
    guard case .table(let table) = entry.value else {
      return readInk(entry.value, of: entry.key, line: entry.line)
    }
    var ink: Ink?
    for inner in table.entries {
      switch inner.key {
      case "rgb":
        let other = readInk(inner.value, of: inner.key, line: inner.line)
        if let other { ink = Self.joined(other, ink) }
      case "c256":
        guard let index = checker.integer(inner, in: 16...255) else { continue }
        ink = ink ?? Ink(.palette(UInt8(index)))
        ink?.c256 = UInt8(index)
      case "c16":
        guard let number = checker.choice(inner, of: Self.sixteen) else { continue }
        ink = ink ?? Ink(.palette(number))
        ink?.c16 = number
      default: checker.unknown(inner, in: "the colour '\(entry.key)'", among: ["rgb", "c256", "c16"])
      }
    }
    return ink
  }

  private static func joined(_ ink: Ink, _ before: Ink?) -> Ink {
    var ink = ink
    ink.c256 = before?.c256
    ink.c16 = before?.c16
    return ink
  }

  /// A colour that is no name of the palette.
  private mutating func readInk(_ value: TOMLValue, of key: String, line: Int) -> Ink? {
    switch value {
    case .string(let text):
      if let ink = SRGB(hex: text).map({ Ink(.rgb($0)) }) ?? Ink.named(text) { return ink }
      complainColor(text, of: key, line: line, among: Ink.terminalNames.map(\.0))
    case .integer(let number):
      if (16...255).contains(number) { return Ink(.palette(UInt8(number))) }
      checker.complain(
        line, "'\(key)' is colour \(number), not 16 to 255",
        remedy: "0 to 15 differ from terminal to terminal; if you mean them, use their names")
    default:
      checker.complain(line, "'\(key)' is \(value.kind), not a colour", remedy: Self.colorHelp)
    }
    return nil
  }

  private mutating func readInkWord(_ value: TOMLValue, of key: String, line: Int) -> InkWord? {
    if case .string(let text) = value, !text.hasPrefix("#") { return .name(text, checker.place(line)) }
    return readInk(value, of: key, line: line).map(InkWord.ink)
  }

  private static let colorHelp = "write \"#rrggbb\", a number from 16 to 255, or a colour name"

  private mutating func complainColor(_ text: String, of key: String, line: Int, among names: [String]) {
    let remedy = text.hasPrefix("#") ? nil : Suggestion.remedy(for: text, among: names)
    checker.complain(line, "'\(key)': '\(text)' is no colour", remedy: remedy ?? Self.colorHelp)
  }

  // MARK: Styles

  private mutating func readStyle(_ entry: TOMLTable.Entry) {
    guard Self.isKnownRole(entry.key) else {
      let remedy = Suggestion.remedy(for: entry.key, among: Role.all.map(\.rawValue))
      checker.complain(
        entry.line, "no role is called '\(entry.key)'",
        remedy: remedy ?? (entry.key.contains(".") ? nil : "roles stand in quotes, as in \"ui.text\" = ..."))
      return
    }
    var style = StyleFile()
    if case .table(let table) = entry.value {
      for inner in table.entries {
        if let depth = depthNames.first(where: { $0.0 == inner.key })?.1 {
          guard let table = checker.table(inner) else { continue }
          var patch = StyleFile.Patch()
          for look in table.entries { readLook(look, of: entry.key, into: &patch) }
          style.set(patch, at: depth)
        } else {
          readLook(inner, of: entry.key, into: &style.general)
        }
      }
    } else {
      style.general.foreground = readInkWord(entry.value, of: entry.key, line: entry.line)
    }
    theme.styles[entry.key] = style
  }

  /// A role of the table, the beginning of one, or something more special.
  private static func isKnownRole(_ words: String) -> Bool {
    Role.all.contains {
      $0.rawValue == words || $0.rawValue.hasPrefix(words + ".") || words.hasPrefix($0.rawValue + ".")
    }
  }

  private mutating func readLook(
    _ entry: TOMLTable.Entry, of role: String, into patch: inout StyleFile.Patch
  ) {
    switch entry.key {
    case "fg": patch.foreground = readInkWord(entry.value, of: "fg", line: entry.line)
    case "bg": patch.background = readInkWord(entry.value, of: "bg", line: entry.line)
    case "modifiers": patch.modifiers = readModifiers(entry)
    case "glyph": patch.glyph = readGlyph(entry)
    default:
      let words = role + "." + entry.key
      if Role.all.contains(where: { $0.rawValue == words || $0.rawValue.hasPrefix(words + ".") }) {
        checker.complain(
          entry.line, "the role \(role).\(entry.key) stands without quotes",
          remedy: "write \"\(role).\(entry.key)\" = ...")
      } else {
        checker.unknown(
          entry, in: "the style '\(role)'",
          among: ["fg", "bg", "modifiers", "glyph"] + depthNames.map(\.0))
      }
    }
  }

  private static let modifiers: [(String, Modifiers)] = [
    ("bold", .bold), ("dim", .dim), ("italic", .italic), ("underline", .underline), ("reverse", .reverse),
  ]

  private mutating func readModifiers(_ entry: TOMLTable.Entry) -> Modifiers? {
    guard let items = checker.items(entry) else { return nil }
    var modifiers: Modifiers = []
    for item in items {
      let word = TOMLTable.Entry(key: "modifiers", value: item.value, line: item.line)
      modifiers.formUnion(checker.choice(word, of: Self.modifiers) ?? [])
    }
    return modifiers
  }

  private mutating func readGlyph(_ entry: TOMLTable.Entry) -> Character? {
    guard let text = checker.string(entry) else { return nil }
    guard text.count == 1, let glyph = text.first, glyph.isOneColumn else {
      checker.complain(entry.line, "the glyph of '\(entry.key)' is not one character one column wide")
      return nil
    }
    return glyph
  }

  // MARK: Ramps

  private mutating func readRamp(_ entry: TOMLTable.Entry) {
    guard let tone = CellTone.allCases.first(where: { $0.rampName == entry.key }) else {
      checker.unknown(entry, in: "[ramp]", among: CellTone.allCases.map(\.rampName))
      return
    }
    guard let table = checker.table(entry) else { return }
    var ramp = RampFile()
    for inner in table.entries {
      switch inner.key {
      case "stops": ramp.stops = readSteps(inner)?.map(\.srgb) ?? []
      case "levels": ramp.levels = checker.integer(inner, in: 2...64) ?? ramp.levels
      case "space": _ = checker.choice(inner, of: [("oklab", ())])
      case "c256":
        ramp.c256 =
          readSteps(inner)?.compactMap { if case .palette(let index) = $0.base { index } else { nil } } ?? []
      case "c16": ramp.c16 = readSixteen(inner)
      case "ascii": ramp.glyphs = readGlyphs(inner)
      default:
        checker.unknown(
          inner, in: "[ramp.\(entry.key)]", among: ["stops", "levels", "space", "c256", "c16", "ascii"])
      }
    }
    guard !ramp.stops.isEmpty || !ramp.c256.isEmpty else {
      checker.complain(entry.line, "[ramp.\(entry.key)] has no colours", remedy: "give it stops or c256")
      return
    }
    theme.set(ramp, for: tone)
  }

  /// Two to 64 colours; `c256` takes palette numbers only.
  private mutating func readSteps(_ entry: TOMLTable.Entry) -> [Ink]? {
    guard let items = checker.items(entry) else { return nil }
    guard (2...64).contains(items.count) else {
      checker.complain(entry.line, "'\(entry.key)' has \(items.count) steps, not 2 to 64")
      return nil
    }
    var inks: [Ink] = []
    for item in items {
      if entry.key == "c256", case .string = item.value {
        checker.complain(
          item.line, "'c256' takes numbers from 16 to 255", remedy: "texts belong into 'stops'")
      } else if let ink = readInk(item.value, of: entry.key, line: item.line) {
        inks.append(ink)
      }
    }
    return inks.count == items.count ? inks : nil
  }

  private mutating func readSixteen(_ entry: TOMLTable.Entry) -> [UInt8] {
    guard let items = checker.items(entry) else { return [] }
    let numbers = items.compactMap { item in
      checker.choice(TOMLTable.Entry(key: entry.key, value: item.value, line: item.line), of: Self.sixteen)
    }
    if numbers.count < 2 { checker.complain(entry.line, "'c16' has \(numbers.count) steps, not 2 or more") }
    return numbers.count < 2 ? [] : numbers
  }

  private mutating func readGlyphs(_ entry: TOMLTable.Entry) -> [Character] {
    guard let text = checker.string(entry) else { return [] }
    guard (3...64).contains(text.count), text.allSatisfy(\.isOneColumn) else {
      checker.complain(entry.line, "'\(entry.key)' is not 3 to 64 characters one column wide each")
      return []
    }
    return Array(text)
  }
}

extension Character {
  /// Printable, and one column wide wherever people work: Latin, box drawing, blocks and braille; nothing that
  /// terminals disagree on.
  fileprivate var isOneColumn: Bool {
    guard unicodeScalars.count == 1, let scalar = unicodeScalars.first else { return false }
    switch scalar.value {
    case 0x20...0x7e, 0xa1...0xac, 0xae...0x24f, 0x2018...0x201e, 0x2020...0x2022, 0x2190...0x2193,
      0x2200...0x22ff, 0x2500...0x25ff, 0x2800...0x28ff:
      return true
    default: return false
    }
  }
}
