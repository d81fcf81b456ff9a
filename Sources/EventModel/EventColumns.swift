/// What the matrix needs of many events, in columns of equal length: no text, 13 bytes an event.
public struct EventColumns: Sendable {
  public var source: SourceID
  /// Nanoseconds since the epoch, in the order of the source.
  public private(set) var times: [Int64] = []
  public private(set) var services: [ServiceID] = []
  public private(set) var severities: [Severity] = []

  public init(source: SourceID) { self.source = source }

  public var count: Int { times.count }

  public mutating func append(time: Timestamp, service: ServiceID, severity: Severity) {
    times.append(time.nanoseconds)
    services.append(service)
    severities.append(severity)
  }

  /// Appends many at once; the three are equally long.
  public mutating func append(
    times: UnsafeBufferPointer<Int64>, services: UnsafeBufferPointer<ServiceID>,
    severities: UnsafeBufferPointer<Severity>
  ) {
    precondition(
      times.count == services.count && times.count == severities.count, "columns of different lengths")
    self.times.append(contentsOf: times)
    self.services.append(contentsOf: services)
    self.severities.append(contentsOf: severities)
  }

  /// Gives every service its number in `map`, by the number it has; one that is not in `map` keeps its own.
  public mutating func renumber(_ map: [ServiceID]) {
    for index in services.indices where services[index].index < map.count {
      services[index] = map[services[index].index]
    }
  }

  public mutating func removeAll(keepingCapacity: Bool = true) {
    times.removeAll(keepingCapacity: keepingCapacity)
    services.removeAll(keepingCapacity: keepingCapacity)
    severities.removeAll(keepingCapacity: keepingCapacity)
  }

  public mutating func reserveCapacity(_ count: Int) {
    times.reserveCapacity(count)
    services.reserveCapacity(count)
    severities.reserveCapacity(count)
  }
}
