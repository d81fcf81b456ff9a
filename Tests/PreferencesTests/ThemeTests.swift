import Foundation
import Preferences
import SceneGraph
import Testing

/// The checkout's own files, as a user gets them.
enum Shipped {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func texts(in folder: String) -> NamedTexts {
    let directory = root.appendingPathComponent(folder)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    var texts: [String: TextFile] = [:]
    for file in files where file.hasSuffix(".toml") {
      let bytes = (try? Data(contentsOf: directory.appendingPathComponent(file))) ?? Data()
      texts[String(file.dropLast(5))] = TextFile(path: "\(folder)/\(file)", bytes: Array(bytes))
    }
    return NamedTexts(texts)
  }
}

private func theme(_ text: String, others: [String: String] = [:]) -> Loaded<Theme> {
  var files = others.mapValues { TextFile(path: "other.toml", text: $0) }
  files["mine"] = TextFile(path: "mine.toml", text: text)
  return Theme.load("mine", from: NamedTexts(files))
}

private func problems(_ text: String, others: [String: String] = [:]) -> [String] {
  theme(text, others: others).problems.map(\.description)
}

@Suite struct ThemeTests {
  static let names = ["colorblind", "dark", "high-contrast", "light", "mono", "viridis"]

  @Test func `all shipped themes are here`() {
    #expect(Shipped.texts(in: "Themes").names() == Self.names)
  }

  @Test(arguments: names)
  func `a shipped theme loads without a problem and passes the lint`(name: String) {
    let loaded = Theme.load(name, from: Shipped.texts(in: "Themes"))
    #expect(loaded.problems.map(\.description) == [])
    #expect(loaded.value.name == name)
    #expect(ThemeLint.findings(in: loaded.value).map(\.description) == [])
  }

  @Test(arguments: names)
  func `a shipped theme never uses the sixteen colours people choose where it has 256`(name: String) {
    let theme = Theme.load(name, from: Shipped.texts(in: "Themes")).value
    for tone in CellTone.allCases {
      let steps = theme.ramp(tone, at: .colors256).colors
      #expect(steps.count >= 2)
      for case .palette(let index) in steps { #expect(index >= 16) }
      #expect(theme.ramp(tone, at: .mono).colors == [])
      #expect(theme.ramp(tone, at: .colors16).colors.count >= 2)
      #expect(theme.ramp(tone, at: .mono).glyphs.count >= 3)
    }
  }

  @Test func `colorblind keeps amounts, warnings and errors apart for every vision`() {
    let theme = Theme.load("colorblind", from: Shipped.texts(in: "Themes")).value
    for vision in Vision.allCases {
      for (one, other) in [
        (CellTone.amount, CellTone.error), (.amount, .warn), (.warn, .error), (.less, .more),
      ] {
        let distance = ThemeLint.toneDistance(one, other, in: theme, vision: vision) ?? 0
        #expect(distance >= 20, "\(one) and \(other) are \(distance) apart for \(vision)")
      }
    }
  }

  @Test func `a theme without a heat ramp draws amounts in viridis-8`() {
    let plain = Theme(name: "none", appearance: .dark)
    let viridis8 = [18, 54, 24, 30, 36, 143, 149, 220] as [UInt8]
    #expect(plain.ramp(.amount, at: .colors256).colors == viridis8.map(Color.palette))
    #expect(plain.style(.severity("error"), at: .mono).glyph == "E")
    #expect(plain.style("no.such.role", at: .mono) == Style())
  }
}

@Suite struct ThemeReadingTests {
  @Test func `a role takes what its longest beginning says, and the rest from shorter ones`() {
    let theme = theme(
      """
      [style]
      "ui.text" = { fg = "#ffffff", bg = "#000000" }
      "severity" = { modifiers = ["dim"] }
      "severity.error" = { fg = "#ff0000", glyph = "E" }
      """
    ).value
    let error = theme.style("severity.error.selected", at: .truecolor)
    #expect(error.foreground == .rgb(red: 255, green: 0, blue: 0))
    #expect(error.background == .rgb(red: 0, green: 0, blue: 0))
    #expect(error.modifiers == .dim)
    #expect(error.glyph == "E")
    #expect(
      theme.style("severity.errors", at: .truecolor).foreground == .rgb(red: 255, green: 255, blue: 255))
    #expect(theme.style("else", at: .truecolor) == theme.style(.text, at: .truecolor))
  }

