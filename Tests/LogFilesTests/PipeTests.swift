import EventModel
import Foundation
import LogFiles
import Testing

@Suite struct `Pipes and commands` {
  let place = Workplace()

  @Test func `a FIFO gives the same columns as the file, and its raw events come from the spool`() throws {
    try place.write(lines(0..<20_000), "app.log")
    try place.run("mkfifo pipe")
    let opened = Opened(place("pipe")) { $0.spoolDirectory = place("spool") }
    try place.run("cat app.log > pipe")
    #expect(opened.read().problems == [])
    #expect(opened.counts() == truth(0..<20_000))
    #expect(opened.sources.statuses.first?.state == .ended)
    let answer = opened.sources.events(matching: RawQuery(limit: 3))
    #expect(answer.events.map(\.text) == (19_997..<20_000).map { "request \($0) done" })
    #expect(opened.sources.events(matching: RawQuery()).events.count == 20_000)
    // The spool has no name.
    #expect(try FileManager.default.contentsOfDirectory(atPath: place("spool")) == [])
  }

  @Test func `a pipe of gzip bytes is unpacked on the way`() throws {
    try place.write(lines(0..<20_000), "app.log")
    let opened = Opened([
      .command("gzip -c '\(place("app.log"))'"), .command("zstd -c '\(place("app.log"))'"),
    ])
    #expect(opened.read().problems.filter { $0.detail == nil } == [])
    #expect(opened.counts(0) == truth(0..<20_000))
    #expect(opened.counts(1) == truth(0..<20_000))
    #expect(opened.sources.statuses.map(\.compression) == ["gzip", "zstd"])
  }

  @Test func `a command that fails says so with what it wrote to standard error`() {
    let opened = Opened([
      .command("echo 'no such pod' >&2; exit 3"), .command("/does/not/exist"), .command("true"),
    ])
    let state = opened.read()
    let told = state.problems.map(\.description)
    #expect(told.contains { $0.contains("it says on standard error: no such pod") })
    #expect(told.contains { $0.contains("the command ended with exit status 3") })
    #expect(told.contains { $0.contains("the command was not found (exit status 127)") })
    #expect(told.contains("true: nothing came from it"))
  }

  @Test func `events of a live command come at once and closing kills its whole group`() throws {
    let command = "echo $$ > '\(place("pid"))'; cat '\(place("app.log"))'; sleep 1000 & sleep 1000; wait"
    try place.write(lines(0..<10), "app.log")
    let opened = Opened([.command(command)])
    #expect(opened.recorder.waitForEvents(10))
    #expect(!opened.sources.waitUntilRead(timeoutMs: 50))
    let pid = try #require(
      Int32(String(contentsOfFile: place("pid"), encoding: .utf8).trimmingCharacters(in: .newlines)))
    #expect(livingCount(inGroup: pid) >= 3)
    opened.sources.close()
    #expect(livingCount(inGroup: pid) == 0)
  }

  /// Processes of a group that are not zombies.
  private func livingCount(inGroup group: Int32) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.count { name in
      guard Int32(name) != nil, let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
      else { return false }
      // After the name in parentheses: state, parent, group.
      let words = stat.split(separator: ")").last?.split(separator: " ") ?? []
      return words.count > 2 && words[0] != "Z" && words[2] == "\(group)"
    }
  }

  @Test func `a slow pipe is cut at any byte and counts the same`() throws {
    try place.run("mkfifo pipe")
    let opened = Opened(place("pipe"))
    let text = Array(lines(0..<60).utf8)
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: place("pipe")))
    for start in stride(from: 0, to: text.count, by: 97) {
      try writer.write(contentsOf: Data(text[start..<min(text.count, start + 97)]))
      if start % 970 == 0 { usleep(60_000) }
    }
    try writer.close()
    _ = opened.read()
    #expect(opened.counts() == truth(0..<60))
  }

  @Test func `an inherited pipe whose writer is gone already is read and ends`() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(lines(0..<20).utf8))
    try pipe.fileHandleForWriting.close()
    let empty = Pipe()
    try empty.fileHandleForWriting.close()
    let opened = Opened(
      "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)",
      "/dev/fd/\(empty.fileHandleForReading.fileDescriptor)")
    _ = opened.read()
    #expect(opened.counts() == truth(0..<20))
  }

  @Test func `a socket is read like a pipe`() throws {
    let server = Process()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    server.arguments = [
      "python3", "-c",
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1)
      c, _ = s.accept(); c.sendall(open(sys.argv[2], 'rb').read()); c.close()
      """, place("socket"), place("app.log"),
    ]
    try place.write(lines(0..<500), "app.log")
    try server.run()
    for _ in 0..<400 where !FileManager.default.fileExists(atPath: place("socket")) { usleep(10_000) }
    usleep(50_000)
    let opened = Opened(place("socket"))
    _ = opened.read()
    server.waitUntilExit()
    #expect(opened.counts() == truth(0..<500))
  }

  @Test func `a followed FIFO goes on with its next writer`() throws {
    try place.run("mkfifo pipe")
    let opened = Opened(place("pipe")) { $0.follows = true }
    try place.write(lines(0..<100), "first")
    try place.write(lines(100..<200), "second")
    try place.run("cat first > pipe")
    #expect(opened.recorder.waitForEvents(100))
    try place.run("cat second > pipe")
    #expect(opened.recorder.waitForEvents(200))
    #expect(opened.counts() == truth(0..<200))
  }

  @Test func `a full spool drops its oldest events and says so; counts stay`() throws {
    // Random messages do not compress: about 40 MB of them against a ring of 1 MiB.
    let script = """
      head -c 6000000 /dev/urandom | base64 -w 200 | awk '{printf "{\\"ts\\":%d,\\"service\\":\\"s\\",\\"msg\\":\\"%s\\"}\\n", 1790000000+NR, $0}'
      """
    let opened = Opened([.command(script)]) {
      $0.spoolDirectory = place("spool")
      $0.spoolLimit = 1 << 20
    }
    #expect(opened.read().problems == [])
    #expect(opened.recorder.eventCount == 40_000)
    let answer = opened.sources.events(matching: RawQuery())
    #expect(!answer.isExact)
    #expect(answer.missing.map(\.reason) == [.evicted])
    let missingCount = answer.missing.reduce(0) { $0 + $1.eventCount }
    #expect(answer.events.count + missingCount == 40_000)
    #expect(answer.events.count > 1000)
    #expect(answer.events.last?.time == Timestamp(seconds: 1_790_040_000))
  }
}
