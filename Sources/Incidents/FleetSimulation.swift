internal import EventModel

/// Plays a script: requests walk the call graph, second by second, and every service logs what it does.
struct FleetSimulation {
  let script: IncidentScript
  private var random: SplitMix64
  private var events: [IncidentEvent] = []
  /// Nanoseconds from the start, on a right clock; same length as `events`.
  private var arrivals: [Int64] = []
  private var lastOrder: UInt32 = 770_100

  init(script: IncidentScript, seed: UInt64) {
    self.script = script
    random = SplitMix64(seed: seed)
    events.reserveCapacity(80_000)
    arrivals.reserveCapacity(80_000)
  }

  mutating func run() {
    var happenings = script.happenings[...]
    for second in 0..<script.secondCount {
      for _ in 0..<requestCount(in: second) { request(at: instant(in: second)) }
      if random.below(1_000_000) < script.backgroundPerMillionSeconds % 1_000_000 { background(in: second) }
      for _ in 0..<script.backgroundPerMillionSeconds / 1_000_000 { background(in: second) }
      for murmur in script.murmurs where murmur.seconds.contains(second) { play(murmur, in: second) }
      while let happening = happenings.first, happening.second == second {
        play(happening)
        happenings.removeFirst()
      }
    }
  }

  func eventsAsReceived() -> [IncidentEvent] {
    let endNs = script.range.durationNs
    var order = arrivals.indices.filter { arrivals[$0] < endNs }
    order.sort { arrivals[$0] != arrivals[$1] ? arrivals[$0] < arrivals[$1] : $0 < $1 }
    return order.map { events[$0] }
  }
}

// MARK: - Load

extension FleetSimulation {
  /// Quietest at 03:30, three times as much at 15:30, and up to a seventh more or less from minute to minute.
  private mutating func requestCount(in second: Int) -> Int {
    let startS = Int(script.range.start.nanoseconds / 1_000_000_000)
    let secondOfDay = (startS + second) % 86_400
    let fromQuietest = abs((secondOfDay - 12_600 + 43_200 + 86_400) % 86_400 - 43_200)
    var perMillion = script.requestsPerMillionSeconds * (43_200 + 2 * fromQuietest) / 43_200
    var minute = SplitMix64(seed: UInt64((startS + second) / 60))
    perMillion = perMillion * (860 + minute.below(280)) / 1000
    if script.surge.seconds.contains(second) { perMillion = perMillion * script.surge.permille / 1000 }
    // Two draws of half the rate scatter more than one, as users do.
    return (perMillion / 2 + random.below(1_000_000)) / 1_000_000
      + (perMillion - perMillion / 2 + random.below(1_000_000)) / 1_000_000
  }

  private mutating func instant(in second: Int) -> Int64 {
    Int64(second) * 1_000_000_000 + Int64(random.below(1_000_000_000))
  }

  private mutating func background(in second: Int) {
    let service = FleetService.allCases[random.below(FleetService.allCases.count)]
    let template: LogTemplate =
      switch (service, random.below(100)) {
      case (.ci, _): .health
      case (.dns, 0..<97): .dnsServed
      case (.dns, _): .dnsRetry
      case (.push, _): .pushSent
      case (.invoices, 0..<50): .invoicesRun
      case (.cache, 0..<50): .cacheStats
      case (.eventQueue, 0..<40), (.ordersDB, 0..<60), (.usersDB, 0..<60): .poolStats
      case (.recommend, 0..<60), (.search, 0..<40): .garbage
      case (_, 0..<3): .certificate
      default: .health
      }
    let region: Region = random.below(10) < 6 ? .euWest : .usEast
    var event = newEvent(service, template, region: region, at: instant(in: second))
    event.count = template == .certificate ? 61 : UInt32(20 + random.below(40))
    event.durationUs = UInt32(800 + random.below(9_000))
    log(event, at: event.time)
  }