  @Test func `a colour becomes what each depth can show`() {
    let theme = theme(
      """
      [palette]
      fire = { rgb = "#ff0100", c256 = 202, c16 = "bright-yellow" }
      [terminal16]
      ash = "bright-black"
      [palette.ash]
      rgb = "#808080"
      [style]
      "ui.text" = { fg = "fire", bg = "ash" }
      "ui.key" = { fg = 208, bg = "green" }
      "ui.bar" = { fg = "#f00", bg = "default", mono = { modifiers = ["reverse"] } }
      """
    ).value
    func both(_ role: Role, _ depth: ColorDepth) -> [Color] {
      [theme.style(role, at: depth).foreground, theme.style(role, at: depth).background]
    }
    #expect(
      both(.text, .truecolor) == [.rgb(red: 255, green: 1, blue: 0), .rgb(red: 128, green: 128, blue: 128)])
    // #808080 is exactly entry 244 of the grey ramp.
    #expect(both(.text, .colors256) == [.palette(202), .palette(244)])
    #expect(both(.text, .colors16) == [.palette(11), .palette(8)])
    #expect(both(.text, .mono) == [.terminal, .terminal])
    #expect(both(.key, .truecolor) == [.rgb(red: 255, green: 135, blue: 0), .palette(2)])
    #expect(both(.key, .colors256) == [.palette(208), .palette(2)])
    // Pure red is entry 196; of the sixteen it is bright red.
    #expect(both(.bar, .colors256) == [.palette(196), .terminal])
    #expect(both(.bar, .colors16) == [.palette(9), .terminal])
    #expect(theme.style(.bar, at: .mono).modifiers == .reverse)
    #expect(theme.style(.bar, at: .colors256).modifiers == [])
  }

  @Test func `a theme changes a colour of the one it inherits from, and all that uses it follows`() {
    let loaded = theme(
      "[meta]\ninherits = \"base\"\n[palette]\nred = \"#d70000\"\n[style]\n\"severity.error\" = \"red\"",
      others: [
        "base": """
        [meta]
        appearance = "light"
        [palette]
        red = "#ff0000"
        [style]
        "state.bad" = "red"
        "severity.error" = { fg = "blue", modifiers = ["bold"], glyph = "E" }
        [ramp.heat]
        c256 = [235, 240]
        """
      ])
    #expect(loaded.problems == [])
    #expect(loaded.value.appearance == .light)
    #expect(loaded.value.style(.bad, at: .colors256).foreground == .palette(160))
    let error = loaded.value.style(.severity("error"), at: .colors256)
    #expect(error == Style(foreground: .palette(160), modifiers: .bold, glyph: "E"))
    #expect(loaded.value.ramp(.amount, at: .colors256).colors == [.palette(235), .palette(240)])
    #expect(loaded.value.ramp(.error, at: .colors256).colors == [.palette(235), .palette(240)])
  }

  @Test func `missing depths of a ramp are fitted`() {
    let theme = theme("[ramp.heat]\nstops = [\"#000000\", \"#ffffff\"]\nlevels = 3\nascii = \" xX\"").value
    let ramp = theme.ramp(.amount, at: .truecolor)
    // Half way in Oklab is lightness 0.5, which is 0.125 of the light: #636363.
    #expect(
      ramp.colors == [
        .rgb(red: 0, green: 0, blue: 0), .rgb(red: 99, green: 99, blue: 99),
        .rgb(red: 255, green: 255, blue: 255),
      ])
    #expect(ramp.glyphs == [" ", "x", "X"])
    #expect(theme.ramp(.amount, at: .colors256).colors.first == .palette(16))
    #expect(theme.ramp(.amount, at: .colors256).colors.last == .palette(231))
    #expect(theme.ramp(.amount, at: .colors16).colors == [.palette(0), .palette(15)])
  }

  @Test(arguments: [
    ("[mata]", "mine.toml:1: a theme has no key 'mata'; did you mean 'meta'?"),
    (
      "[meta]\nappearence = 'dark'", "mine.toml:2: [meta] has no key 'appearence'; did you mean 'appearance'?"
    ),
    ("[meta]\nappearance = 'drak'", "mine.toml:2: 'appearance' cannot be 'drak'; did you mean 'dark'?"),
    ("[meta]\nformat = 2", "mine.toml:2: 'format' is 2, not 1 to 1"),
    ("[palette]\nred = '#ab464'", "mine.toml:2: 'red': '#ab464' is no colour; \(colorHelp)"),
    ("[palette]\nred = 'magnta'", "mine.toml:2: 'red': 'magnta' is no colour; did you mean 'magenta'?"),
    (
      "[palette]\nred = 9",
      "mine.toml:2: 'red' is colour 9, not 16 to 255; 0 to 15 differ from terminal to terminal; if you mean them, "
        + "use their names"
    ),
    (
      "[palette]\nember = '#f00'\n[style]\n'ui.text' = 'embre'",
      "mine.toml:4: no colour is called 'embre'; did you mean 'ember'?"
    ),
    (
      "[style]\n'severity.eror' = 'red'",
      "mine.toml:2: no role is called 'severity.eror'; did you mean 'severity.error'?"
    ),
    (
      "[style]\nui.text = 'red'",
      "mine.toml:2: the role ui.text stands without quotes; write \"ui.text\" = ..."
    ),
    (
      "[style]\n'ui.text' = { gf = 'red' }",
      "mine.toml:2: the style 'ui.text' has no key 'gf'; did you mean 'fg'?"
    ),
    (
      "[style]\n'ui.text' = { modifiers = ['bald'] }",
      "mine.toml:2: 'modifiers' cannot be 'bald'; did you mean 'bold'?"
    ),
    (
      "[style]\n'ui.text' = { glyph = '漢' }",
      "mine.toml:2: the glyph of 'glyph' is not one character one column wide"
    ),
    ("[ramp.haet]\nc256 = [20, 21]", "mine.toml:1: [ramp] has no key 'haet'; did you mean 'heat'?"),
    ("[ramp.heat]\nlevels = 4", "mine.toml:1: [ramp.heat] has no colours; give it stops or c256"),
    (
      "[ramp.heat]\nc256 = [\n20,\n3]",
      "mine.toml:4: 'c256' is colour 3, not 16 to 255; 0 to 15 differ from terminal to terminal; if you mean them, "
        + "use their names"
    ),
    (
      "[terminal16]\nred = 'brightred'",
      "mine.toml:2: 'red' cannot be 'brightred'; did you mean 'bright-red'?"
    ),
  ])
  func `a mistake says its line and what was meant`(text: String, problem: String) {
    #expect(problems(text).first == problem)
  }

  static let colorHelp = "write \"#rrggbb\", a number from 16 to 255, or a colour name"

  @Test func `a mistake costs only what it touches`() {
    let loaded = theme(
      "[style]\n'ui.text' = { fg = 'nope', bg = 20 }\n'ui.key' = 21\n'ui.kez' = 22\n= broken")
    #expect(loaded.problems.count == 3)
    #expect(loaded.value.style(.text, at: .colors256) == Style(background: .palette(20)))
    #expect(
      loaded.value.style(.key, at: .colors256) == Style(foreground: .palette(21), background: .palette(20)))
  }

  @Test func `a missing theme is told with the nearest name, and the plain theme is used`() {
    let loaded = Theme.load("drak", from: Shipped.texts(in: "Themes"))
    #expect(loaded.problems.map(\.description) == ["theme: no theme is called 'drak'; did you mean 'dark'?"])
    #expect(loaded.value.style(.cursor, at: .mono).modifiers.contains(.reverse))
    let strange = Theme.load("solarized", from: Shipped.texts(in: "Themes"))
    #expect(
      strange.problems.map(\.description) == [
        "theme: no theme is called 'solarized'; there are colorblind, dark, high-contrast, light, mono, viridis"
      ])
  }

  @Test func `inheriting from nobody, from oneself or too deep is told, and the theme itself still applies`()
  {
    func inheriting(_ name: String) -> String { "[meta]\ninherits = '\(name)'\n[style]\n'ui.text' = 20" }
    #expect(
      problems(inheriting("other"), others: ["otter": ""])
        == ["mine.toml:2: no theme is called 'other'; did you mean 'otter'?"])
    #expect(
      problems(inheriting("a"), others: ["a": inheriting("mine")]) == [
        "other.toml:2: themes inherit in a circle: mine -> a -> mine; give one of them another name"
      ])
    let tower = Dictionary(uniqueKeysWithValues: (1...9).map { ("t\($0)", inheriting("t\($0 + 1)")) })
    let loaded = theme(inheriting("t1"), others: tower)
    #expect(
      loaded.problems.map(\.description) == ["other.toml:2: more than 8 themes inherit from one another"])
    #expect(loaded.value.style(.text, at: .colors256).foreground == .palette(20))
  }
}

