public import EventModel

/// Names a row of the service axis for as long as it means the same thing.
public enum RowKey: Hashable, Sendable {
  case service(ForeignText)
  /// Everything below `path/`, folded into one row.
  case branch(ForeignText)

  public var path: ForeignText {
    switch self {
    case .service(let path), .branch(let path): path
    }
  }
}

/// One row of the service axis.
public struct ServiceRow: Hashable, Sendable {
  public var key: RowKey
  /// The services summed in this row, in row order.
  public var services: [ServiceID]
}

/// The rows of the service axis, and where each service has gone.
struct ShownRows: Sendable {
  var rows: [ServiceRow]
  /// Services in all rows together.
  private(set) var serviceCount = 0
  /// By service number; -1 without a row.
  private var rowOfService: [Int32]
  private var rowOfBranch: [ForeignText: Int] = [:]

  /// - Parameter serviceCount: one more than the largest service number in the rows.
  init(_ rows: [ServiceRow], serviceCount: Int) {
    self.rows = rows
    rowOfService = Array(repeating: -1, count: serviceCount)
    for (index, row) in rows.enumerated() {
      self.serviceCount += row.services.count
      for service in row.services { rowOfService[service.index] = Int32(index) }
      if case .branch(let path) = row.key { rowOfBranch[path] = index }
    }
  }

  /// The row that the service is in.
  func index(of service: ServiceID) -> Int? {
    guard rowOfService.indices.contains(service.index), rowOfService[service.index] >= 0 else { return nil }
    return Int(rowOfService[service.index])
  }

  func index(ofBranch path: ForeignText) -> Int? { rowOfBranch[path] }
}

/// How rows are ordered.
public enum RowOrder: String, CaseIterable, Hashable, Sendable {
  /// The most errors first, then the most warnings, then the most events.
  case loudest
  /// By path, bytewise.
  case name
  /// The earliest error first; services without one by name.
  case earliest

  public var next: RowOrder {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}

extension ForeignText {
  /// `shop/eu` for `shop/eu/checkout`; `nil` at the top of the tree.
  public var parentPath: ForeignText? {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return nil }
    return ForeignText(bytes[..<slash])
  }

  /// Every path above this one, outermost first.
  var ancestorPaths: [ForeignText] {
    bytes.indices.filter { $0 > 0 && bytes[$0] == UInt8(ascii: "/") }.map { ForeignText(bytes[..<$0]) }
  }
}

/// Rows for `order`, with every service below a folded branch gathered in that branch's row.
func serviceRows(order: [ServiceID], names: ServiceTable, folded: Set<ForeignText>) -> [ServiceRow] {
  guard !folded.isEmpty else {
    return order.map { ServiceRow(key: .service(names[$0]), services: [$0]) }
  }
  var rows: [ServiceRow] = []
  var rowOfBranch: [ForeignText: Int] = [:]
  for id in order {
    let name = names[id]
    guard let branch = name.ancestorPaths.first(where: folded.contains) else {
      rows.append(ServiceRow(key: .service(name), services: [id]))
      continue
    }
    if let row = rowOfBranch[branch] {
      rows[row].services.append(id)
    } else {
      rowOfBranch[branch] = rows.count
      rows.append(ServiceRow(key: .branch(branch), services: [id]))
    }
  }
  return rows
}
