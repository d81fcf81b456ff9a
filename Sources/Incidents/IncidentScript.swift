internal import EventModel

/// What goes wrong in a scenario, as data for `FleetSimulation`. Times are seconds from the start.
struct IncidentScript: Sendable {
  /// Calls to a service that fail or drag while this holds.
  struct Failure: Sendable {
    var service: FleetService
    var seconds: Range<Int>
    /// `nil`: in every region.
    var region: Region?
    var permille: Int
    /// What the service itself logs; `nil` when it is not there to log anything.
    var template: LogTemplate?
    var status: UInt16
    /// How long the caller waits.
    var durationUs: Int
  }

  /// One event outside any request.
  struct Happening: Sendable {
    var second: Int
    var service: FleetService
    var template: LogTemplate
    var build: UInt16?
    var region = Region.euWest
    var count: UInt32 = 0
    var peer: FleetService?
    var durationUs: UInt32 = 0
    var isSymptom = false
  }

  /// Events outside requests that come at random, thicker or thinner over time.
  struct Murmur: Sendable {
    var service: FleetService
    var template: LogTemplate
    var seconds: Range<Int>
    /// Events per million seconds at the first and at the last second, straight between them.
    var perMillion: (first: Int, last: Int)
    var isSymptom = false
  }

  var range: TimeRange
  var requestsPerMillionSeconds = 3_200_000
  var backgroundPerMillionSeconds = 2_400_000
  /// Users who press again: `permille` of the usual load.
  var surge: (seconds: Range<Int>, permille: Int) = (0..<0, 1000)
  var failures: [Failure] = []
  var happenings: [Happening] = []
  var murmurs: [Murmur] = []
  /// Checkout answers "payment pending" instead of an error before this second.
  var chargesPendUntil = 0
  var cartAttempts = 2
  var fault: GroundTruth.Fault?
  var rootCause: FleetService?
  var guiltyBuild: UInt16?
  var decoys: [GroundTruth.Decoy] = []
  var clockAheadNs: Int64 = 0

  var secondCount: Int { Int(range.durationNs / 1_000_000_000) }

  init(of scenario: IncidentScenario) {
    self.init()
    switch scenario.name {
    case "bad-deploy": playBadDeploy()
    case "decoy-deploy": playDecoyDeploy()
    case "retry-storm": playRetryStorm()
    case "nightly-noise": playNightlyNoise()
    case "memory-leak": playMemoryLeak()
    case "clock-skew": playClockSkew()
    default: playHealthyNight()
    }
    happenings.sort { ($0.second, $0.service) < ($1.second, $1.service) }
  }

  /// Forty minutes of an ordinary night, from 02:40.
  private init() {
    let start = CivilTime(year: 2026, month: 11, day: 23, hour: 2, minute: 40).timestamp()
    range = TimeRange(start: start, end: start.advanced(byNanoseconds: 2400 * 1_000_000_000))
    addNightlyNoise(0..<2400)
  }
}

extension IncidentScript {
  /// 03:03:00 deploy of payments v418 to eu-west; its pods take calls from 03:04:01, all of them from 03:04:09;
  /// at 03:04:15 checkout stops to promise that the payment will come. 03:14:00 rollback.
  private mutating func playBadDeploy() {
    fault = .badDeploy
    rootCause = .payments
    guiltyBuild = 418
    chargesPendUntil = 1455
    let (deployed, halfReady, ready, rolledBack, well) = (1380, 1441, 1449, 2040, 2070)
    deploy(.payments, 418, at: deployed)
    happenings.append(
      Happening(second: rolledBack, service: .payments, template: .rollback, build: 417))
    for (seconds, permille) in [
      (halfReady..<ready, 500), (ready..<rolledBack, 1000), (rolledBack..<well, 400),
    ] {
      failures.append(
        Failure(
          service: .payments, seconds: seconds, region: .euWest, permille: permille, template: .paymentsToken,
          status: 422, durationUs: 9_000))
    }
    happenings.append(Happening(second: 660, service: .cart, template: .flag))
    decoys.append(
      GroundTruth.Decoy(service: .cart, reason: "flag newcart, on for 13 minutes before anything failed"))
    deploy(.recommend, 151, at: 1300)
    decoys.append(
      GroundTruth.Decoy(service: .recommend, reason: "deploy v151 two minutes earlier, without effect"))
  }

  /// 03:01:20 deploy of auth; 03:01:50 users-db stops to answer, for recommend as well. 03:12 failover.
  private mutating func playDecoyDeploy() {
    fault = .dependencyTimeout
    rootCause = .usersDB
    deploy(.auth, FleetService.auth.firstBuild + 1, at: 1280)
    decoys.append(
      GroundTruth.Decoy(
        service: .auth, reason: "deployed 30 s earlier; recommend, not deployed, fails as well"))
    murmurs.append(
      Murmur(
        service: .usersDB, template: .usersFailover, seconds: 1310..<1920, perMillion: (100_000, 100_000),
        isSymptom: true))
    for (seconds, permille) in [(1310..<1330, 350), (1330..<1920, 900)] {
      failures.append(
        Failure(
          service: .usersDB, seconds: seconds, region: nil, permille: permille, template: .usersTimeout,
          status: 504,
          durationUs: 2_000_000))
    }
    happenings.append(
      Happening(second: 1922, service: .usersDB, template: .started, build: 241, durationUs: 1_830_000))
  }