@Suite struct ThemeLintTests {
  private func rules(_ text: String) -> Set<ThemeLint.Finding.Rule> {
    Set(ThemeLint.findings(in: theme(text).value).map(\.rule))
  }

  @Test func `an empty theme lacks roles and glyphs`() {
    #expect(rules("").isSuperset(of: [.role, .glyph, .attribute]))
  }

  @Test func `grey words on grey are found with their contrast`() {
    // #767676 on white is the well-known 4.54; on #f0f0f0 it falls below 4.5.
    let found = ThemeLint.findings(
      in: theme("[meta]\nappearance='light'\n[style]\n'ui.text' = { fg = '#767676', bg = '#f0f0f0' }").value)
    #expect(
      found.contains { $0.description.hasPrefix("ui.text on its background has contrast 3.9, less than 4.5") }
    )
    let fine = ThemeLint.findings(
      in: theme("[meta]\nappearance='light'\n[style]\n'ui.text' = { fg = '#767676', bg = '#ffffff' }").value)
    #expect(!fine.contains { $0.message.hasPrefix("ui.text on its background") })
  }

  @Test func `a ramp that turns back or stands still is found`() {
    #expect(rules("[ramp.heat]\nc256 = [240, 235]").contains(.order))
    #expect(rules("[ramp.heat]\nc256 = [235, 236]").contains(.distance))
    let viridis = "[ramp.heat]\nc256 = [18, 54, 24, 30, 36, 143, 149, 220]\n[ramp.error]\nc256 = [124, 196]"
    #expect(!rules(viridis).contains(.distance) && !rules(viridis).contains(.order))
    #expect(rules("[meta]\nappearance='light'\n[ramp.heat]\nc256 = [235, 240]").contains(.order))
  }

  @Test func `an error that looks like an amount is found`() {
    #expect(rules("[ramp.heat]\nc256=[52, 88]\n[ramp.error]\nc256=[88, 124]").contains(.distance))
  }
}

