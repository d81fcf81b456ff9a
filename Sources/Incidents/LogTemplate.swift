internal import EventModel

/// What the services of the fleet can say. A hole `{name}` is filled from the event (see `TemplateHole`).
enum LogTemplate: UInt8, CaseIterable, Sendable {
  case gatewayStart, gatewayServed, gatewayRefused, gatewayUpstream, webServed, webFallback, authServed,
    authFailed
  case pushSent, checkoutStart, checkoutServed, checkoutRetry, checkoutChargeFailed, checkoutGaveUp
  case checkoutUpstream, checkoutPending, cartServed, cartRetry, cartUpstream, catalogServed, catalogSlow,
    searchServed
  case searchShard, pricingServed, inventoryServed, inventoryPool, recommendServed, recommendUpstream
  case paymentsStart, paymentsServed, paymentsToken, paymentsDeclined, fraudServed, cardVaultServed,
    ledgerServed
  case ordersServed, usersServed, usersTimeout, usersFailover, cacheServed, queueServed
  case indexerBatch, invoicesRun, dnsServed, dnsRetry, ciRun, saleServed, saleFailed, saleHeartbeat, salePaper
  case health, poolStats, cacheStats, certificate, garbage, garbagePressure, outOfMemory, killed, started,
    refused
  case deploy, rollback, flag, breakerOpen, breakerClosed, internalError, slowCall, clockOffset

  /// How bad it is, and its text.
  var definition: (severity: Severity, text: String) {
    switch self {
    case .gatewayStart: (.debug, "{route} from user {user}")
    case .gatewayServed: (.info, "{route} {status} in {ms} ms")
    case .gatewayRefused: (.warn, "{route} {status} in {ms} ms")
    case .gatewayUpstream: (.error, "{route} {status} in {ms} ms: upstream {peer} failed")
    case .webServed: (.info, "page rendered in {ms} ms, {count} items")
    case .webFallback: (.warn, "recommendations left out: {peer} answered {status} after {ms} ms")
    case .authServed: (.info, "login of user {user} accepted")
    case .authFailed: (.error, "login of user {user} failed: {peer} answered {status} after {ms} ms")
    case .pushSent: (.info, "delivered {count} notifications")
    case .checkoutStart: (.debug, "checkout of order {order} started, {count} items")
    case .checkoutServed: (.info, "order {order} placed in {ms} ms")
    case .checkoutRetry:
      (.warn, "charge attempt {count} for order {order} failed with {status}, trying again")
    case .checkoutChargeFailed: (.error, "charge failed: upstream {status} card token invalid, order {order}")
    case .checkoutGaveUp: (.error, "retry budget exhausted for order {order} after {count} attempts")
    case .checkoutUpstream: (.error, "checkout of order {order} stopped: {peer} answered {status}")
    case .checkoutPending: (.warn, "order {order} accepted, payment pending")
    case .cartServed: (.info, "cart of user {user} saved, {count} items")
    case .cartRetry: (.warn, "{peer} answered {status}, attempt {count} for user {user}")
    case .cartUpstream:
      (.error, "cart of user {user} not saved: {peer} answered {status} after {count} attempts")
    case .catalogServed: (.debug, "product {sku} read in {ms} ms")
    case .catalogSlow: (.warn, "product {sku} took {ms} ms")
    case .searchServed: (.info, "{count} hits in {ms} ms")
    case .searchShard: (.error, "shard {count} did not answer within 200 ms, result is partial")
    case .pricingServed: (.debug, "price of {sku} computed")
    case .inventoryServed: (.info, "reserved {count} of {sku}")
    case .inventoryPool: (.error, "connection pool exhausted: 64 of 64 in use, {count} waiting")
    case .recommendServed: (.info, "ranked {count} candidates for user {user}")
    case .recommendUpstream:
      (.error, "profile of user {user} not read: {peer} answered {status} after {ms} ms")
    case .paymentsStart: (.debug, "charging order {order}")
    case .paymentsServed: (.info, "order {order} charged in {ms} ms")
    case .paymentsToken: (.error, "card token invalid: tok_{token} has no prefix 'pm2', order {order}")
    case .paymentsDeclined: (.warn, "issuer declined order {order}: insufficient funds")
    case .fraudServed: (.info, "order {order} scored {count}")
    case .cardVaultServed: (.debug, "token tok_{token} resolved")
    case .ledgerServed: (.info, "entry for order {order} booked")
    case .ordersServed: (.debug, "INSERT orders 1 row in {ms} ms")
    case .usersServed: (.debug, "SELECT users 1 row in {ms} ms")
    case .usersTimeout: (.error, "statement timeout after {ms} ms: lock wait on users")
    case .usersFailover: (.warn, "replication lag {count} s, primary does not answer health checks")
    case .cacheServed: (.trace, "GET {sku} hit in {ms} ms")
    case .queueServed: (.info, "order.placed published to partition {count}")
    case .indexerBatch: (.info, "indexed {count} documents in {ms} ms")
    case .invoicesRun: (.info, "{count} invoices written")
    case .dnsServed: (.debug, "answered {count} queries, 0 failed")
    case .dnsRetry: (.warn, "upstream resolver slow, {ms} ms")
    case .ciRun: (.info, "pipeline {count} finished: {peer} {build}")
    case .saleServed: (.info, "receipt {order} printed")
    case .saleFailed: (.error, "sale {order} refused: {status}")
    case .saleHeartbeat: (.info, "terminal online, drawer closed")
    case .salePaper: (.error, "print queue stalled, {count} receipts wait")
    case .health: (.debug, "health check passed in {ms} ms")
    case .poolStats: (.info, "connection pool {count} of 64 in use")
    case .cacheStats: (.info, "hit ratio {count} %")
    case .certificate: (.info, "certificate valid for {count} more days")
    case .garbage: (.debug, "GC young pause {ms} ms")
    case .garbagePressure: (.warn, "GC full pause {ms} ms, heap {count} MiB of 2048 MiB after collection")
    case .outOfMemory: (.fatal, "java.lang.OutOfMemoryError: Java heap space, heap {count} MiB of 2048 MiB")
    case .killed: (.error, "container killed: OOM, exit code 137")
    case .started: (.info, "started {build} in {ms} ms")
    case .refused: (.error, "connection refused")
    case .deploy: (.info, "deploy {self} {build} to {region}, 2 pods replaced one by one")
    case .rollback: (.info, "rollback {self} to {build} in {region}")
    case .flag: (.info, "flag newcart on for 5 % of users")
    case .breakerOpen: (.warn, "circuit breaker for {peer} open after {count} failures")
    case .breakerClosed: (.info, "circuit breaker for {peer} closed")
    case .internalError: (.error, "unexpected end of response from {peer}, request dropped")
    case .slowCall: (.warn, "slow: {ms} ms, far more than usual")
    case .clockOffset: (.warn, "NTP: no server reachable, clock not synchronised")
    }
  }