  /// 03:00:10 inventory has no connections for 20 s; its callers try again at once, five times, until 03:09.
  private mutating func playRetryStorm() {
    fault = .retryStorm
    rootCause = .inventory
    cartAttempts = 5
    surge = (1230..<1740, 1600)
    for (seconds, permille) in [(1210..<1230, 1000), (1230..<1500, 900), (1500..<1740, 800)] {
      failures.append(
        Failure(
          service: .inventory, seconds: seconds, region: nil, permille: permille, template: .inventoryPool,
          status: 503,
          durationUs: 40_000))
    }
    happenings.append(
      Happening(
        second: 1740, service: .cart, template: .breakerOpen, count: 200, peer: .inventory, isSymptom: true))
    happenings.append(Happening(second: 1775, service: .cart, template: .breakerClosed, peer: .inventory))
    happenings.append(Happening(second: 900, service: .inventory, template: .poolStats, count: 41))
    happenings.append(Happening(second: 1205, service: .inventory, template: .poolStats, count: 64))
  }

  /// Three days; search is loud from 02:50 to 03:20 in each night.
  private mutating func playNightlyNoise() {
    let start = CivilTime(year: 2026, month: 11, day: 20, hour: 12).timestamp()
    let dayS = 86_400
    range = TimeRange(start: start, end: start.advanced(byNanoseconds: Int64(3 * dayS) * 1_000_000_000))
    requestsPerMillionSeconds = 22_000
    backgroundPerMillionSeconds = 40_000
    murmurs = []
    decoys = []
    for night in 0..<3 {
      let start = night * dayS + 53_400  // 02:50, 14 h 50 min after noon
      addNightlyNoise(start..<start + 1800)
    }
    deploy(.catalog, FleetService.catalog.firstBuild + 1, at: 7 * 3600)
    decoys.append(GroundTruth.Decoy(service: .catalog, reason: "an evening deploy without effect"))
  }

  /// Pauses grow from 02:45 on; 03:13:20 out of memory; recommend is back 25 s later.
  private mutating func playMemoryLeak() {
    fault = .memoryLeak
    rootCause = .recommend
    let died = 2000
    murmurs.append(
      Murmur(
        service: .recommend, template: .garbagePressure, seconds: 300..<died, perMillion: (20_000, 1_400_000),
        isSymptom: true))
    happenings += [
      Happening(second: died, service: .recommend, template: .outOfMemory, count: 2047, isSymptom: true),
      Happening(second: died + 1, service: .recommend, template: .killed, isSymptom: true),
      Happening(second: died + 25, service: .recommend, template: .started, durationUs: 8_420_000),
    ]
    failures.append(
      Failure(
        service: .recommend, seconds: died + 1..<died + 25, region: nil, permille: 1000, template: nil,
        status: 503,
        durationUs: 3_000))
    for (seconds, permille) in [(600..<1200, 60), (1200..<1700, 160), (1700..<died, 380)] {
      failures.append(
        Failure(
          service: .recommend, seconds: seconds, region: nil, permille: permille, template: .slowCall,
          status: 200,
          durationUs: 1_200_000))
    }
    deploy(.pricing, FleetService.pricing.firstBuild + 1, at: 1700)
    decoys.append(GroundTruth.Decoy(service: .pricing, reason: "deployed five minutes before the crash"))
  }

  /// The till's clock is 2 h 13 min ahead all the time, and its printer is stuck from 03:00.
  private mutating func playClockSkew() {
    fault = .clockSkew
    rootCause = .pos4411
    clockAheadNs = (2 * 3600 + 13 * 60) * 1_000_000_000
    murmurs.append(
      Murmur(
        service: .pos4411, template: .clockOffset, seconds: 0..<2400, perMillion: (4_000, 4_000),
        isSymptom: true))
    murmurs.append(
      Murmur(
        service: .pos4411, template: .salePaper, seconds: 1200..<1800, perMillion: (150_000, 150_000),
        isSymptom: true))
    murmurs.append(
      Murmur(service: .pos4411, template: .saleHeartbeat, seconds: 0..<2400, perMillion: (200_000, 200_000)))
  }

  private mutating func playHealthyNight() {
    deploy(.catalog, FleetService.catalog.firstBuild + 1, at: 1140)
    decoys.append(GroundTruth.Decoy(service: .catalog, reason: "a deploy without effect"))
  }

  private mutating func deploy(_ service: FleetService, _ build: UInt16, at second: Int) {
    happenings.append(
      Happening(second: second - 4, service: .ci, template: .ciRun, build: build, count: 8731, peer: service))
    happenings.append(Happening(second: second, service: service, template: .deploy, build: build))
    let started = Happening(
      second: second + 50, service: service, template: .started, build: build, durationUs: 9_300_000)
    happenings.append(started)
  }

  private mutating func addNightlyNoise(_ seconds: Range<Int>) {
    murmurs.append(
      Murmur(service: .search, template: .searchShard, seconds: seconds, perMillion: (240_000, 240_000)))
    murmurs.append(
      Murmur(service: .indexer, template: .indexerBatch, seconds: seconds, perMillion: (150_000, 150_000)))
    guard !decoys.contains(where: { $0.service == .search }) else { return }
    decoys.append(
      GroundTruth.Decoy(service: .search, reason: "equally loud every night while documents are indexed"))
  }

  /// The build that runs at `second`: the newest deployed or rolled back to.
  func build(of service: FleetService, in region: Region, at second: Int) -> UInt16 {
    var build = service.firstBuild
    for happening in happenings where happening.service == service && happening.region == region {
      guard happening.second <= second else { break }
      if happening.template == .deploy || happening.template == .rollback { build = happening.build ?? build }
    }
    return build
  }
}