@Suite struct ColorimetryTests {
  @Test func `the palette is xterm's`() {
    #expect(SRGB(palette: 16) == SRGB(0, 0, 0))
    #expect(SRGB(palette: 110) == SRGB(135, 175, 215))
    #expect(SRGB(palette: 231) == SRGB(255, 255, 255))
    #expect(SRGB(palette: 232) == SRGB(8, 8, 8))
    #expect(SRGB(palette: 255) == SRGB(238, 238, 238))
  }

  @Test func `Lab of the primaries is the textbook's`() {
    let red = LabColor(SRGB(255, 0, 0))
    #expect(abs(red.lightness - 53.24) < 0.01 && abs(red.a - 80.09) < 0.01 && abs(red.b - 67.20) < 0.01)
    let white = LabColor(SRGB(255, 255, 255))
    #expect(abs(white.lightness - 100) < 0.01 && abs(white.a) < 0.01 && abs(white.b) < 0.01)
  }

  /// The nearest neighbours of measured ramps; the numbers come from a separate program in another language.
  @Test(arguments: [
    ([18, 54, 24, 30, 36, 143, 149, 220], [20.7, 10.0, 15.4, 14.8]),
    ([235, 53, 90, 133, 204, 209, 216, 193], [19.1, 13.1, 13.3, 14.9]),
    ([235, 237, 239, 60, 67, 74, 117], [8.8, 8.8, 8.8, 8.8]),
  ])
  func `distances of neighbours for every vision agree with a second measurement`(
    ramp: [UInt8], expected: [Double]
  ) {
    for (vision, distance) in zip(Vision.allCases, expected) {
      let steps = ramp.map { LabColor(SRGB(palette: $0), vision: vision) }
      let nearest = zip(steps, steps.dropFirst()).map { $0.distance(to: $1) }.min() ?? 0
      #expect(abs(nearest - distance) <= 0.05, "\(vision): \(nearest)")
    }
  }

  @Test func `contrast is WCAG's`() {
    #expect(SRGB(0, 0, 0).contrast(to: SRGB(255, 255, 255)) == 21)
    #expect(abs(SRGB(0x76, 0x76, 0x76).contrast(to: SRGB(255, 255, 255)) - 4.54) < 0.005)
  }

  @Test(arguments: ["", "#", "#12", "#12345", "#1234567", "123456", "#gggggg", "#１２３"])
  func `what is no hexadecimal colour is refused`(text: String) {
    #expect(SRGB(hex: text) == nil)
  }
}