  private mutating func play(_ murmur: IncidentScript.Murmur, in second: Int) {
    let (first, last) = murmur.perMillion
    let done = second - murmur.seconds.lowerBound
    let perMillion = first + (last - first) * done / murmur.seconds.count
    for _ in 0..<(perMillion + random.below(1_000_000)) / 1_000_000 {
      var event = newEvent(murmur.service, murmur.template, region: .euWest, at: instant(in: second))
      event.isSymptom = murmur.isSymptom
      event.count = UInt32(1 + random.below(12))
      event.durationUs = UInt32(200_000 + random.below(90_000))
      if murmur.template == .garbagePressure {
        event.count = UInt32(1080 + 960 * done / murmur.seconds.count + random.below(8))
        event.durationUs = UInt32(80_000 + 1_800_000 * done / murmur.seconds.count + random.below(60_000))
      }
      log(event, at: event.time)
    }
  }

  private mutating func play(_ happening: IncidentScript.Happening) {
    let at = Int64(happening.second) * 1_000_000_000 + 137_000_000 + Int64(random.below(1_000_000))
    var event = newEvent(happening.service, happening.template, region: happening.region, at: at)
    if let build = happening.build { event.build = build }
    event.count = happening.count
    event.peer = happening.peer ?? happening.service
    event.durationUs = happening.durationUs
    event.isSymptom = happening.isSymptom
    log(event, at: event.time)
  }
}

// MARK: - Requests

private struct Request {
  var traceHigh: UInt64
  var traceLow: UInt64
  var route: Route
  var region: Region
  var user: UInt32
  var order: UInt32
  var count: UInt32
}

/// How a call went, from its caller's side.
private struct Reply {
  var end: Int64
  var status: UInt16
  /// Whether the scenario's root cause made it fail or drag.
  var isSymptom: Bool

  var isFailure: Bool { status >= 400 }
}

/// Where a call is on its way.
private struct Span {
  var id: UInt64
  var parent: UInt64
  var service: FleetService
  var pod: UInt8
  var build: UInt16
  var start: Int64
}

extension FleetSimulation {
  private mutating func request(at start: Int64) {
    var ticket = random.below(1000)
    let flow = RequestFlow.all.first { candidate in
      ticket -= candidate.permille
      return ticket < 0
    }
    guard let flow else { preconditionFailure("the flows' shares add up to a thousand") }
    lastOrder += 1
    let request = Request(
      traceHigh: random.next() | 1, traceLow: random.next(), route: flow.route,
      region: random.below(10) < 6 ? .euWest : .usEast, user: UInt32(1 + random.below(48_000)),
      order: flow.route == .checkout || flow.route == .sale ? lastOrder : 0,
      count: UInt32(1 + random.below(9)))
    _ = call(flow.root, for: request, parent: 0, at: start)
  }

  /// Calls `node` and everything below it. A child's last event is never later than its parent's.
  private mutating func call(_ node: Call, for request: Request, parent: UInt64, at start: Int64) -> Reply {
    let service = node.service
    let arrival = start + Int64(120_000 + random.below(500_000))
    let span = Span(
      id: random.next() | 1, parent: parent, service: service, pod: UInt8(random.below(service.podCount)),
      build: script.build(of: service, in: request.region, at: Int(arrival / 1_000_000_000)), start: arrival)
    if let template = startTemplate(of: service) { say(template, span, request, at: arrival) }
    if let reply = failure(of: span, request) { return reply }

    let workNs = Int64(service.workUs * (500 + random.below(1000)))
    var now = arrival + workNs / 2
    var isSymptom = false
    for child in node.children {
      let reply = callWithRetries(child, from: span, for: request, at: now)
      now = reply.end + 20_000
      guard reply.isFailure else { continue }
      let outcome = answer(reply, from: child.service, of: span, request, at: now)
      if outcome.isFailure { return outcome }
      isSymptom = isSymptom || outcome.isSymptom
    }
    return finish(span, request, at: now + workNs / 2, isSymptom: isSymptom)
  }

