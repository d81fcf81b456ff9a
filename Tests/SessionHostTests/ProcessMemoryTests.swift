import Testing

@testable import SessionHost

@Suite struct ProcessMemoryTests {
  @Test func `what was freed goes back to the system`() throws {
    let pieceByteCount = 64 << 10
    let pieces = (0..<2_048).map { _ in
      let piece = UnsafeMutableRawPointer.allocate(byteCount: pieceByteCount, alignment: 16)
      piece.initializeMemory(as: UInt8.self, repeating: 7, count: pieceByteCount)
      return piece
    }
    let fullByteCount = try #require(ProcessMemory.residentByteCount)
    #expect(fullByteCount > pieces.count * pieceByteCount)
    // Now and then one stays, so that no stretch is free as a whole.
    for (index, piece) in pieces.enumerated() where index % 64 != 0 { piece.deallocate() }
    ProcessMemory.releaseFreed()
    let leftByteCount = try #require(ProcessMemory.residentByteCount)
    #expect(leftByteCount < fullByteCount - pieces.count * pieceByteCount / 2)
    for (index, piece) in pieces.enumerated() where index % 64 == 0 { piece.deallocate() }
  }
}
