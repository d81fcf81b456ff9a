public import EventModel

/// What really happened in a scenario.
public struct GroundTruth: Hashable, Sendable {
  public enum Fault: String, Hashable, Sendable {
    case badDeploy = "bad-deploy"
    case dependencyTimeout = "dependency-timeout"
    case retryStorm = "retry-storm"
    case memoryLeak = "memory-leak"
    case clockSkew = "clock-skew"
  }

  /// A deploy, rollback or flag, whether or not it did any harm.
  public struct Change: Hashable, Sendable {
    public var time: Timestamp
    /// As the event's field `kind` says: `deploy`, `rollback`, `flag`.
    public var kind: String
    public var service: FleetService
    public var build: UInt16
    public var isRootCause: Bool
  }

  /// Something that looks guilty and is not.
  public struct Decoy: Hashable, Sendable {
    public var service: FleetService
    public var reason: String
  }

  public struct AffectedService: Hashable, Sendable {
    public var service: FleetService
    /// Its first event at warn or worse that the root cause explains, on its own clock.
    public var onset: Timestamp
  }

  /// `nil` when nothing is wrong; then `rootCause`, `onset` and `end` are `nil` and `affected` is empty.
  public var fault: Fault?
  public var rootCause: FleetService?
  /// The first and the last symptom anywhere, `end` one nanosecond after it.
  public var onset: Timestamp?
  public var end: Timestamp?
  /// By time.
  public var changes: [Change]
  public var decoys: [Decoy]
  /// By onset.
  public var affected: [AffectedService]
  /// How far ahead the device's clock is.
  public var clockAheadNs: Int64
}

extension GroundTruth {
  init(of script: IncidentScript, events: [IncidentEvent]) {
    fault = script.fault
    rootCause = script.rootCause
    decoys = script.decoys
    clockAheadNs = script.clockAheadNs
    changes = []
    affected = []
    var seen: Set<FleetService> = []
    for event in events {
      if let kind = event.template.changeKind {
        let isRootCause =
          script.guiltyBuild.map { $0 == event.build && event.service == script.rootCause } ?? false
        changes.append(
          Change(
            time: event.time, kind: kind, service: event.service, build: event.build,
            isRootCause: isRootCause && kind == "deploy"))
      }
      guard event.isSymptom, event.severity >= .warn else { continue }
      onset = min(onset ?? event.time, event.time)
      end = max(end ?? event.time, event.time.advanced(byNanoseconds: 1))
      guard seen.insert(event.service).inserted else { continue }
      affected.append(AffectedService(service: event.service, onset: event.time))
    }
    affected.sort { ($0.onset, $0.service) < ($1.onset, $1.service) }
  }
}

extension Incident {
  /// The ground truth as one JSON object, for `triptych demo --write` and for whoever scores an answer.
  public var truthJSON: String {
    var buffer = TextBuffer()
    buffer.append("{\n  \"scenario\": ")
    buffer.json(scenario.name.utf8)
    buffer.append(",\n  \"title\": ")
    buffer.json(scenario.title.utf8)
    buffer.append(",\n  \"seed\": ")
    buffer.append(text: String(seed))
    buffer.append(",\n  \"start\": ")
    buffer.time(range.start)
    buffer.append(",\n  \"end\": ")
    buffer.time(range.end)
    buffer.append(",\n  \"event_count\": ")
    buffer.decimal(events.count)
    appendFault(to: &buffer)
    buffer.list("affected", truth.affected) { buffer, affected in
      buffer.append("{\"service\": ")
      buffer.json(affected.service.name.utf8)
      buffer.append(", \"onset\": ")
      buffer.time(affected.onset)
      buffer.append("}")
    }
    buffer.list("changes", truth.changes) { buffer, change in
      buffer.append("{\"time\": ")
      buffer.time(change.time)
      buffer.append(", \"kind\": ")
      buffer.json(change.kind.utf8)
      buffer.append(", \"service\": ")
      buffer.json(change.service.name.utf8)
      buffer.append(", \"build\": \"v")
      buffer.decimal(Int(change.build))
      buffer.append(change.isRootCause ? "\", \"root_cause\": true}" : "\", \"root_cause\": false}")
    }
    buffer.list("decoys", truth.decoys) { buffer, decoy in
      buffer.append("{\"service\": ")
      buffer.json(decoy.service.name.utf8)
      buffer.append(", \"reason\": ")
      buffer.json(decoy.reason.utf8)
      buffer.append("}")
    }
    buffer.append("\n}\n")
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  private func appendFault(to buffer: inout TextBuffer) {
    buffer.append(",\n  \"fault\": ")
    if let fault = truth.fault { buffer.json(fault.rawValue.utf8) } else { buffer.append("null") }
    buffer.append(",\n  \"root_cause_service\": ")
    if let cause = truth.rootCause { buffer.json(cause.name.utf8) } else { buffer.append("null") }
    buffer.append(",\n  \"fault_start\": ")
    if let onset = truth.onset { buffer.time(onset) } else { buffer.append("null") }
    buffer.append(",\n  \"fault_end\": ")
    if let end = truth.end { buffer.time(end) } else { buffer.append("null") }
    buffer.append(",\n  \"clock_ahead_ns\": ")
    buffer.decimal(Int(truth.clockAheadNs))
  }
}

extension TextBuffer {
  fileprivate mutating func time(_ time: Timestamp) {
    append("\"")
    rfc3339(time)
    append("\"")
  }

  fileprivate mutating func list<Element>(
    _ name: StaticString, _ elements: [Element], _ write: (inout TextBuffer, Element) -> Void
  ) {
    append(",\n  \"")
    append(name)
    append("\": [")
    for (index, element) in elements.enumerated() {
      append(index == 0 ? "\n    " : ",\n    ")
      write(&self, element)
    }
    append(elements.isEmpty ? "]" : "\n  ]")
  }
}
