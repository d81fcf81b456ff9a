import Glibc
import Synchronization
import Testing

@testable import SessionHost

@Suite struct `A worker` {
  private func wait(until isTrue: () -> Bool) {
    while !isTrue() { usleep(200) }
  }

  @Test func `does one job after the other on a thread of its own`() {
    let worker = Worker()
    let done = Mutex<[Int]>([])
    let isElsewhere = Atomic(false)
    let here = UInt(bitPattern: Int(pthread_self()))
    for number in 1...5 {
      worker.run { _ in
        isElsewhere.store(UInt(bitPattern: Int(pthread_self())) != here, ordering: .releasing)
        done.withLock { $0.append(number) }
      }
      wait { done.withLock { $0.count } == number }
    }
    worker.close()
    let result = done.withLock { $0 }
    #expect(result == [1, 2, 3, 4, 5])
    let isElsewhereThen = isElsewhere.load(ordering: .acquiring)
    #expect(isElsewhereThen)
  }

  @Test func `replaces a job that has not begun, and asks the one that runs to stop`() {
    let worker = Worker()
    let done = Mutex<[String]>([])
    let hasBegun = Atomic(false)
    worker.run { isCancelled in
      hasBegun.store(true, ordering: .releasing)
      wait { isCancelled() }
      done.withLock { $0.append("first") }
    }
    wait { hasBegun.load(ordering: .acquiring) }
    // One that begins in an hour, which the next replaces.
    worker.run(atMs: WallClock.monotonicMs + 3_600_000) { _ in done.withLock { $0.append("late") } }
    worker.run { _ in done.withLock { $0.append("newest") } }
    wait { done.withLock { $0.count } == 2 }
    worker.close()
    let result = done.withLock { $0 }
    #expect(result == ["first", "newest"])
  }

  @Test func `that was closed before its first job never begins it`() {
    let worker = Worker()
    worker.close()
    let hasRun = Atomic(false)
    worker.run { _ in hasRun.store(true, ordering: .releasing) }
    usleep(20_000)
    let hasRunThen = hasRun.load(ordering: .acquiring)
    #expect(!hasRunThen)
  }
}
