import Foundation
import Testing

@Suite("What is recorded")
struct RecordCommandTests {
  /// Sources written in several ways, so that what one needs to be read again is in the file.
  private static func sources() throws -> Scratch {
    let scratch = try Scratch()
    _ = try Program.shell(
      """
      "$TRIPTYCH" demo bad-deploy --write . && head -n 5000 bad-deploy.ndjson > deploy.ndjson
      """, in: scratch.folder)
    let java = (0..<3000).flatMap { number -> [String] in
      let time = String(format: "2026-11-23 03:07:%02d.%03d", number % 60, number % 1000)
      let isError = number % 7 == 0
      let first = "\(time) [main] \(isError ? "ERROR" : "INFO") com.shop.Cart - request \(number) failed"
      return isError
        ? [first, "java.lang.IllegalStateException: no", "\tat com.shop.Cart.pay(Cart.java:7)"] : [first]
    }
    try scratch.write("java.log", java)
    try scratch.write(
      "old.syslog",
      (0..<2000).map {
        "Dec 31 23:\(String(format: "%02d", $0 % 60)):01 host app[\($0)]: <warn> disk at \($0)"
      })
    try scratch.write(
      "odd.txt", ["zeit=2026-11-23T03:00:00Z was=los stufe=error", "zeit=2026-11-23T03:00:01Z was=x"])
    return scratch
  }

  @Test(arguments: [
    [["deploy.ndjson"]], [["java.log"]], [["old.syslog"]],
    [["deploy.ndjson", "java.log", "old.syslog"]],
    [["odd.txt", "--map", "time=zeit", "--map", "severity=stufe", "--map", "message=was"]],
    [["java.log", "--tz", "America/New_York"]],
  ])
  func `is counted and listed as the sources were`(words: [[String]]) throws {
    let scratch = try Self.sources()
    let recorded = try Program.run(["record"] + words[0] + ["-o", "a.mcap"], in: scratch.folder)
    #expect(recorded.status == 0, "\(recorded.errors)")
    for command in [["matrix"], ["events"], ["events", "--severity", "warn", "--limit", "20"]] {
      let before = try Program.run(command + words[0], in: scratch.folder)
      let after = try Program.run(command + ["a.mcap"], in: scratch.folder)
      #expect(before.status == 0 && after.status == 0, "\(after.errors)")
      #expect(before.output == after.output)
      #expect(!before.lines.isEmpty)
    }
  }