  /// Nothing failed: the usual last word, or one of the small things that always happen.
  private mutating func finish(_ span: Span, _ request: Request, at end: Int64, isSymptom: Bool) -> Reply {
    var end = end
    var template = servedTemplate(of: span.service)
    var status: UInt16 = 200
    let luck = random.below(10_000)
    switch span.service {
    case .gateway where request.route == .browse && luck < 120: (template, status) = (.gatewayRefused, 404)
    case .payments where luck < 150: (template, status) = (.paymentsDeclined, 402)
    case .catalog where luck < 30:
      template = .catalogSlow
      end += 400_000_000
    case _ where luck < 4: (template, status) = (.internalError, 500)
    case _ where luck < 20:
      say(.slowCall, span, request, at: end, durationUs: span.service.workUs * 20)
      end += 1_000_000
    default: break
    }
    say(template, span, request, at: end, status: status)
    return Reply(end: end, status: status, isSymptom: isSymptom)
  }

  /// The script's failure that hits this call, if any.
  private mutating func failure(of span: Span, _ request: Request) -> Reply? {
    let second = Int(span.start / 1_000_000_000)
    for failure in script.failures where failure.service == span.service && failure.seconds.contains(second) {
      guard failure.region == nil || failure.region == request.region else { continue }
      guard random.happens(permille: failure.permille) else { continue }
      let durationNs = Int64(failure.durationUs * (800 + random.below(400)))
      let end = span.start + durationNs
      if let template = failure.template {
        say(template, span, request, at: end, status: failure.status, isSymptom: true)
      }
      return Reply(end: end, status: failure.status, isSymptom: true)
    }
    return nil
  }

  private mutating func callWithRetries(
    _ child: Call, from span: Span, for request: Request, at start: Int64
  ) -> Reply {
    var reply = call(child, for: request, parent: span.id, at: start)
    let limit = attemptLimit(from: span.service, to: child.service)
    var attempt = 1
    while reply.isFailure, reply.status != 402, attempt < limit {
      let template: LogTemplate =
        if span.service == .cart { .cartRetry } else if isCharging(at: reply.end) {
          .checkoutChargeFailed
        } else {
          .checkoutRetry
        }
      say(
        template, span, request, at: reply.end + 10_000, status: reply.status, peer: child.service,
        count: attempt,
        isSymptom: reply.isSymptom)
      attempt += 1
      reply = call(child, for: request, parent: span.id, at: reply.end + 30_000_000)
    }
    return reply
  }

  private func attemptLimit(from caller: FleetService, to callee: FleetService) -> Int {
    switch (caller, callee) {
    case (.checkout, .payments): 3
    case (.cart, .inventory): script.cartAttempts
    default: 1
    }
  }

  private func isCharging(at time: Int64) -> Bool { time >= Int64(script.chargesPendUntil) * 1_000_000_000 }

  /// What `span` says and answers when the call to `peer` failed.
  private mutating func answer(
    _ reply: Reply, from peer: FleetService, of span: Span, _ request: Request, at now: Int64
  ) -> Reply {
    var template = LogTemplate.internalError
    var status: UInt16 = 502
    var count = 1
    switch (span.service, peer) {
    case (.web, .recommend): (template, status) = (.webFallback, 200)
    case (.recommend, _): (template, status) = (.recommendUpstream, 503)
    case (.auth, _): (template, status) = (.authFailed, 503)
    case (.cart, .inventory): (template, status, count) = (.cartUpstream, 503, script.cartAttempts)
    case (.checkout, .payments) where reply.status == 402: (template, status) = (.checkoutRetry, 402)
    case (.checkout, .payments) where !isCharging(at: now): (template, status) = (.checkoutPending, 202)
    case (.checkout, .payments):
      say(
        .checkoutChargeFailed, span, request, at: now, status: reply.status, peer: peer,
        isSymptom: reply.isSymptom)
      (template, count) = (.checkoutGaveUp, 3)
    case (.checkout, _): (template, status) = (.checkoutUpstream, 503)
    case (.gateway, _) where reply.status < 500: (template, status) = (.gatewayRefused, reply.status)
    case (.gateway, _): template = .gatewayUpstream
    case (.pos4411, _): (template, status) = (.saleFailed, reply.status)
    default: break
    }
    let end = now + 50_000
    // A log line names the status that the peer gave, except where the gateway names its own answer.
    let stated = span.service == .gateway ? status : reply.status
    say(
      template, span, request, at: end, status: stated, peer: peer, count: count, isSymptom: reply.isSymptom)
    return Reply(end: end, status: status, isSymptom: reply.isSymptom)
  }
}

