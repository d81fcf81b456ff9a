import CellCanvas
import Preferences

import func Glibc.memcmp

/// One terminal cell in a word: what is written there, how, and whether it is half of something wide. Equal words look
/// equal, and unequal words look different.
struct ImageCell: Hashable {
  let bits: UInt64

  private static let styleShift: UInt64 = 24
  private static let styleMask: UInt64 = 0xFF_FFFF
  private static let wideBit: UInt64 = 1 << 48
  private static let secondBit: UInt64 = 1 << 49

  static let blank = ImageCell(glyph: 0x20, style: 0)

  @inline(__always)
  init(glyph: UInt32, style: UInt32, isWide: Bool = false) {
    bits = UInt64(glyph) | UInt64(style) << Self.styleShift | (isWide ? Self.wideBit : 0)
  }

  private init(bits: UInt64) { self.bits = bits }

  /// The second half of a wide cell.
  var second: ImageCell { ImageCell(bits: bits | Self.secondBit) }

  @inline(__always) var glyph: UInt32 { UInt32(truncatingIfNeeded: bits & 0xFF_FFFF) }
  @inline(__always) var style: UInt32 { UInt32(truncatingIfNeeded: bits >> Self.styleShift & Self.styleMask) }
  @inline(__always) func hasStyle(of other: ImageCell) -> Bool {
    (bits ^ other.bits) & Self.styleMask << Self.styleShift == 0
  }
  @inline(__always) var isWide: Bool { bits & Self.wideBit != 0 }
  /// Whether every terminal agrees that the glyph takes one column; behind others the cursor is placed anew.
  @inline(__always)
  static func hasCertainWidth(_ glyph: UInt32) -> Bool {
    glyph < 0x300 || 0x2010...0x2027 ~= glyph || 0x2190...0x21FF ~= glyph || 0x2500...0x25FF ~= glyph
  }

  /// One scalar below 0x10000 in one column, on every terminal.
  @inline(__always) var isCertain: Bool { bits & Self.wideBit == 0 && Self.hasCertainWidth(glyph) }
  @inline(__always) var isSecond: Bool { bits & Self.secondBit != 0 }
  /// A blank of any colour, not underlined or reversed: one that can be erased instead of written.
  @inline(__always) var isSpace: Bool { glyph == 0x20 }
}

/// A screen as the terminal holds it.
struct ScreenImage {
  let columns: Int
  let rows: Int
  /// Row-major.
  var cells: [ImageCell]
  /// Rows that hold something two columns wide are not moved sideways: it could be cut in two.
  var hasWide: [Bool]
  /// Rows of a frame of which every cell is one scalar in its own column.
  private var isPlain: [Bool]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: .blank, count: columns * rows)
    hasWide = Array(repeating: false, count: rows)
    isPlain = hasWide
  }

  subscript(column: Int, row: Int) -> ImageCell { cells[row * columns + column] }

  /// - Parameter other: of the same extent.
  func holdsSameCells(inRow row: Int, as other: ScreenImage) -> Bool {
    withRow(row) { own in
      other.withRow(row) { others in
        guard let left = own.baseAddress, let right = others.baseAddress else { return true }
        return memcmp(left, right, own.count * MemoryLayout<ImageCell>.stride) == 0
      }
    }
  }

  /// Takes over `rows` of an image of this extent.
  mutating func copy(_ rows: Range<Int>, from other: ScreenImage) {
    let range = rows.lowerBound * columns..<rows.upperBound * columns
    cells.withUnsafeMutableBufferPointer { own in
      other.cells.withUnsafeBufferPointer { others in
        _ = own[range].update(fromContentsOf: others[range])
      }
    }
    for row in rows {
      hasWide[row] = other.hasWide[row]
      isPlain[row] = other.isPlain[row]
    }
  }

  func withRow<Result>(_ row: Int, _ body: (UnsafeBufferPointer<ImageCell>) -> Result) -> Result {
    cells.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[row * columns..<(row + 1) * columns]))
    }
  }

  /// Takes over a row of a frame of this extent.
  ///
  /// - Parameter shown: the frame of this extent whose image this is: cells that stay are not looked at.
  mutating func read(
    _ row: Int, of frame: CellFrame, instead shown: CellFrame? = nil, _ inventory: inout ImageInventory
  ) {
    let start = row * columns
    if let shown, isPlain[row] {
      let isDone = cells.withUnsafeMutableBufferPointer {
        inventory.update(
          UnsafeMutableBufferPointer(rebasing: $0[start..<start + columns]), from: shown.row(row),
          to: frame.row(row))
      }
      if isDone { return }
    }
    (hasWide[row], isPlain[row]) = cells.withUnsafeMutableBufferPointer {
      inventory.write(frame.row(row), to: UnsafeMutableBufferPointer(rebasing: $0[start..<start + columns]))
    }
  }
}

