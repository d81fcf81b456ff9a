internal import EventModel

/// Which services speak so often that rows of their own pay.
///
/// With thousands of services a row for all of them is so long that few fit beside the events, and a column of any
/// width has to be counted event by event, mostly those of services that nobody looks at. So what the loud ones say is
/// kept apart from what all others say: their rows are short and close together.
struct LoudServices: Sendable {
  /// Up to so many services are all loud.
  let serviceLimit: Int
  /// Events of each service since there were more.
  private var heard: [UInt32] = []
  private var total: UInt64 = 0

  /// One event in so many makes a service loud.
  private static let share: UInt64 = 4_096
  /// Beyond that share, so that a service is not loud by being the first to speak.
  private static let least: UInt64 = 4

  init(serviceLimit: Int) { self.serviceLimit = serviceLimit }

  var byteCount: Int { heard.capacity * 4 }

  /// Goes on where so many events of each service had been heard, by number.
  mutating func resume(_ eventsOfService: [UInt32: UInt64]) {
    heard = Array(repeating: 0, count: Int(eventsOfService.keys.max() ?? 0) + 1)
    for (service, count) in eventsOfService { heard[Int(service)] = UInt32(clamping: count) }
    total = eventsOfService.values.reduce(0, +)
  }

  /// Says of each event whether its service is loud now; `nil` where all are.
  mutating func split(
    _ events: EventColumns, serviceCount: Int
  ) -> (loud: EventColumns, quiet: EventColumns)? {
    guard serviceCount > serviceLimit else { return nil }
    if heard.count < serviceCount {
      heard.append(contentsOf: repeatElement(0, count: serviceCount - heard.count))
    }
    var loud = EventColumns(source: events.source)
    var quiet = EventColumns(source: events.source)
    for index in events.times.indices {
      let service = events.services[index]
      total += 1
      heard[service.index] &+= 1
      let time = Timestamp(nanoseconds: events.times[index])
      if (UInt64(heard[service.index]) &- Self.least) &* Self.share >= total,
        heard[service.index] > Self.least
      {
        loud.append(time: time, service: service, severity: events.severities[index])
      } else {
        quiet.append(time: time, service: service, severity: events.severities[index])
      }
    }
    return (loud, quiet)
  }
}
