import Foundation
import Synchronization
import Testing

@testable import SessionHost

@Suite struct `A queue of writes` {
  @Test func `keeps nobody waiting for a slow disk, and leaves none out of their order`() {
    let queue = WriteQueue()
    let disk = DispatchSemaphore(value: 0)
    let done = Mutex<[Int]>([])
    for number in 1...5 {
      queue.add {
        disk.wait()
        done.withLock { $0.append(number) }
      }
    }
    // The disk has not answered, and we are here.
    #expect(done.withLock { $0 } == [])
    for _ in 1...5 { disk.signal() }
    queue.finish()
    #expect(done.withLock { $0 } == [1, 2, 3, 4, 5])
  }

  @Test func `writes again after all was written, and is finished when nothing was given`() {
    let queue = WriteQueue()
    queue.finish()
    let count = Mutex(0)
    for turn in 1...50 {
      queue.add { count.withLock { $0 += 1 } }
      queue.finish()
      #expect(count.withLock { $0 } == turn)
    }
  }
}