  var severity: Severity { Self.severities[Int(rawValue)] }
  var pieces: [TemplatePiece] { Self.parsed[Int(rawValue)] }

  /// `deploy`, `rollback` or `flag`: what a change event carries in its field `kind`.
  var changeKind: String? {
    switch self {
    case .deploy: "deploy"
    case .rollback: "rollback"
    case .flag: "flag"
    default: nil
    }
  }

  private static let severities = allCases.map(\.definition.severity)
  private static let parsed = allCases.map { TemplatePiece.parse($0.definition.text) }
}

enum TemplateHole: String, Sendable {
  case route, user, status, ms, count, order, peer, sku, token, build, region, `self`
}

enum TemplatePiece: Sendable {
  case text([UInt8])
  case hole(TemplateHole)

  static func parse(_ text: String) -> [TemplatePiece] {
    var pieces: [TemplatePiece] = []
    var literal: [UInt8] = []
    var hole: [UInt8]?
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "{"):
        if !literal.isEmpty { pieces.append(.text(literal)) }
        literal = []
        hole = []
      case UInt8(ascii: "}"):
        let name = String(decoding: hole ?? [], as: UTF8.self)
        guard let known = TemplateHole(rawValue: name) else {
          preconditionFailure("no hole is called \(name)")
        }
        pieces.append(.hole(known))
        hole = nil
      default:
        if hole == nil { literal.append(byte) } else { hole?.append(byte) }
      }
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
    return pieces
  }
}