extension CellFrame {
  /// Whether a row lies in memory as the same row of `other` does: then it also looks the same. One that does not may
  /// look the same all the same.
  func holdsSameBytes(asRow row: Int, of other: CellFrame) -> Bool {
    let range = row * columns..<(row + 1) * columns
    return cells.withUnsafeBytes { own in
      other.cells.withUnsafeBytes { others in
        let stride = MemoryLayout<Cell>.stride
        let place = range.lowerBound * stride
        guard let left = own.baseAddress, let right = others.baseAddress else { return true }
        return left == right || memcmp(left + place, right + place, range.count * stride) == 0
      }
    }
  }
}

/// Numbers for looks and for graphemes of several scalars, the same ones as long as the inventory lives.
struct ImageInventory {
  /// A style's colours and modifiers by its number; 0 is the terminal's own.
  private(set) var styles: [TerminalStyle] = [TerminalStyle()]
  private var styleNumbers: [UInt64: UInt32] = [0: 0]
  private var recentKeys: [UInt64]
  private var recentNumbers: [UInt32]
  private var clusters: [[Unicode.Scalar]] = []
  private var clusterNumbers: [[Unicode.Scalar]: UInt32] = [:]
  private let isUTF8: Bool
  private let width: (Unicode.Scalar) -> Int

  private static let recentCount = 512
  private static let clusterBit: UInt32 = 1 << 23
  /// Numbers of styles take 24 bits; long before, everything is forgotten and painted again.
  private static let styleLimit = 1 << 20
  private static let clusterLimit = 1 << 20

  /// - Parameter width: columns of a scalar, as `wcwidth` tells.
  init(isUTF8: Bool, width: @escaping (Unicode.Scalar) -> Int) {
    self.isUTF8 = isUTF8
    self.width = width
    recentKeys = Array(repeating: .max, count: Self.recentCount)
    recentNumbers = Array(repeating: 0, count: Self.recentCount)
  }

  /// As new.
  func emptied() -> ImageInventory { ImageInventory(isUTF8: isUTF8, width: width) }

  var isFull: Bool { styles.count >= Self.styleLimit || clusters.count >= Self.clusterLimit }

  /// Brings `target`, the image of the plain row `old`, up to `new` where the two differ. False, with `target` half done,
  /// when `new` is not plain: then the row is to be written whole.
  mutating func update(
    _ target: UnsafeMutableBufferPointer<ImageCell>, from old: ArraySlice<Cell>, to new: ArraySlice<Cell>
  ) -> Bool {
    old.withUnsafeBufferPointer { old in
      new.withUnsafeBufferPointer { new in
        var style = TerminalStyle.noKey
        var styleNumber: UInt32 = 0
        for column in target.indices {
          let cell = new[column]
          if cell == old[column] { continue }
          guard cell.width == 1, let scalar = cell.glyph.onlyScalar,
            scalar.isASCII || isUTF8 && isNarrow(scalar)
          else {
            return false
          }
          let key = TerminalStyle.key(of: cell, isBlank: scalar == " ")
          if key != style { (style, styleNumber) = (key, number(ofStyle: key)) }
          target[column] = ImageCell(glyph: scalar.value, style: styleNumber)
        }
        return true
      }
    }
  }

