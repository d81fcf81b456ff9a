internal import CMalloc
internal import Glibc

/// What this process holds of the machine's memory.
enum ProcessMemory {
  /// Bytes in memory now; `nil` where /proc does not tell.
  static var residentByteCount: Int? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 128)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    let line = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fields = line.split(separator: " ")
    guard fields.count > 1, let pageCount = Int(fields[1]) else { return nil }
    return pageCount * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Lets all threads allocate from one heap: what one frees is there for the others, and for the system. With a heap
  /// each, those that have read a big file keep megabytes that they never use again. Before the first thread starts.
  static func shareHeap() { heap_share() }

  /// Gives back what was freed but is kept for later, as much after a big file. Takes milliseconds, and whoever
  /// allocates next pays for new pages: for when nobody waits and something big is over.
  static func releaseFreed() { _ = heap_release() }
}
