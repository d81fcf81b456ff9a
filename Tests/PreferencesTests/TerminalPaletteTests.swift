import Preferences
import SceneGraph
import Testing

/// Schemes made up for these tests, in the three shapes that people have them in.
private enum Scheme {
  static let base16 = """
    # a comment with base00: "ffffff" in it
    scheme: "Night Harbour"
    author: "somebody"
    base00: "1b1d26"
    base01: "2a2d3a"
    base02: "3a3e4f"
    base03: "5c6075"
    base04: "8a8fa6"
    base05: "c3c7d9"
    base06: "dfe2ef"
    base07: "f4f5fb"
    base08: "e06080"
    base09: "e0a060"
    base0A: "e0d060"
    base0B: "80c080"
    base0C: "60c0c8"
    base0D: "6090e0"
    base0E: "b080e0"
    base0F: "a07050"
    """

  static let kitty = """
    # vim:ft=kitty
    ## name: not read
    background #fbf8ef
    foreground #40464c
    cursor #40464c
    color0  #202428
    color1  #c03040
    color2  #408040
    color3  #a07818
    color4  #3060b0
    color5  #8040a0
    color6  #207888
    color7  #d8d4c8
    color8  #606870
    """

  static let sexy = """
    {"name":"Tin \\u001b","author":"","color":["#101010","#d05050","#50a050","#c0a040","#5070c0","#a060a0",\
    "#50a0a0","#c0c0c0","#606060","#f07070","#70c070","#e0c060","#7090e0","#c080c0","#70c0c0","#f0f0f0"],\
    "foreground":"#c8c8c8","background":"#181818"}
    """
}

@Suite struct `A scheme that somebody likes` {
  private func palette(_ text: String, path: String = "a/mine.conf") throws(Problem) -> TerminalPalette {
    try TerminalPalette.read(TextFile(path: path, text: text))
  }

  @Test func `is read from base16 YAML, comments and all`() throws {
    let palette = try palette(Scheme.base16)
    #expect(palette.name == "Night Harbour")
    #expect(palette.fileName == "night-harbour")
    #expect(palette.ground == SRGB(0x1b, 0x1d, 0x26))
    #expect(palette.words == SRGB(0xc3, 0xc7, 0xd9))
    #expect(palette.orange == SRGB(0xe0, 0xa0, 0x60))
    #expect(palette.appearance == .dark)
  }

  @Test func `is read from kitty.conf, named by its file, light as its ground is`() throws {
    let palette = try palette(Scheme.kitty)
    #expect(palette.fileName == "mine")
    #expect(palette.ground == SRGB(0xfb, 0xf8, 0xef))
    #expect(palette.red == SRGB(0xc0, 0x30, 0x40))
    #expect(palette.cyan == SRGB(0x20, 0x78, 0x88))
    #expect(palette.appearance == .light)
  }

  @Test func `is read from terminal.sexy's single line`() throws {
    let palette = try palette(Scheme.sexy)
    #expect(palette.ground == SRGB(0x18, 0x18, 0x18))
    #expect(palette.blue == SRGB(0x50, 0x70, 0xc0))
    #expect(palette.green == SRGB(0x50, 0xa0, 0x50))
    #expect(palette.fileName.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
  }

  @Test(arguments: [
    ("base00: '101010'\nbase05: 'c0c0c0'", "mine.conf: no colour for base08"),
    ("background #000000\ncolor1 #ff0000", "mine.conf: no colour for foreground, color2, color3, color4"),
    ("", "mine.conf: no colour for background, foreground, color1"),
    ("\u{0}\u{1}{\"color\":[\"#12", "mine.conf: no colour for background"),
  ])
  func `with colours missing is refused with their names`(text: String, beginning: String) {
    #expect {
      try palette(text, path: "mine.conf")
    } throws: { error in
      "\(error)".hasPrefix(beginning) && "\(error)".contains("base16 YAML")
    }
  }

  /// What `import` writes goes back through the reader and the lint that judge every theme.
  @Test(arguments: [Scheme.base16, Scheme.kitty, Scheme.sexy])
  func `becomes a theme that loads without a problem and passes the lint`(text: String) throws {
    let imported = try palette(text)
    let shipped = Shipped.texts(in: "Themes")
    let file = TextFile(path: "imported.toml", text: imported.themeText())
    let texts = NamedTexts(
      names: shipped.names,
      find: { name throws(Problem) in name == "imported" ? file : try shipped.find(name) })
    let theme = Theme.load("imported", from: texts)
    #expect(theme.problems.map(\.description) == [])
    #expect(theme.value.appearance == imported.appearance)
    #expect(ThemeLint.findings(in: theme.value).map(\.description) == [])
    #expect(
      theme.value.style(.text, at: .truecolor).background
        == .rgb(
          red: imported.ground.red, green: imported.ground.green, blue: imported.ground.blue))
  }
}