  @Test func `comes from compressed files, pipes and commands, and opens where they are not`() throws {
    let scratch = try Self.sources()
    let outcome = try Program.shell(
      """
      gzip -k deploy.ndjson
      cat java.log | "$TRIPTYCH" record - deploy.ndjson.gz --cmd 'cat old.syslog' -o sub.mcap
      mkdir elsewhere && mv sub.mcap elsewhere && cd elsewhere
      "$TRIPTYCH" sources sub.mcap --format json
      """, in: scratch.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let counts = try outcome.lines.map {
      let object = try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      return "\(object["source"] ?? "") \(object["format"] ?? "") \(object["events"] ?? 0)"
    }
    #expect(counts.count == 3)
    #expect(counts.contains("cat old.syslog syslog-3164 2000"))
    #expect(counts.contains { $0.hasPrefix("deploy.ndjson.gz ndjson ") })
    #expect(counts.contains { $0.hasPrefix("- ") && $0.hasSuffix(" 3000") })
  }

  @Test func `is never written over, and can be read by its owner only`() throws {
    let scratch = try Self.sources()
    #expect(try Program.run(["record", "java.log", "-o", "a.mcap"], in: scratch.folder).status == 0)
    let file = scratch.folder.appending(path: "a.mcap")
    let before = try Data(contentsOf: file)
    let again = try Program.run(["record", "old.syslog", "-o", "a.mcap"], in: scratch.folder)
    #expect(again.status == 3)
    #expect(again.errors.contains("never overwritten"))
    #expect(try Data(contentsOf: file) == before)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `says what could not be opened, and ends with 3 where nothing could`() throws {
    let scratch = try Self.sources()
    let some = try Program.run(["record", "java.log", "missing.log", "-o", "a.mcap"], in: scratch.folder)
    #expect(some.status == 0)
    #expect(some.errors.contains("missing.log"))
    let none = try Program.run(["record", "missing.log", "-o", "b.mcap"], in: scratch.folder)
    #expect(none.status == 3)
  }

  /// The file is closed in good order by a signal, and whole after a kill as far as it was saved.
  @Test(arguments: ["TERM", "INT", "HUP", "KILL"])
  func `goes on as a file grows, until a signal comes`(signal: String) throws {
    let scratch = try Scratch()
    let outcome = try Program.shell(
      """
      line() { echo "2026-11-23T03:07:$1Z ERROR shop: refused $1"; }
      for n in $(seq 10 29); do line $n; done > a.log
      "$TRIPTYCH" record a.log --follow -o a.mcap & pid=$!
      for i in $(seq 100); do sleep 0.1; [ -s a.mcap ] && break; done
      for n in $(seq 30 59); do line $n; done >> a.log
      for i in $(seq 100); do sleep 0.1; [ "$("$TRIPTYCH" matrix a.mcap 2>/dev/null | wc -l)" -gt 31 ] && break; done
      # What is in the file is vouched for with the next chunk.
      sleep 1.5
      kill -\(signal) $pid; wait $pid; echo "ended $?"
      "$TRIPTYCH" events a.mcap | wc -l
      "$TRIPTYCH" verify a.mcap; echo "verified $?"
      """, in: scratch.folder)
    let isKilled = signal == "KILL"
    #expect(outcome.lines.contains("ended \(isKilled ? 137 : 0)"), "\(outcome.errors)")
    #expect(outcome.lines.contains("50"))
    #expect(outcome.lines.contains("verified \(isKilled ? 1 : 0)"))
    if isKilled { #expect(outcome.output.contains("was never closed; verified up to 20")) }
  }

  @Test func `is said by info, and judged by verify`() throws {
    let scratch = try Self.sources()
    _ = try Program.run(["record", "java.log", "old.syslog", "-o", "a.mcap"], in: scratch.folder)
    let info = try Program.run(["info", "a.mcap"], in: scratch.folder)
    #expect(info.status == 0)
    #expect(info.output.contains("source 1: java.log") && info.output.contains("source 2: old.syslog"))
    #expect(info.output.contains("3000 events") && info.output.contains("2000 events"))
    #expect(info.output.contains("verified"))
    let sound = try Program.run(["verify", "a.mcap", "--format", "json"], in: scratch.folder)
    #expect(sound.status == 0)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(sound.output.utf8)) as? [String: Any])
    let key = try #require((object["keys"] as? [String])?.first)
    #expect(key.count == 64 && object["whole"] as? Bool == true)
    #expect(
      try Program.run(["verify", "a.mcap", "--key", String(key.prefix(16))], in: scratch.folder).status == 0)
    let stranger = String(repeating: key.hasPrefix("0") ? "1" : "0", count: 16)
    #expect(try Program.run(["verify", "a.mcap", "--key", stranger], in: scratch.folder).status == 1)
    var bytes = try Data(contentsOf: scratch.folder.appending(path: "a.mcap"))
    bytes[bytes.count / 2] ^= 1
    try scratch.write("b.mcap", bytes)
    let changed = try Program.run(["verify", "a.mcap", "b.mcap"], in: scratch.folder)
    #expect(changed.status == 1)
    #expect(changed.lines.first?.hasPrefix("a.mcap: verified") == true)
    #expect(changed.output.contains("b.mcap: NOT as it was signed"))
    #expect(try Program.run(["verify", "java.log"], in: scratch.folder).status == 3)
    #expect(try Program.run(["info", "missing.mcap"], in: scratch.folder).status == 3)
  }

  @Test func `lacks no more than a damaged part, which is a gap and no silence`() throws {
    let scratch = try Self.sources()
    _ = try Program.run(["record", "deploy.ndjson", "-o", "a.mcap"], in: scratch.folder)
    let whole = try Program.run(["events", "a.mcap"], in: scratch.folder)
    var bytes = try Data(contentsOf: scratch.folder.appending(path: "a.mcap"))
    bytes[bytes.count / 2] ^= 1
    try scratch.write("b.mcap", bytes)
    let rest = try Program.run(["events", "b.mcap"], in: scratch.folder)
    #expect(rest.status == 0)
    #expect(rest.errors.contains("b.mcap: byte "))
    #expect(rest.lines.count < whole.lines.count && rest.lines.count > whole.lines.count / 4)
    #expect(Set(rest.lines).isSubset(of: Set(whole.lines)))
    try scratch.write("c.mcap", bytes.prefix(bytes.count * 2 / 3))
    let cut = try Program.run(["events", "c.mcap"], in: scratch.folder)
    #expect(cut.status == 0 && !cut.lines.isEmpty)
    #expect(Set(cut.lines).isSubset(of: Set(whole.lines)))
  }

  @Test func `is signed by one key, which others must not be able to read`() throws {
    let scratch = try Self.sources()
    let data = ["XDG_DATA_HOME": scratch.folder.appending(path: "data").path]
    for name in ["a.mcap", "b.mcap"] {
      #expect(
        try Program.run(["record", "java.log", "-o", name], in: scratch.folder, environment: data).status == 0
      )
    }
    let keys = try ["a.mcap", "b.mcap"].map { name in
      try Program.run(["verify", name], in: scratch.folder).lines.first { $0.contains("by key") }
    }
    #expect(keys[0] != nil && keys[0] == keys[1])
    let key = scratch.folder.appending(path: "data/triptych/recorder.key").path
    #expect(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int == 0o600)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
    let open = try Program.run(["record", "java.log", "-o", "c.mcap"], in: scratch.folder, environment: data)
    #expect(open.status == 3)
    #expect(open.errors.contains("recorder.key") && open.errors.contains("chmod 600"))
    #expect(!FileManager.default.fileExists(atPath: scratch.folder.appending(path: "c.mcap").path))
  }

