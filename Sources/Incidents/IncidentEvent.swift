public import EventModel

/// One log event of the fleet, kept as numbers; its texts are written on demand.
public struct IncidentEvent: Hashable, Sendable {
  /// As the service's own clock says.
  public var time: Timestamp
  /// 128 bits; both zero for an event outside any request.
  public var traceHigh: UInt64 = 0
  public var traceLow: UInt64 = 0
  /// 0 outside any request.
  public var span: UInt64 = 0
  /// The caller's span; 0 at the root of a trace.
  public var parentSpan: UInt64 = 0
  /// 0 when the event ends nothing.
  public var durationUs: UInt32 = 0
  /// HTTP or HTTP-like; 0 when there is none.
  public var status: UInt16 = 0
  public var service: FleetService
  public var severity: Severity
  /// The build that runs where the event was logged, `v418`.
  public var build: UInt16 = 0
  var template: LogTemplate
  var user: UInt32 = 0
  var order: UInt32 = 0
  var count: UInt32 = 0
  var peer: FleetService
  var route: Route = .browse
  var region: Region = .euWest
  var pod: UInt8 = 0
  /// Whether the scenario's root cause is why this was logged. Feeds the truth, never a log line.
  var isSymptom = false

  init(time: Timestamp, service: FleetService, template: LogTemplate) {
    self.time = time
    self.service = service
    self.template = template
    severity = template.severity
    peer = service
  }

  public var isInTrace: Bool { traceHigh != 0 || traceLow != 0 }

  /// 32 hexadecimal digits, `nil` outside any request.
  public var traceID: String? {
    isInTrace
      ? written {
        $0.hex(traceHigh); $0.hex(traceLow)
      } : nil
  }

  public var message: String { written { appendMessage(to: &$0) } }

  /// The pod, as `payments-7d4b9c6f5d-x2k7m`, `users-db-0` of a stateful set, or the device.
  public var host: String { written { appendHost(to: &$0) } }

  /// Everything else the event says, in the order it is written.
  public var fields: [IncidentField] {
    var fields: [IncidentField] = []
    forEachField { name, value in
      switch value {
      case .number(let number): fields.append(IncidentField(name: "\(name)", value: .number(number)))
      case .text(let write): fields.append(IncidentField(name: "\(name)", value: .text(written(write))))
      }
    }
    return fields
  }

  private func written(_ body: (inout TextBuffer) -> Void) -> String {
    var buffer = TextBuffer()
    body(&buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }
}

public struct IncidentField: Hashable, Sendable {
  public enum Value: Hashable, Sendable {
    case text(String)
    case number(Int)
  }

  public var name: String
  public var value: Value
}

extension IncidentEvent {
  enum FieldWriter {
    case number(Int)
    case text((inout TextBuffer) -> Void)
  }

  /// Calls `body` once a field that the event has, without building any text.
  func forEachField(_ body: (StaticString, FieldWriter) -> Void) {
    if isInTrace {
      body(
        "trace_id",
        .text {
          $0.hex(traceHigh); $0.hex(traceLow)
        })
      body("span_id", .text { $0.hex(span) })
      if parentSpan != 0 { body("parent_span_id", .text { $0.hex(parentSpan) }) }
    }
    body("host", .text { appendHost(to: &$0) })
    body("region", .text { $0.append(text: region.name) })
    body("build", .text { appendBuild(to: &$0) })
    if status != 0 { body("status", .number(Int(status))) }
    if durationUs != 0 { body("duration_us", .number(Int(durationUs))) }
    if user != 0 { body("user", .text { appendUser(to: &$0) }) }
    if order != 0 { body("order", .text { appendOrder(to: &$0) }) }
    if let kind = template.changeKind { body("kind", .text { $0.append(text: kind) }) }
  }

  func appendMessage(to buffer: inout TextBuffer) {
    for piece in template.pieces {
      switch piece {
      case .text(let bytes): buffer.append(bytes)
      case .hole(let hole): append(hole, to: &buffer)
      }
    }
  }

  func appendHost(to buffer: inout TextBuffer) {
    buffer.append(text: service.shortName)
    switch service.namespace {
    case "devices": return
    case "data": return buffer.append("-0")  // a stateful set's pods are counted
    default: break
    }
    // A deployment's replica set has ten characters, its pods five, of the letters that make no words.
    let replicaSet = (UInt64(build) << 8 | UInt64(service.rawValue)) &* 0x9e37_79b9_7f4a_7c15
    buffer.append("-")
    buffer.appendPodCharacters(10, of: replicaSet)
    buffer.append("-")
    buffer.appendPodCharacters(
      5, of: (replicaSet ^ UInt64(region.rawValue) << 4 ^ UInt64(pod)) &* 0xbf58_476d_1ce4_e5b9)
  }

  private func append(_ hole: TemplateHole, to buffer: inout TextBuffer) {
    switch hole {
    case .route: buffer.append(text: route.text)
    case .user: appendUser(to: &buffer)
    case .status: buffer.decimal(Int(status))
    case .ms:
      buffer.decimal(Int(durationUs / 1000))
      buffer.append(".")
      buffer.decimal(Int(durationUs / 100 % 10))
    case .count: buffer.decimal(Int(count))
    case .order: appendOrder(to: &buffer)
    case .peer: buffer.append(text: peer.shortName)
    case .sku:
      buffer.append("sku-")
      buffer.decimal(Int((span ^ traceLow) % 9_000) + 1_000)
    case .token: buffer.hex(traceLow &* 0x9e37_79b9_7f4a_7c15 | 1)
    case .build: appendBuild(to: &buffer)
    case .region: buffer.append(text: region.name)
    case .self: buffer.append(text: service.shortName)
    }
  }

  private func appendUser(to buffer: inout TextBuffer) {
    buffer.append("u-")
    buffer.decimal(Int(user), width: 5)
  }

  private func appendOrder(to buffer: inout TextBuffer) {
    buffer.append("o-")
    buffer.decimal(Int(order))
  }

  private func appendBuild(to buffer: inout TextBuffer) {
    buffer.append("v")
    buffer.decimal(Int(build))
  }
}

extension TextBuffer {
  /// Kubernetes's alphabet for generated names (apimachinery, `rand.SafeEncodeString`).
  private static let podAlphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

  fileprivate mutating func appendPodCharacters(_ count: Int, of number: UInt64) {
    var rest = number >> 8
    for _ in 0..<count {
      bytes.append(Self.podAlphabet[Int(rest % 27)])
      rest /= 27
    }
  }
}
