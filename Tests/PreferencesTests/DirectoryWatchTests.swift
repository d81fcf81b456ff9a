import Foundation
import Preferences
import Synchronization
import Testing

@Suite struct `A watch of directories` {
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "watch-\(UUID().uuidString.prefix(8))")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  /// True when the watch told of a change within two seconds.
  private func tells(in folder: Folder, of change: () throws -> Void) throws -> Bool {
    let changed = DispatchSemaphore(value: 0)
    let path = folder.url.path
    let watch = DirectoryWatch(
      paths: { [path, path + "/themes"] },
      onChange: {
        changed.signal()
        return false
      })
    #expect(watch != nil)
    try change()
    let told = changed.wait(timeout: .now() + 2) == .success
    withExtendedLifetime(watch) {}
    return told
  }

  @Test func `tells when a file was written, replaced or removed`() throws {
    let folder = try Folder()
    let file = folder.url.appending(path: "mine.toml")
    #expect(try tells(in: folder) { try "a".write(to: file, atomically: false, encoding: .utf8) })
    #expect(try tells(in: folder) { try "b".write(to: file, atomically: true, encoding: .utf8) })
    #expect(try tells(in: folder) { try FileManager.default.removeItem(at: file) })
  }

  @Test func `tells of files in a directory that was not there when it began`() throws {
    let folder = try Folder()
    let changed = DispatchSemaphore(value: 0)
    let path = folder.url.path
    let watch = DirectoryWatch(
      paths: { [path, path + "/themes"] },
      onChange: {
        changed.signal()
        return false
      })
    #expect(watch != nil)
    try FileManager.default.createDirectory(atPath: path + "/themes", withIntermediateDirectories: false)
    #expect(changed.wait(timeout: .now() + 2) == .success)
    try "a".write(toFile: path + "/themes/mine.toml", atomically: false, encoding: .utf8)
    #expect(changed.wait(timeout: .now() + 2) == .success)
    withExtendedLifetime(watch) {}
  }

  /// A link is whole the moment it is there: nothing else comes that would tell of it.
  @Test func `tells of a link that is made, of either kind`() throws {
    let folder = try Folder()
    let elsewhere = try Folder()
    let target = elsewhere.url.appending(path: "checkout.toml")
    try "a".write(to: target, atomically: false, encoding: .utf8)
    let manager = FileManager.default
    let soft = folder.url.appending(path: "soft.toml")
    let hard = folder.url.appending(path: "hard.toml")
    #expect(try tells(in: folder) { try manager.createSymbolicLink(at: soft, withDestinationURL: target) })
    #expect(try tells(in: folder) { try manager.linkItem(at: target, to: hard) })
  }

  @Test func `tells of a file that was written under another of its names`() throws {
    let folder = try Folder()
    let elsewhere = try Folder()
    let target = elsewhere.url.appending(path: "checkout.toml")
    try "a".write(to: target, atomically: false, encoding: .utf8)
    let path = folder.url.path
    let mine = folder.url.appending(path: "mine.toml")
    try FileManager.default.linkItem(at: target, to: mine)
    let changed = DispatchSemaphore(value: 0)
    let watch = DirectoryWatch(
      paths: { [path, mine.path] },
      onChange: {
        changed.signal()
        return false
      })
    try "b".write(to: target, atomically: false, encoding: .utf8)
    #expect(changed.wait(timeout: .now() + 2) == .success)
    withExtendedLifetime(watch) {}
  }

  @Test func `renewed, watches what it is to watch from now on, and tells that it had not`() throws {
    let folder = try Folder()
    let elsewhere = try Folder()
    let paths = Mutex([folder.url.path])
    let changed = DispatchSemaphore(value: 0)
    let watch = DirectoryWatch(
      paths: { paths.withLock(\.self) },
      onChange: {
        changed.signal()
        return false
      })
    watch?.renew()
    #expect(changed.wait(timeout: .now() + 0.3) == .timedOut)
    paths.withLock { $0.append(elsewhere.url.path) }
    watch?.renew()
    #expect(changed.wait(timeout: .now() + 2) == .success)
    try "a".write(to: elsewhere.url.appending(path: "mine.toml"), atomically: false, encoding: .utf8)
    #expect(changed.wait(timeout: .now() + 2) == .success)
    withExtendedLifetime(watch) {}
  }

  /// The file's end is still to come, and what is half written is no theme.
  @Test func `says nothing of a file that has only been opened`() throws {
    let folder = try Folder()
    let changed = DispatchSemaphore(value: 0)
    let path = folder.url.path
    let watch = DirectoryWatch(
      paths: { [path] },
      onChange: {
        changed.signal()
        return false
      })
    #expect(watch != nil)
    let file = fopen(path + "/mine.toml", "w")
    #expect(changed.wait(timeout: .now() + 0.3) == .timedOut)
    fclose(file)
    #expect(changed.wait(timeout: .now() + 2) == .success)
    withExtendedLifetime(watch) {}
  }

  @Test func `asks once more a second later where what it found is not the last of it`() throws {
    let folder = try Folder()
    let calls = DispatchSemaphore(value: 0)
    let isFirst = Mutex(true)
    let path = folder.url.path
    let watch = DirectoryWatch(
      paths: { [path] },
      onChange: {
        calls.signal()
        return isFirst.withLock { isFirst in
          defer { isFirst = false }
          return isFirst
        }
      })
    try "a".write(toFile: path + "/mine.toml", atomically: false, encoding: .utf8)
    #expect(calls.wait(timeout: .now() + 2) == .success)
    #expect(calls.wait(timeout: .now() + 5) == .success)
    #expect(calls.wait(timeout: .now() + 1.5) == .timedOut)
    withExtendedLifetime(watch) {}
  }

  /// Room for the notifier, none for the pipe that would end the watch. In a process of its own, whose limit it is; what
  /// else runs in that process opens and closes descriptors too, so only the watch's own kind is counted.
  @Test func `is refused where the system has no room for it, and gives back what it had taken`() async {
    await #expect(processExitsWith: .success) {
      func openNotifiers() -> Int {
        (0..<1024).count { number in
          let kind = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)"))
          return kind == "anon_inode:inotify"
        }
      }
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = min(limit.rlim_max, 256)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      var refusals = 0
      for _ in 0..<64 {
        var taken: [Int32] = []
        while case let descriptor = open("/dev/null", O_RDONLY), descriptor >= 0 { taken.append(descriptor) }
        precondition(!taken.isEmpty, "not one descriptor was free")
        close(taken.removeLast())
        let watch = DirectoryWatch(paths: { ["/"] }, onChange: { false })
        refusals += watch == nil ? 1 : 0
        withExtendedLifetime(watch) {}
        for descriptor in taken { close(descriptor) }
      }
      precondition(refusals > 0, "there was always room")
      precondition(openNotifiers() == 0, "a notifier is still open")
    }
  }
}
