/// Numbers that never change once written, with zeros before and after them: who reads a service's bands at
/// once may reach over either end.
///
/// Unlike an array it lends its address for as long as it lives, so that a query can look at many rows together.
final class PaddedWords<Word: FixedWidthInteger & BitwiseCopyable & Sendable>: Sendable {
  /// Who reads eight from where a service's band 0 would be reaches seven words over either end at most.
  private static var padding: Int { 8 }

  let count: Int
  /// Written by `init` alone and freed by `deinit`; nobody can write through `words` in between.
  private nonisolated(unsafe) let memory: UnsafeMutablePointer<Word>

  var byteCount: Int { (count + 2 * Self.padding) * MemoryLayout<Word>.stride }

  /// `fill` must write all of `count` words.
  init(count: Int, _ fill: (UnsafeMutablePointer<Word>) -> Void) {
    self.count = count
    memory = .allocate(capacity: count + 2 * Self.padding)
    memory.initialize(repeating: 0, count: Self.padding)
    (memory + Self.padding + count).initialize(repeating: 0, count: Self.padding)
    fill(memory + Self.padding)
  }

  deinit { memory.deallocate() }

  /// Valid while this object lives.
  var words: UnsafePointer<Word> { UnsafePointer(memory + Self.padding) }
}

extension PaddedWords {
  /// `count` zeros.
  convenience init(zeros count: Int) {
    self.init(count: count) { $0.initialize(repeating: 0, count: count) }
  }

  convenience init(_ numbers: [Word]) {
    self.init(count: numbers.count) { words in
      for (index, number) in numbers.enumerated() { words[index] = number }
    }
  }
}

/// A count for each cell of a dictionary.
typealias CellCounts = PaddedWords<UInt32>
