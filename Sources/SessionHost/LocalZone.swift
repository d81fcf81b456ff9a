public import EventModel
internal import Glibc

/// Time zones of this machine.
public enum LocalZone {
  /// The zone of this process: `TZ`, else the machine's; UTC where neither says anything that can be read.
  public static let ofProcess: TimeZoneRules = {
    guard let variable = getenv("TZ") else { return read("/etc/localtime", name: machineZoneName) ?? .utc }
    let name = String(cString: variable).drop { $0 == ":" }
    return named(name.isEmpty ? "UTC" : String(name)) ?? .utc
  }()

  /// The zone that the zone database calls `name`, or in the file of that absolute path; `nil` when there is none.
  public static func named(_ name: String) -> TimeZoneRules? {
    if name == "UTC" { return .utc }
    if name.hasPrefix("/") { return read(name, name: name) }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
    return read(databasePath + name, name: name)
  }

  private static let databasePath = "/usr/share/zoneinfo/"
  /// Larger than any zone there is (a few KiB).
  private static let fileSizeLimit = 1 << 20

  /// `Europe/Berlin` where `/etc/localtime` is a link into the database.
  private static var machineZoneName: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/etc/localtime", &buffer, buffer.count)
    let target = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let database = Array("zoneinfo/".utf8)
    guard let start = target.indices.first(where: { target[$0...].starts(with: database) }) else {
      return "local"
    }
    return String(decoding: target[(start + database.count)...], as: UTF8.self)
  }

  private static func read(_ path: String, name: String) -> TimeZoneRules? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    // Most zones are smaller than the first piece.
    var piece = [UInt8](repeating: 0, count: 4096)
    while bytes.count < fileSizeLimit {
      let count = fread(&piece, 1, piece.count, file)
      bytes += piece[..<count]
      if count < piece.count { break }
    }
    return TimeZoneRules(tzif: bytes, name: name)
  }
}
