internal import EventModel

/// What an outer prefix says about the line inside it.
struct WrappedLine {
  var line: ByteSlice
  var timeNs: Int64?
  /// The prefix states a time for which there are no nanoseconds.
  var isTimeOutOfRange = false
  var service: ByteSlice?
  /// Tells streams apart that were mixed into one file: a line continues only its own.
  var stream: UInt64 = 0
  /// What else the prefix names: fields of the event.
  var pod: ByteSlice?
  var container: ByteSlice?
  var output: ByteSlice?
  /// The container runtime cut the line; the next one of the stream goes on.
  var isPartial = false

  init(_ line: ByteSlice) { self.line = line }
}

/// Takes prefixes off that tools put before the lines of others.
enum Wrapper {
  /// - Returns: false when the line has no such prefix.
  static func unwrap(
    _ wrapping: LogLayout.Wrapping, _ wrapped: inout WrappedLine, _ times: inout TimeReader
  ) -> Bool {
    switch wrapping {
    case .kubectlPrefix: kubectlPrefix(&wrapped)
    case .dockerCompose: dockerCompose(&wrapped)
    case .stern: stern(&wrapped)
    case .cri: cri(&wrapped, &times)
    case .kubectlTimestamps: timestamp(&wrapped, &times)
    // Its line has to be unescaped first: see `LogDecoder.unwrapDocker`.
    case .dockerJSON: false
    }
  }

  /// `[pod/NAME/CONTAINER] line`.
  private static func kubectlPrefix(_ wrapped: inout WrappedLine) -> Bool {
    let line = wrapped.line
    let start = skippingColour(line.start, line.end)
    guard ByteSlice(start, line.end).hasPrefix("[pod/"), let close = ByteSlice(start, line.end).first(0x5d),
      close - start <= 512, let slash = ByteSlice(start + 5, close).first(0x2f), close - slash > 1
    else { return false }
    wrapped.pod = ByteSlice(start + 5, slash)
    wrapped.take(service: ByteSlice(slash + 1, close), prefix: ByteSlice(start, close), rest: close + 1)
    return true
  }

  /// `web-1  | line`; the number of the replica is no part of the service.
  private static func dockerCompose(_ wrapped: inout WrappedLine) -> Bool {
    let end = wrapped.line.end
    let start = skippingColour(wrapped.line.start, end)
    var place = start
    while place < end, place[0].isWord || place[0] == 0x2d || place[0] == 0x2e { place += 1 }
    let name = ByteSlice(start, place)
    place = skippingBlanks(place, end)
    guard !name.isEmpty, name.count <= 256, place > name.end, place < end, place[0] == 0x7c else {
      return false
    }
    place = skippingColour(place + 1, end)
    wrapped.container = name
    wrapped.take(service: withoutReplica(name), prefix: name, rest: place)
    return true
  }

  private static func withoutReplica(_ name: ByteSlice) -> ByteSlice {
    var place = name.end
    while place > name.start, place[-1].isDigit { place -= 1 }
    guard place < name.end, place - name.start >= 2, place[-1] == 0x2d || place[-1] == 0x5f else {
      return name
    }
    return ByteSlice(name.start, place - 1)
  }

  /// `POD CONTAINER line`.
  private static func stern(_ wrapped: inout WrappedLine) -> Bool {
    let end = wrapped.line.end
    let podStart = skippingColour(wrapped.line.start, end)
    let podEnd = nameEnd(podStart, end)
    let containerStart = skippingColour(skippingOneBlank(skippingColour(podEnd, end), end), end)
    let containerEnd = nameEnd(containerStart, end)
    let rest = skippingColour(containerEnd, end)
    guard podEnd > podStart, containerEnd > containerStart, containerStart > podEnd,
      rest == end || rest[0] == 0x20
    else { return false }
    wrapped.pod = ByteSlice(podStart, podEnd)
    wrapped.take(
      service: ByteSlice(containerStart, containerEnd), prefix: ByteSlice(podStart, containerEnd), rest: rest)
    return true
  }

  /// After a name as Kubernetes allows it: lower-case letters, digits, `-` and `.`.
  private static func nameEnd(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
    var place = start
    while place < end, place[0].isLower || place[0].isDigit || place[0] == 0x2d || place[0] == 0x2e {
      place += 1
    }
    return place - start <= 253 ? place : start
  }

  private static func skippingOneBlank(_ start: BytePointer, _ end: BytePointer) -> BytePointer {
    start < end && start[0] == 0x20 ? start + 1 : start
  }

  /// `TIME stdout F line`, as container runtimes write under /var/log/pods.
  private static func cri(_ wrapped: inout WrappedLine, _ times: inout TimeReader) -> Bool {
    let end = wrapped.line.end
    guard let found = times.leading(wrapped.line.start, end), found.isZoned else { return false }
    let rest = ByteSlice(found.end, end)
    guard rest.hasPrefix(" stdout ") || rest.hasPrefix(" stderr "), rest.count >= 9,
      rest.start[8] == 0x46 || rest.start[8] == 0x50, rest.count == 9 || rest.start[9] == 0x20
    else { return false }
    wrapped.take(found)
    wrapped.isPartial = rest.start[8] == 0x50
    wrapped.output = ByteSlice(rest.start + 1, rest.start + 7)
    wrapped.line = ByteSlice(min(rest.start + 10, end), end)
    return true
  }

  /// `TIME line`, the time with a zone.
  private static func timestamp(_ wrapped: inout WrappedLine, _ times: inout TimeReader) -> Bool {
    let line = wrapped.line
    guard line.count >= 20, line.start[4] == 0x2d, let found = times.leading(line.start, line.end),
      found.isZoned,
      found.end == line.end || found.end[0] == 0x20
    else { return false }
    wrapped.take(found)
    wrapped.line = ByteSlice(skippingOneBlank(found.end, line.end), line.end)
    return true
  }
}

extension WrappedLine {
  fileprivate mutating func take(_ found: FoundTime) {
    timeNs = found.isInRange ? found.nanoseconds : nil
    isTimeOutOfRange = !found.isInRange
  }

  fileprivate mutating func take(service: ByteSlice, prefix: ByteSlice, rest: BytePointer) {
    self.service = service
    line = ByteSlice(rest < line.end && rest[0] == 0x20 ? rest + 1 : rest, line.end)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var place = prefix.start
    while place < prefix.end {
      hash = (hash ^ UInt64(place[0])) &* 0x100_0000_01b3
      place += 1
    }
    stream = hash
  }
}
