/// A place on the screen, both counted from 0.
struct CursorPlace: Hashable {
  /// Negative: nobody knows.
  var row: Int
  /// Negative: nobody knows, or the cursor waits at the right edge.
  var column: Int

  static let unknown = CursorPlace(row: -1, column: -1)
}

/// How a cursor goes from one place to another (ECMA-48 8.3.21 CUP, 8.3.9 CHA, 8.3.158 VPA, CUU, CUD, CUF, CUB).
struct CursorMove {
  enum Vertical { case none, up, down, feed, absolute }
  enum Horizontal { case none, start, back, backspace, forward, absolute }

  /// Both at once, by CUP; else first the one, then the other.
  fileprivate(set) var isDirect: Bool
  fileprivate(set) var vertical = Vertical.none
  fileprivate(set) var horizontal = Horizontal.none
  /// Bytes.
  fileprivate(set) var cost: Int

  /// Two sequences of a number, or line feeds and backspaces that take no more.
  static let longest = 64

  @inline(__always)
  func put(from start: CursorPlace, to goal: CursorPlace, _ text: inout ByteRoom.End) {
    if isDirect {
      text.put("\u{1B}[")
      if goal.row > 0 || goal.column > 0 { text.put(number: goal.row + 1) }
      if goal.column > 0 {
        text.put(UInt8(ascii: ";"))
        text.put(number: goal.column + 1)
      }
      return text.put(UInt8(ascii: "H"))
    }
    switch vertical {
    case .none: break
    case .up: text.put(sequence: start.row - goal.row, UInt8(ascii: "A"))
    case .down: text.put(sequence: goal.row - start.row, UInt8(ascii: "B"))
    case .feed: for _ in start.row..<goal.row { text.put(0x0A) }
    case .absolute: text.put(sequence: goal.row + 1, UInt8(ascii: "d"))
    }
    switch horizontal {
    case .none: break
    case .start: text.put(0x0D)
    case .back: text.put(sequence: start.column - goal.column, UInt8(ascii: "D"))
    case .backspace: for _ in goal.column..<start.column { text.put(0x08) }
    case .forward: text.put(sequence: goal.column - start.column, UInt8(ascii: "C"))
    case .absolute: text.put(sequence: goal.column + 1, UInt8(ascii: "G"))
    }
  }
}

/// Finds moves of few bytes.
struct CursorMoves {
  private let feedsLines: Bool
  private let movesAlongAxes: Bool

  init(_ capabilities: StreamCapabilities) {
    feedsLines = capabilities.feedsLines
    movesAlongAxes = capabilities.movesAlongAxes
  }

  /// - Parameter goal: a known place.
  func cheapest(from start: CursorPlace, to goal: CursorPlace) -> CursorMove {
    let direct = CursorMove(isDirect: true, cost: Self.directCost(goal))
    guard start.row >= 0, start.row == goal.row || start.column >= 0 else { return direct }
    var move = CursorMove(isDirect: false, cost: 0)
    goDown(goal.row - start.row, to: goal.row, &move)
    guard move.cost < direct.cost, goAlong(from: start.column, to: goal.column, &move) else { return direct }
    return move.cost < direct.cost ? move : direct
  }

  private static func directCost(_ goal: CursorPlace) -> Int {
    if goal.column > 0 { return 4 + digits(goal.row + 1) + digits(goal.column + 1) }
    return goal.row > 0 ? 3 + digits(goal.row + 1) : 3
  }

  /// - Parameter distance: up where it is negative.
  @inline(__always)
  private func goDown(_ distance: Int, to row: Int, _ move: inout CursorMove) {
    guard distance != 0 else { return }
    move.vertical = distance > 0 ? .down : .up
    move.cost = Self.sequenceCost(abs(distance))
    if distance > 0 && feedsLines && distance < move.cost {
      move.vertical = .feed
      move.cost = distance
    }
    let absolute = 3 + Self.digits(row + 1)
    if movesAlongAxes && absolute < move.cost {
      move.vertical = .absolute
      move.cost = absolute
    }
  }

  /// False when there is no such way.
  @inline(__always)
  private func goAlong(from start: Int, to column: Int, _ move: inout CursorMove) -> Bool {
    if start == column { return true }
    // A carriage return also ends the wait in the last column.
    if column == 0 {
      move.horizontal = .start
      move.cost += 1
      return true
    }
    var cost = movesAlongAxes ? 3 + Self.digits(column + 1) : Int.max
    move.horizontal = .absolute
    if start >= 0 {
      let distance = abs(column - start)
      let relative = Self.sequenceCost(distance)
      if column < start && distance <= relative && distance < cost {
        move.horizontal = .backspace
        cost = distance
      } else if relative < cost {
        move.horizontal = column < start ? .back : .forward
        cost = relative
      }
    } else if !movesAlongAxes {
      return false
    }
    move.cost += cost
    return true
  }

  /// Bytes of CSI with one number, which is left out where it is 1.
  @inline(__always)
  static func sequenceCost(_ number: Int) -> Int { number == 1 ? 3 : 3 + digits(number) }

  @inline(__always)
  static func digits(_ number: Int) -> Int { number < 10 ? 1 : number < 100 ? 2 : number < 1000 ? 3 : 4 }
}
