import Glibc
import Synchronization
import Testing

@testable import LogFiles

@Suite struct `Jobs that read files` {
  /// Holds jobs up until it is opened.
  private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    private let arrived = Atomic(0)

    var arrivedCount: Int { arrived.load(ordering: .acquiring) }

    func pass() {
      arrived.add(1, ordering: .releasing)
      while !isOpen.load(ordering: .acquiring) { usleep(200) }
    }

    func open() { isOpen.store(true, ordering: .releasing) }

    func waitForArrivals(_ count: Int) {
      while arrivedCount < count { usleep(200) }
    }
  }

  @Test func `need a thread only while all others are busy`() {
    let queue = JobQueue()
    queue.allowWorkers(3)
    #expect(queue.workerCount == 0)
    let gate = Gate()
    for count in 1...3 {
      #expect(queue.add { gate.pass() })
      #expect(queue.workerCount == count)
    }
    gate.waitForArrivals(3)
    // No more than allowed: it waits for one of the three.
    #expect(queue.add { gate.pass() })
    #expect(queue.workerCount == 3)
    #expect(gate.arrivedCount == 3)
    gate.open()
    queue.close()
    #expect(gate.arrivedCount == 4)
  }

  @Test func `all run, also those that jobs add, and none after closing`() {
    let queue = JobQueue()
    queue.allowWorkers(2)
    let done = Mutex<[Int]>([])
    for number in 0..<50 {
      let isAccepted = queue.add {
        done.withLock { $0.append(number) }
        _ = queue.add { done.withLock { $0.append(100 + number) } }
      }
      #expect(isAccepted)
    }
    while done.withLock({ $0.count }) < 100 { usleep(200) }
    queue.close()
    #expect(!queue.add { done.withLock { $0.append(-1) } })
    let result = done.withLock { $0.sorted() }
    #expect(result == Array(0..<50) + Array(100..<150))
  }

  @Test func `wait for ever while no thread is allowed, and are given up by closing`() {
    let queue = JobQueue()
    let ran = Atomic(false)
    #expect(queue.add { ran.store(true, ordering: .releasing) })
    #expect(queue.workerCount == 0)
    queue.close()
    let ranThen = ran.load(ordering: .acquiring)
    #expect(!ranThen)
  }
}