  /// Writes `cells`, one row of a frame, to `target`; says whether something in it is wide, and whether all of it is one
  /// scalar in one column each.
  mutating func write(
    _ cells: ArraySlice<Cell>, to target: UnsafeMutableBufferPointer<ImageCell>
  ) -> (hasWide: Bool, isPlain: Bool) {
    var column = 0
    var hasWide = false
    var isPlain = true
    for cell in cells where cell.width > 0 {
      // Nearly every cell: borders, ramps and words in Latin letters.
      if let scalar = cell.glyph.onlyScalar, cell.width == 1, scalar.isASCII || isUTF8 && isNarrow(scalar) {
        target[column] = ImageCell(
          glyph: scalar.value, style: number(ofStyle: TerminalStyle.key(of: cell, isBlank: scalar == " ")))
        column += 1
        continue
      }
      isPlain = false
      let style = number(ofStyle: TerminalStyle.key(of: cell, isBlank: false))
      for scalars in CursesScreen.spelling(of: cell, isUTF8: isUTF8, width: width) {
        guard column < target.count else { break }
        if scalars == [" "] {
          let key = TerminalStyle.key(of: cell, isBlank: true)
          target[column] = ImageCell(glyph: 0x20, style: number(ofStyle: key))
          column += 1
          continue
        }
        let isWide = width(scalars[0]) == 2 && column + 1 < target.count
        target[column] = ImageCell(glyph: number(of: scalars), style: style, isWide: isWide)
        column += 1
        if isWide {
          target[column] = target[column - 1].second
          column += 1
          hasWide = true
        }
      }
    }
    while column < target.count {
      target[column] = .blank
      column += 1
    }
    return (hasWide, isPlain)
  }

  /// The scalars a glyph number stands for, one after the other.
  func withScalars(of glyph: UInt32, _ body: (Unicode.Scalar) -> Void) {
    if glyph & Self.clusterBit == 0 {
      if let scalar = Unicode.Scalar(glyph) { body(scalar) }
    } else {
      for scalar in clusters[Int(glyph & ~Self.clusterBit)] { body(scalar) }
    }
  }

  @inline(__always)
  private func isNarrow(_ scalar: Unicode.Scalar) -> Bool {
    ImageCell.hasCertainWidth(scalar.value) || width(scalar) == 1
  }

  private mutating func number(of scalars: [Unicode.Scalar]) -> UInt32 {
    if scalars.count == 1 { return scalars[0].value }
    if let known = clusterNumbers[scalars] { return known }
    let new = UInt32(clusters.count) | Self.clusterBit
    clusters.append(scalars)
    clusterNumbers[scalars] = new
    return new
  }

  @inline(__always)
  private mutating func number(ofStyle key: UInt64) -> UInt32 {
    let slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 55)
    if recentKeys[slot] == key { return recentNumbers[slot] }
    let number = styleNumber(key)
    recentKeys[slot] = key
    recentNumbers[slot] = number
    return number
  }

  private mutating func styleNumber(_ key: UInt64) -> UInt32 {
    if let known = styleNumbers[key] { return known }
    let new = UInt32(styles.count)
    styles.append(TerminalStyle(key: key))
    styleNumbers[key] = new
    return new
  }
}

/// Colours and modifiers as SGR knows them.
struct TerminalStyle: Hashable {
  /// 0 is the terminal's own; else a palette index with `palette`, or 0xRRGGBB with `rgb`.
  var foreground: UInt32 = 0
  var background: UInt32 = 0
  var modifiers: Modifiers = []

  static let palette: UInt32 = 1 << 24
  static let rgb: UInt32 = 1 << 25
  /// What a blank shows of a style besides its background.
  static let visibleOnBlank: Modifiers = [.underline, .reverse]

  /// No style has it.
  static let noKey = UInt64.max

  init() {}

  init(key: UInt64) {
    foreground = UInt32(truncatingIfNeeded: key & 0x3FF_FFFF)
    background = UInt32(truncatingIfNeeded: key >> 26 & 0x3FF_FFFF)
    modifiers = Modifiers(rawValue: UInt8(truncatingIfNeeded: key >> 52))
  }

  /// A cell's style in one word, `PackedStyle`'s; of a blank only what can be seen of it.
  @inline(__always)
  static func key(of cell: Cell, isBlank: Bool) -> UInt64 {
    let bits = cell.packedStyle.bits
    let isPlain = bits >> 52 & UInt64(visibleOnBlank.rawValue) == 0
    return isBlank && isPlain ? bits & 0x3FF_FFFF << 26 : bits
  }
}
