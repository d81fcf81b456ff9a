// CellCanvas: a scene becomes terminal cells.
// Pure: no terminal, no escape sequence read, no clock, no state between frames. Changes nothing in a scene and
// knows nothing of sessions, commands or events.

public import Preferences
public import SceneGraph

/// Draws scenes at one colour depth with one theme and one set of glyphs.
///
/// Class information never needs colour: borders, marks and attributes say the same. A frame holds only colours its
/// depth can show, and no text that is not `SafeText` or one of our own glyphs.
public struct CellCanvas: Sendable {
  public let depth: ColorDepth
  public let glyphs: GlyphSet
  /// No lines, bars or pointers around the words: for screen readers, which read them aloud.
  public let isSpoken: Bool
  let styleOf: @Sendable (Role) -> Style
  /// In the order of `CellTone.allCases`.
  private let ramps: [RampSteps]
  /// How cells look in panes of the layout, where nearly all grids are.
  let gridGround: CellStyle
  private(set) var gridLooks: [Cell] = []

  /// - Parameter levels: colours a ramp may have, for lines on which every change of colour is dear; `nil`: all.
  public init(
    theme: Theme, depth: ColorDepth, glyphs: GlyphSet = .safe, isSpoken: Bool = false, levels: Int? = nil
  ) {
    self.init(
      depth: depth, glyphs: glyphs, isSpoken: isSpoken, styleOf: { theme.style($0, at: depth) },
      rampOf: {
        let ramp = theme.ramp($0, at: depth)
        return levels.map(ramp.reduced) ?? ramp
      })
  }

  /// A canvas whose looks come from functions instead of a theme file.
  public init(
    depth: ColorDepth, glyphs: GlyphSet, isSpoken: Bool = false, styleOf: @escaping @Sendable (Role) -> Style,
    rampOf: (CellTone) -> Ramp
  ) {
    self.depth = depth
    self.glyphs = glyphs
    self.isSpoken = isSpoken
    self.styleOf = styleOf
    let amount = rampOf(.amount)
    ramps = CellTone.allCases.map {
      RampSteps(rampOf($0), tone: $0, amount: amount, depth: depth, glyphs: glyphs)
    }
    gridGround = Self.fitted(styleOf(.text), to: depth)
    var painter = Painter(canvas: self, extent: GridExtent(columns: 0, rows: 0))
    gridLooks = painter.narrowLooks(base: gridGround)
  }

  func steps(of tone: CellTone) -> RampSteps { ramps[Int(tone.rawValue)] }

  func fittedStyle(_ role: Role) -> CellStyle { Self.fitted(styleOf(role), to: depth) }

  private static func fitted(_ style: Style, to depth: ColorDepth) -> CellStyle {
    CellStyle(
      foreground: style.foreground.fitted(to: depth), background: style.background.fitted(to: depth),
      modifiers: style.modifiers)
  }

  /// The scene as cells, `scene.extent` of them. Later panes lie over earlier ones; everything is clipped to its
  /// frame, its pane and the extent. O(cells + words on screen).
  public func frame(of scene: Scene) -> CellFrame {
    var painter = Painter(canvas: self, extent: scene.extent)
    for pane in scene.panes { painter.draw(pane) }
    return painter.frame
  }
}
