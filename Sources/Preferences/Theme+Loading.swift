import SceneGraph

extension Theme {
  /// The theme called `name`, with everything it inherits.
  ///
  /// Mistakes in the files cost only what they touch: a colour that cannot be read falls back to the shorter role's.
  /// A theme that is not found gives the plain theme of `init(name:appearance:)` and the problem.
  public static func load(_ name: String, from texts: NamedTexts) -> Loaded<Theme> {
    let chain = texts.chain(of: name, calling: "theme", read: ThemeFile.read) { $0.inherits }
    guard var merged = chain.value.first else {
      return Loaded(Theme(name: name, appearance: .dark), problems: chain.problems)
    }
    for file in chain.value.dropFirst() { merged = file.merged(over: merged) }
    var resolver = ThemeResolver(file: merged)
    let theme = resolver.theme(called: merged.name ?? name)
    return Loaded(theme, problems: chain.problems + resolver.problems)
  }
}

/// Turns words into colours, once for every role and depth.
private struct ThemeResolver {
  let file: ThemeFile
  var problems: [Problem] = []

  init(file: ThemeFile) { self.file = file }

  mutating func theme(called name: String) -> Theme {
    var styles = file.styles
    if styles[Role.text.rawValue] == nil { styles[Role.text.rawValue] = StyleFile() }
    var looks: [String: [Style]] = [:]
    // In this order so that problems come out the same every time; each role is worked out from its own prefixes.
    for role in styles.keys.sorted() {
      // `ui.text`, then each longer prefix over it, then the role itself.
      let steps = ([Role.text.rawValue] + Self.prefixes(of: role)).compactMap { step in
        // Words for everything do not carry the glyph of plain text.
        styles[step].map { (file: $0, givesGlyph: step == role || step != Role.text.rawValue) }
      }
      looks[role] = ColorDepth.allCases.map { style(steps, at: $0) }
    }
    return Theme(name: name, appearance: file.appearance ?? .dark, looks: looks, ramps: ramps())
  }

  /// One step over the other; the depth's own words over the general ones.
  private mutating func style(_ steps: [(file: StyleFile, givesGlyph: Bool)], at depth: ColorDepth) -> Style {
    var style = Style()
    for (file, givesGlyph) in steps {
      let patch = file.patch(at: depth)
      if givesGlyph { apply(file.general.glyph, patch?.glyph, to: &style) }
      apply(file.general, at: depth, to: &style)
      if let patch { apply(patch, at: depth, to: &style) }
    }
    return style
  }

  private func apply(_ general: Character?, _ special: Character?, to style: inout Style) {
    style.glyph = special ?? general ?? style.glyph
  }

  private mutating func apply(_ patch: StyleFile.Patch, at depth: ColorDepth, to style: inout Style) {
    if let word = patch.foreground, let color = color(word, at: depth) { style.foreground = color }
    if let word = patch.background, let color = color(word, at: depth) { style.background = color }
    if let modifiers = patch.modifiers { style.modifiers = modifiers }
  }

  private static func prefixes(of role: String) -> [String] {
    var prefixes: [String] = []
    let words = role.utf8
    for index in words.indices where words[index] == UInt8(ascii: ".") {
      prefixes.append(String(role[..<index]))
    }
    return prefixes + [role]
  }

  private mutating func color(_ word: InkWord, at depth: ColorDepth) -> Color? {
    switch word {
    case .ink(let ink):
      return ink.color(at: depth)
    case .name(let name, let place):
      if depth == .colors16, let number = file.terminal16[name] { return .palette(number) }
      if let ink = file.palette[name] ?? Ink.named(name) { return ink.color(at: depth) }
      reportUnknown(name, at: place)
      return nil
    }
  }

  private mutating func reportUnknown(_ name: String, at place: SourceLine) {
    let known = file.palette.keys.sorted() + Ink.terminalNames.map(\.0)
    let remedy = Suggestion.remedy(for: name, among: known) ?? "name it in [palette], or write \"#rrggbb\""
    let problem = Problem(at: place, "no colour is called '\(name)'", remedy: remedy)
    // The same word is asked for at every depth.
    if !problems.contains(problem) { problems.append(problem) }
  }

  private func ramps() -> [[Ramp]] {
    CellTone.allCases.map { tone in
      let ramp = file.ramp(tone) ?? file.ramp(.amount) ?? RampFile.plain(tone)
      let glyphs = file.ramp(tone)?.glyphs ?? []
      return ColorDepth.allCases.map {
        Ramp(colors: ramp.colors(at: $0), glyphs: glyphs.isEmpty ? tone.plainGlyphs : glyphs)
      }
    }
  }
}
