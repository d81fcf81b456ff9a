/// The services of the simulated fleet, in tree order.
public enum FleetService: UInt8, CaseIterable, Hashable, Comparable, Sendable {
  case gateway, web, auth, push
  case checkout, cart, catalog, search, pricing, inventory, recommend
  case payments, fraud, cardVault, ledger
  case ordersDB, usersDB, cache, eventQueue
  case indexer, invoices
  case dns, ci
  case pos4411

  public static func < (left: FleetService, right: FleetService) -> Bool { left.rawValue < right.rawValue }

  /// `namespace/service`
  public var name: String { "\(namespace)/\(shortName)" }

  public var namespace: String {
    switch self {
    case .gateway, .web, .auth, .push: "edge"
    case .checkout, .cart, .catalog, .search, .pricing, .inventory, .recommend: "shop"
    case .payments, .fraud, .cardVault, .ledger: "payments"
    case .ordersDB, .usersDB, .cache, .eventQueue: "data"
    case .indexer, .invoices: "batch"
    case .dns, .ci: "infra"
    case .pos4411: "devices"
    }
  }

  /// The name without its namespace, as a deploy or a container is called.
  public var shortName: String {
    switch self {
    case .gateway: "gateway"
    case .web: "web"
    case .auth: "auth"
    case .push: "push"
    case .checkout: "checkout"
    case .cart: "cart"
    case .catalog: "catalog"
    case .search: "search"
    case .pricing: "pricing"
    case .inventory: "inventory"
    case .recommend: "recommend"
    case .payments: "payments"
    case .fraud: "fraud"
    case .cardVault: "card-vault"
    case .ledger: "ledger"
    case .ordersDB: "orders-db"
    case .usersDB: "users-db"
    case .cache: "cache"
    case .eventQueue: "event-queue"
    case .indexer: "indexer"
    case .invoices: "invoices"
    case .dns: "dns"
    case .ci: "ci"
    case .pos4411: "pos-4411"
    }
  }

  /// What runs in production before the scenario's first deploy.
  var firstBuild: UInt16 {
    self == .payments ? 417 : 20 + UInt16(rawValue) * 13
  }

  /// Copies per region; databases, batch jobs and devices have one.
  var podCount: Int {
    switch self {
    case .gateway, .web, .checkout, .search: 3
    case .auth, .cart, .catalog, .payments, .pricing, .inventory: 2
    default: 1
    }
  }

  /// Time of the service's own work for one call, without the calls it makes.
  var workUs: Int {
    switch self {
    case .gateway, .pricing, .eventQueue: 800
    case .cache: 300
    case .web, .auth, .cart, .catalog, .inventory, .cardVault: 3_000
    case .checkout, .fraud, .ledger, .ordersDB, .usersDB: 6_000
    case .search, .recommend: 14_000
    case .payments: 22_000
    default: 2_000
    }
  }
}

enum Region: UInt8, CaseIterable, Sendable {
  case euWest, usEast

  var name: String { self == .euWest ? "eu-west" : "us-east" }
}

/// One call of a request and the calls it makes, in order.
struct Call: Sendable {
  let service: FleetService
  let children: [Call]

  init(_ service: FleetService, _ children: [Call] = []) {
    self.service = service
    self.children = children
  }
}

/// What a user does, as the tree of calls it causes.
struct RequestFlow: Sendable {
  let route: Route
  /// Share among all requests.
  let permille: Int
  let root: Call

  static let all: [RequestFlow] = [
    RequestFlow(
      route: .browse, permille: 330,
      root: Call(
        .gateway,
        [Call(.web, [Call(.catalog, [Call(.cache), Call(.pricing)]), Call(.recommend, [Call(.usersDB)])])])),
    RequestFlow(
      route: .search, permille: 200, root: Call(.gateway, [Call(.search, [Call(.cache), Call(.catalog)])])),
    RequestFlow(
      route: .cart, permille: 180,
      root: Call(.gateway, [Call(.cart, [Call(.inventory), Call(.pricing), Call(.cache)])])),
    RequestFlow(route: .login, permille: 100, root: Call(.gateway, [Call(.auth, [Call(.usersDB)])])),
    RequestFlow(route: .checkout, permille: 170, root: Call(.gateway, [checkout])),
    RequestFlow(route: .sale, permille: 20, root: Call(.pos4411, [Call(.gateway, [checkout])])),
  ]

  private static let checkout = Call(
    .checkout,
    [
      Call(.cart, [Call(.pricing)]),
      Call(.inventory),
      Call(.payments, [Call(.fraud), Call(.cardVault), Call(.ledger, [Call(.ordersDB)])]),
      Call(.eventQueue),
    ])
}

enum Route: UInt8, CaseIterable, Sendable {
  case browse, search, cart, login, checkout, sale

  /// Method and path, as the gateway logs them.
  var text: String {
    switch self {
    case .browse: "GET /p"
    case .search: "GET /search"
    case .cart: "PUT /cart"
    case .login: "POST /login"
    case .checkout: "POST /checkout"
    case .sale: "POST /pos/sale"
    }
  }
}
