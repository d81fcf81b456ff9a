internal import EventModel
internal import Glibc

/// What names of files tell, and how to find the one that was meant.
enum PathNaming {
  /// The last part of a path.
  static func lastPart(of path: ForeignText) -> ForeignText {
    let parts = path.bytes.split(separator: UInt8(ascii: "/"))
    return parts.last.map { ForeignText($0) } ?? path
  }

  /// The service of records that name none: the file's name without `.gz`, rotation numbers, dates and `.log`.
  static func defaultService(ofFile path: ForeignText) -> ForeignText {
    let name = lastPart(of: path)
    var parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    while parts.count > 1, let last = parts.last, isSuffix(last) { parts.removeLast() }
    var stem = Array(parts.joined(separator: [UInt8(ascii: ".")]))
    if let dash = stem.lastIndex(of: UInt8(ascii: "-")), dash > 0, isDate(stem[(dash + 1)...]) {
      stem.removeSubrange(dash...)
    }
    if stem.hasSuffix(".log") { stem.removeLast(4) }
    return stem.isEmpty ? name : ForeignText(bytes: stem)
  }

  /// The command's own name: the first word that is not `NAME=VALUE`, without its folder.
  static func defaultService(ofCommand command: String) -> ForeignText {
    let words = command.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" })
    let word = words.first { !$0.contains("=") || $0.hasPrefix("/") } ?? words.first ?? "command"
    return lastPart(of: ForeignText(String(word)))
  }

  private static let suffixes: Set<String> = [
    "gz", "zst", "log", "txt", "out", "err", "json", "jsonl", "ndjson", "old",
  ]

  private static func isSuffix(_ part: some Collection<UInt8>) -> Bool {
    suffixes.contains(String(decoding: part, as: UTF8.self).lowercased()) || isDate(part)
  }

  /// Digits and dashes only: `1`, `20261123`, `2026-11-23`.
  private static func isDate(_ part: some Collection<UInt8>) -> Bool {
    !part.isEmpty && part.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: "-") }
  }

  /// For a path that does not exist: the first part that is missing, and the nearest name beside it.
  static func missingPart(of path: ForeignText) -> (missing: ForeignText, nearest: ForeignText?) {
    let isAbsolute = path.bytes.first == UInt8(ascii: "/")
    var known: [UInt8] = isAbsolute ? [UInt8(ascii: "/")] : []
    for part in path.bytes.split(separator: UInt8(ascii: "/")) {
      var next = known
      if let last = next.last, last != UInt8(ascii: "/") { next.append(UInt8(ascii: "/")) }
      next += part
      if FileStatus(path: ForeignText(bytes: next), followsLinks: false) == nil {
        let folder = known.isEmpty ? ForeignText(".") : ForeignText(bytes: known)
        let nearest = nearestName(to: Array(part), in: folder)
        return (ForeignText(bytes: next), nearest)
      }
      known = next
    }
    return (path, nil)
  }

  private static func nearestName(to name: [UInt8], in folder: ForeignText) -> ForeignText? {
    guard let names = try? Folder.names(in: folder).prefix(10_000) else { return nil }
    let wanted = ForeignText(bytes: name).repaired
    if let found = EventModel.nearestName(to: wanted, in: names.map(\.repaired)) {
      return names.first { $0.repaired == found }
    }
    // A rotated or compressed neighbour, or a name that was not finished.
    return names.first { $0.bytes.starts(with: name) || name.starts(with: $0.bytes) }
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ text: String) -> Bool { reversed().starts(with: text.utf8.reversed()) }
}

/// A directory's names.
enum Folder {
  /// Names in byte order, without `.` and `..`.
  static func names(in folder: ForeignText) throws(SystemError) -> [ForeignText] {
    guard let handle = folder.withPath({ opendir($0) }) else { throw SystemError(code: errno) }
    defer { closedir(handle) }
    var names: [ForeignText] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { ForeignText($0.prefix { $0 != 0 }) }
      if name != ForeignText("."), name != ForeignText("..") { names.append(name) }
    }
    return names.sorted()
  }

  static func path(_ folder: ForeignText, _ name: ForeignText) -> ForeignText {
    let needsSlash = folder.bytes.last != UInt8(ascii: "/")
    return ForeignText(bytes: folder.bytes + (needsSlash ? [UInt8(ascii: "/")] : []) + name.bytes)
  }
}
