/// A service's place in a `ServiceTable`: dense from 0, stable while the session lives.
public struct ServiceID: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public var index: Int { Int(rawValue) }
  public static func < (left: ServiceID, right: ServiceID) -> Bool { left.rawValue < right.rawValue }
}

/// A source (file, pipe, command, topic) of a session: dense from 0, in the order they were opened.
public struct SourceID: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public var index: Int { Int(rawValue) }
  public static func < (left: SourceID, right: SourceID) -> Bool { left.rawValue < right.rawValue }
}

/// The services of a session by number. A path such as `shop/checkout` is a place in the service tree.
///
/// At most `limit` names are kept; every further one is `(other)`, one number more than `limit`, and `overflowCount`
/// says how often that happened.
public struct ServiceTable: Sendable {
  /// DESIGN §3: more services than this count under `(other)`.
  public static let limit = 65_536

  public private(set) var names: [ForeignText] = []
  public private(set) var overflowCount = 0
  private var ids: [ForeignText: ServiceID] = [:]
  private var other: ServiceID?

  public init() {}

  public var count: Int { names.count }

  /// The name of `id`, which must be of this table.
  public subscript(id: ServiceID) -> ForeignText { names[id.index] }

  /// The number of the service called `name`, a new one if it is not known yet and there is room.
  public mutating func intern(_ name: ForeignText) -> ServiceID {
    if let id = ids[name] { return id }
    guard names.count < Self.limit else {
      overflowCount += 1
      return overflow()
    }
    return append(name)
  }

  /// The number of the service called `name`, if it is known.
  public func id(of name: ForeignText) -> ServiceID? { ids[name] }

  private mutating func append(_ name: ForeignText) -> ServiceID {
    let id = ServiceID(rawValue: UInt32(names.count))
    names.append(name)
    ids[name] = id
    return id
  }

  private mutating func overflow() -> ServiceID {
    if let other { return other }
    // A service that calls itself so keeps its number: two rows of one name could not be told apart.
    let name = ForeignText("(other)")
    let id = ids[name] ?? append(name)
    other = id
    return id
  }
}