// MARK: - Saying

extension FleetSimulation {
  private mutating func say(
    _ template: LogTemplate, _ span: Span, _ request: Request, at time: Int64, status: UInt16 = 0,
    durationUs: Int? = nil, peer: FleetService? = nil, count: Int? = nil, isSymptom: Bool = false
  ) {
    var event = IncidentEvent(
      time: instant(of: span.service, at: time), service: span.service, template: template)
    event.traceHigh = request.traceHigh
    event.traceLow = request.traceLow
    event.span = span.id
    event.parentSpan = span.parent
    event.status = status
    event.durationUs = UInt32(clamping: durationUs ?? Int((time - span.start) / 1000))
    event.user = request.user
    event.order = request.order
    event.count = UInt32(clamping: count ?? Int(request.count))
    event.peer = peer ?? span.service
    event.route = request.route
    event.region = request.region
    event.pod = span.pod
    event.build = span.build
    event.isSymptom = isSymptom
    append(event, arrivingAt: time)
  }

  /// An event outside any request; its time is still nanoseconds from the start.
  private mutating func newEvent(
    _ service: FleetService, _ template: LogTemplate, region: Region, at time: Int64
  ) -> IncidentEvent {
    var event = IncidentEvent(time: Timestamp(nanoseconds: time), service: service, template: template)
    event.region = region
    event.pod = UInt8(random.below(service.podCount))
    event.build = script.build(of: service, in: region, at: Int(time / 1_000_000_000))
    return event
  }

  private mutating func log(_ event: IncidentEvent, at time: Timestamp) {
    var event = event
    event.time = instant(of: event.service, at: time.nanoseconds)
    append(event, arrivingAt: time.nanoseconds)
  }

  private mutating func append(_ event: IncidentEvent, arrivingAt arrival: Int64) {
    guard events.count < Incident.eventCountLimit else { return }
    events.append(event)
    arrivals.append(arrival)
  }

  private func instant(of service: FleetService, at time: Int64) -> Timestamp {
    let aheadNs = service == .pos4411 ? script.clockAheadNs : 0
    return script.range.start.advanced(byNanoseconds: time + aheadNs)
  }

  private func startTemplate(of service: FleetService) -> LogTemplate? {
    switch service {
    case .gateway: .gatewayStart
    case .checkout: .checkoutStart
    case .payments: .paymentsStart
    default: nil
    }
  }

  private func servedTemplate(of service: FleetService) -> LogTemplate {
    switch service {
    case .gateway: .gatewayServed
    case .web: .webServed
    case .auth: .authServed
    case .push: .pushSent
    case .checkout: .checkoutServed
    case .cart: .cartServed
    case .catalog: .catalogServed
    case .search: .searchServed
    case .pricing: .pricingServed
    case .inventory: .inventoryServed
    case .recommend: .recommendServed
    case .payments: .paymentsServed
    case .fraud: .fraudServed
    case .cardVault: .cardVaultServed
    case .ledger: .ledgerServed
    case .ordersDB: .ordersServed
    case .usersDB: .usersServed
    case .cache: .cacheServed
    case .eventQueue: .queueServed
    case .indexer: .indexerBatch
    case .invoices: .invoicesRun
    case .dns: .dnsServed
    case .ci: .ciRun
    case .pos4411: .saleServed
    }
  }
}