  @Test func `is cut to a span of time, with every event of it, signed and with its origin`() throws {
    let scratch = try Self.sources()
    _ = try Program.run(["record", "deploy.ndjson", "java.log", "-o", "a.mcap"], in: scratch.folder)
    let all = try Program.run(["matrix", "a.mcap", "--bucket", "10s"], in: scratch.folder).lines.dropFirst()
    let times = all.compactMap { $0.split(separator: ",").first.map(String.init) }
    let (from, to) = (times[times.count / 3], times[times.count / 2])
    #expect(from < to)
    let words = ["--from", from, "--to", to]
    let cut = try Program.run(["cut", "a.mcap", "-o", "b.mcap"] + words, in: scratch.folder)
    #expect(cut.status == 0, "\(cut.errors)")
    for command in [["matrix", "--bucket", "10s"], ["events"]] {
      let before = try Program.run(command + ["a.mcap"] + words, in: scratch.folder)
      let after = try Program.run(command + ["b.mcap"] + words, in: scratch.folder)
      #expect(before.output == after.output && before.lines.count > 1)
    }
    let sizes = try ["a.mcap", "b.mcap"].map {
      try Data(contentsOf: scratch.folder.appending(path: $0)).count
    }
    #expect(sizes[1] < sizes[0])
    let info = try Program.run(["info", "b.mcap"], in: scratch.folder)
    #expect(info.output.contains("verified: ") && info.output.contains("/origin: 1"))
    let again = try Program.run(["cut", "a.mcap", "-o", "b.mcap"] + words, in: scratch.folder)
    #expect(again.status == 3 && again.errors.contains("never overwritten"))
    #expect(try Program.run(["cut", "java.log", "-o", "c.mcap"], in: scratch.folder).status == 3)
    #expect(
      try Program.run(["cut", "a.mcap", "-o", "c.mcap", "--from", to, "--to", from], in: scratch.folder)
        .status == 2)
  }

  @Test func `is cut by times of the day it ends on, and says where it is when nothing lies there`() throws {
    let scratch = try Self.sources()
    _ = try Program.run(["record", "java.log", "-o", "a.mcap"], in: scratch.folder)
    let all = try Program.run(["matrix", "a.mcap", "--bucket", "1s"], in: scratch.folder).lines.dropFirst()
    let last = try #require(all.last?.split(separator: ",").first.map(String.init))
    let clock = try #require(last.split(separator: "T").last).prefix(8)
    func cut(_ words: [String], into name: String) throws -> (output: String, errors: String) {
      let run = try Program.run(
        ["cut", "a.mcap", "--tz", "UTC", "-o", name] + words, in: scratch.folder)
      return (run.output, run.errors)
    }
    let dated = try cut(["--from", last], into: "b.mcap")
    let undated = try cut(["--from", String(clock)], into: "c.mcap")
    #expect(dated.output.dropFirst("b.mcap".count) == undated.output.dropFirst("c.mcap".count))
    #expect(!undated.output.contains(" 0 events"))
    let nothing = try cut(["--from", "2001-01-01", "--to", "2001-01-02"], into: "d.mcap")
    #expect(nothing.output.contains(" 0 events") && nothing.errors.contains("go from 2026-11-23T03:07:00"))
  }
}
