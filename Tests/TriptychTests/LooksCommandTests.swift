import Foundation
import Testing

@Suite struct `Themes and keymaps on the command line` {
  private static let scheme = """
    background #14181c
    foreground #c8ccd0
    color1 #e06070
    color2 #80c080
    color3 #d8c060
    color4 #6090e0
    color5 #b080e0
    color6 #60c0c8
    """

  @Test func `a shipped theme is listed with its file and passes the lint`() throws {
    let list = try Program.run(["theme", "list"])
    #expect(list.lines.contains { $0.hasPrefix("light") && $0.hasSuffix("/Themes/light.toml") })
    let lint = try Program.run(["theme", "lint"])
    #expect(lint.status == 0)
    #expect(lint.lines.contains("dark: fine") && lint.lines.count == list.lines.count)
  }

  @Test func `a theme with a mistake and grey words on grey ends with 1 and says both`() throws {
    let folder = try Scratch()
    let file = try folder.write(
      "mine.toml",
      Data(
        "[meta]\ninherits = 'dark'\n[style]\n'ui.txt' = 20\n'ui.text' = { fg = '#777777', bg = '#707070' }"
          .utf8))
    let lint = try Program.run(["theme", "lint", file.path])
    #expect(lint.status == 1)
    #expect(lint.output.contains("mine.toml:4: no role is called 'ui.txt'; did you mean 'ui.text'?"))
    #expect(lint.output.contains("ui.text on its background has contrast 1."))
  }

  @Test func `a theme that is not there is told, and its stand-in is not blamed`() throws {
    let lint = try Program.run(["theme", "lint", "drak"])
    #expect(lint.status == 1)
    #expect(lint.lines == ["theme: no theme is called 'drak'; did you mean 'dark'?"])
  }

  @Test func `a file too large for a theme is told with its size, and nothing else`() throws {
    let folder = try Scratch()
    let file = try folder.write("mine.toml", Data(repeating: 0x23, count: 3_000_000))
    let lint = try Program.run(["theme", "lint", file.path])
    #expect(lint.status == 1)
    #expect(lint.lines == ["\(file.path): the file has 3000000 bytes, more than the 1048576 bytes read here"])
    let endless = try Program.run(["theme", "lint", "/dev/zero"])
    #expect(endless.lines == ["/dev/zero: the file has no end, more than the 1048576 bytes read here"])
  }

  @Test func `a theme that is not there has no preview`() throws {
    let preview = try Program.run(["theme", "preview", "nope"])
    #expect(preview.status == 3 && preview.output.isEmpty)
    #expect(preview.errors.contains("no theme is called 'nope'"))
  }

  @Test func `a preview shows roles, ramps and a screen, and no colour where none is wanted`() throws {
    let preview = try Program.run(["theme", "preview", "light", "--color", "never", "--size", "80x24"])
    #expect(preview.status == 0)
    for word in ["severity.fatal", "error", "amount", "time x service"] {
      #expect(preview.output.contains(word))
    }
    #expect(!preview.output.contains("\u{1B}"))
    #expect(try Program.run(["theme", "preview", "--color", "256"]).output.contains(";38;5;"))
  }

  @Test func `an imported scheme becomes a theme of one's own that can be used, and is not overwritten`()
    throws
  {
    let home = try Scratch()
    let scheme = try home.write("Harbour Night.conf", Data(Self.scheme.utf8))
    let environment = ["XDG_CONFIG_HOME": home.folder.path]
    let made = try Program.run(["theme", "import", scheme.path], environment: environment)
    #expect(made.status == 0 && made.errors == "", "\(made.errors)")
    #expect(made.output.contains("/triptych/themes/harbour-night.toml"))
    let lint = try Program.run(["theme", "lint", "harbour-night"], environment: environment)
    #expect(lint.lines == ["harbour-night: fine"])
    let again = try Program.run(["theme", "import", scheme.path], environment: environment)
    #expect(again.status == 3 && again.errors.contains("--force"))
    let printed = try Program.run(["theme", "import", scheme.path, "--name", "x", "--print"])
    #expect(printed.output.contains("name = \"x\""))
  }

  @Test func `a scheme without colours is refused with what is missing`() throws {
    let home = try Scratch()
    let scheme = try home.write("empty.conf", Data("font_size 12\n".utf8))
    let made = try Program.run(["theme", "import", scheme.path])
    #expect(made.status == 3)
    #expect(made.errors.contains("empty.conf: no colour for background, foreground, color1"))
  }

  @Test func `a keymap is printed by pane with what each key does`() throws {
    let keys = try Program.run(["keys", "vim"])
    #expect(keys.status == 0 && keys.errors == "")
    #expect(keys.lines.first == "in every pane")
    #expect(keys.lines.contains { $0.contains("] e") && $0.contains("next.error") })
    let json = try Program.run(["keys", "--format", "json"])
    let objects = try json.lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.contains { $0["keys"] as? String == "q" && $0["command"] as? String == "quit" })
  }

  @Test func `a keymap with a conflict and an unknown command ends with 1 and says both places`() throws {
    let folder = try Scratch()
    let file = try folder.write(
      "mine.toml", Data("[keys.global]\n'g' = 'quit'\n'x' = 'zoom.inn'\n".utf8))
    let keys = try Program.run(["keys", file.path])
    #expect(keys.status == 1)
    #expect(keys.errors.contains("mine.toml:2: 'g' would hide"))
    #expect(keys.errors.contains("mine.toml:3: no command is called 'zoom.inn'; did you mean 'zoom.in'?"))
  }

  @Test func `glyphs are a setting: boxes, rounder corners, or ASCII`() throws {
    func frame(_ set: String) throws -> String {
      try Program.run(
        ["frame", "-"], input: Data("2026-11-23T03:07:00Z error it broke\n".utf8),
        environment: ["TRIPTYCH_GLYPHS": set]
      ).output
    }
    #expect(try frame("auto").contains("┌"))
    #expect(try frame("safe").contains("┌"))
    #expect(try frame("rich").contains("╭"))
    #expect(try frame("ascii").allSatisfy(\.isASCII))
  }
}
