import Compression
import Foundation
import Testing

/// A temporary directory that is gone with its owner.
final class TemporaryDirectory {
  let path: String
  init() {
    path = NSTemporaryDirectory() + "/triptych-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  /// Runs a shell command in the directory.
  func run(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "cd '\(path)' && \(command)"]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(command)")
  }
}

/// Lines that compress like a log: a counter and words drawn by a small generator from `seed`.
func logLikeBytes(count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 80)
  var line = 0
  while bytes.count < count {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    bytes += Array("line \(line) took \(state >> 40) us with key \(state >> 20 & 0xffff)\n".utf8)
    line += 1
  }
  bytes.removeLast(bytes.count - count)
  return bytes
}

struct Inflated {
  var bytes: [UInt8] = []
  var checkpoints: [GzipCheckpoint] = []
  var error: CompressionError?
}

/// Feeds `data` in pieces of `inputStep` bytes into outputs of `outputStep` bytes.
func inflate(
  _ data: [UInt8], resumingAt start: GzipCheckpoint? = nil, inputStep: Int = 10_000, outputStep: Int = 70_000,
  spacing: Int64 = 1 << 18
) -> Inflated {
  var result = Inflated()
  var inflater =
    start.map { GzipInflater(resumingAt: $0) } ?? GzipInflater(checkpointSpacing: spacing)
  var output = [UInt8](repeating: 0, count: outputStep)
  do {
    while true {
      let offset = Int(inflater.inputOffset)
      let piece = Array(data[offset..<min(data.count, offset + inputStep)])
      let progress = try piece.withUnsafeBytes { input in
        try output.withUnsafeMutableBytes { space in
          try inflater.inflate(input, into: space)
        }
      }
      result.bytes += output[..<progress.produced]
      result.checkpoints += inflater.takeCheckpoints()
      if piece.isEmpty, progress.produced == 0 { break }
    }
    try inflater.finish()
  } catch { result.error = error as? CompressionError }
  return result
}

@Test func `what gzip wrote comes out again, whatever the piece sizes`() throws {
  let directory = TemporaryDirectory()
  let original = logLikeBytes(count: 3_000_000, seed: 1)
  try directory.write(original, "a")
  try directory.run("gzip -k a")
  let packed = try directory.read("a.gz")
  #expect(packed.withUnsafeBytes { CompressionFormat.recognised(in: $0) } == .gzip)
  for (inputStep, outputStep) in [(1, 4096), (777, 100), (1 << 20, 1 << 22)] {
    let result = inflate(packed, inputStep: inputStep, outputStep: outputStep)
    #expect(result.error == nil)
    #expect(result.bytes == original)
  }
}

@Test func `inflating starts again at every checkpoint, also across members`() throws {
  let directory = TemporaryDirectory()
  let first = logLikeBytes(count: 2_000_000, seed: 2)
  let second = logLikeBytes(count: 1_500_000, seed: 3)
  try directory.write(first, "a")
  try directory.write(second, "b")
  try directory.run("gzip a && gzip -1 b && cat a.gz b.gz > both.gz")
  let packed = try directory.read("both.gz")
  let whole = inflate(packed, spacing: 1 << 16)
  #expect(whole.error == nil)
  #expect(whole.bytes == first + second)
  #expect(whole.checkpoints.count > 8)
  for checkpoint in whole.checkpoints {
    let rest = inflate(packed, resumingAt: checkpoint)
    #expect(rest.error == nil)
    #expect(rest.bytes == Array(whole.bytes[Int(checkpoint.outputOffset)...]))
  }
}

@Test func `a cut gzip gives everything before the cut and then says where`() throws {
  let directory = TemporaryDirectory()
  let original = logLikeBytes(count: 400_000, seed: 4)
  try directory.write(original, "a")
  try directory.run("gzip -k a")
  let packed = try directory.read("a.gz")
  let cut = Array(packed[..<(packed.count / 2)])
  let result = inflate(cut)
  #expect(result.bytes.count > 100_000)
  #expect(result.bytes == Array(original[..<result.bytes.count]))
  #expect(result.error?.byteOffset == Int64(cut.count))
  #expect(result.error?.reason == "the gzip data end too early")
  // The tool agrees on what can be saved.
  try directory.write(cut, "cut.gz")
  try directory.run("(gzip -dc cut.gz 2>/dev/null; true) > saved")
  #expect(result.bytes.count >= (try directory.read("saved")).count)
}

@Test func `a cut inside the header or the checksum is still a cut`() throws {
  let directory = TemporaryDirectory()
  try directory.write(Array("one line\n".utf8), "a")
  try directory.run("gzip -k a")
  let packed = try directory.read("a.gz")
  for length in [1, 5, packed.count - 4] {
    #expect(inflate(Array(packed[..<length])).error?.byteOffset == Int64(length))
  }
  #expect(inflate([]).error?.reason == "the gzip data end too early")
}

@Test func `damage in gzip data is told after what came before it`() throws {
  let directory = TemporaryDirectory()
  let original = logLikeBytes(count: 400_000, seed: 5)
  try directory.write(original, "a")
  try directory.run("gzip -k a")
  var packed = try directory.read("a.gz")
  for index in 60_000..<60_040 { packed[index] = 0xff }
  let result = inflate(packed)
  #expect(result.error?.reason.hasPrefix("the gzip data are damaged") == true)
  #expect(result.bytes.count > 50_000)
  #expect(Array(result.bytes[..<50_000]) == Array(original[..<50_000]))
}

@Test func `zero padding after gzip data is fine and other bytes are told`() throws {
  let directory = TemporaryDirectory()
  try directory.write(Array("one line\n".utf8), "a")
  try directory.run("gzip -k a")
  let packed = try directory.read("a.gz")
  #expect(inflate(packed + [UInt8](repeating: 0, count: 512)).error == nil)
  let result = inflate(packed + Array("rest".utf8))
  #expect(result.bytes == Array("one line\n".utf8))
  #expect(result.error?.byteOffset == Int64(packed.count))
}

struct Decompressed {
  var bytes: [UInt8] = []
  var frames: [ZstdFrameStart] = []
  var error: CompressionError?
}

func decompress(
  _ data: [UInt8], resumingAt start: ZstdFrameStart = .first, inputStep: Int = 10_000, spacing: Int64 = 1
) -> Decompressed {
  var result = Decompressed()
  var decompressor = ZstdDecompressor(resumingAt: start, frameSpacing: spacing)
  var output = [UInt8](repeating: 0, count: 70_000)
  do {
    while true {
      let offset = Int(decompressor.inputOffset)
      let piece = Array(data[offset..<min(data.count, offset + inputStep)])
      let progress = try piece.withUnsafeBytes { input in
        try output.withUnsafeMutableBytes { space in
          try decompressor.decompress(input, into: space)
        }
      }
      result.bytes += output[..<progress.produced]
      result.frames += decompressor.takeFrameStarts()
      if piece.isEmpty, progress.produced == 0 { break }
    }
    try decompressor.finish()
  } catch { result.error = error as? CompressionError }
  return result
}

@Test func `what zstd wrote comes out again, frame by frame`() throws {
  let directory = TemporaryDirectory()
  let parts = (0..<3).map { logLikeBytes(count: 500_000 + $0, seed: UInt64(10 + $0)) }
  for (index, part) in parts.enumerated() { try directory.write(part, "p\(index)") }
  try directory.run("zstd -q p0 p1 p2 && cat p0.zst p1.zst p2.zst > all.zst")
  let packed = try directory.read("all.zst")
  #expect(packed.withUnsafeBytes { CompressionFormat.recognised(in: $0) } == .zstd)
  for step in [1000, 1 << 20] {
    let result = decompress(packed, inputStep: step)
    #expect(result.error == nil)
    #expect(result.bytes == parts[0] + parts[1] + parts[2])
    #expect(result.frames.map(\.outputOffset) == [500_000, 1_000_001])
    for frame in result.frames {
      let rest = decompress(packed, resumingAt: frame)
      #expect(rest.bytes == Array(result.bytes[Int(frame.outputOffset)...]))
    }
  }
}

@Test func `a cut or damaged zstd gives what came before and then says where`() throws {
  let directory = TemporaryDirectory()
  let original = logLikeBytes(count: 2_000_000, seed: 20)
  try directory.write(original, "a")
  try directory.run("zstd -q a")
  let packed = try directory.read("a.zst")
  let cut = decompress(Array(packed[..<(packed.count / 2)]))
  #expect(cut.bytes.count > 500_000)
  #expect(cut.bytes == Array(original[..<cut.bytes.count]))
  #expect(cut.error?.byteOffset == Int64(packed.count / 2))
  var damaged = packed
  for index in (packed.count / 2)..<(packed.count / 2 + 40) { damaged[index] ^= 0x5a }
  let result = decompress(damaged)
  #expect(result.error?.reason.hasPrefix("the zstd data are damaged") == true)
  #expect(result.bytes.count > 500_000)
}

@Test func `a frame that asks for a gigabyte window is refused`() {
  // Magic, descriptor without single segment, window descriptor 20 << 3: 1 GiB; then an empty last block.
  let result = decompress([0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x01, 0x00, 0x00])
  #expect(result.error?.reason == "the zstd frame asks for a window above 128 MiB")
}

@Test func `our own zstd frames are read by the tool and by us`() throws {
  let directory = TemporaryDirectory()
  let original = logLikeBytes(count: 300_000, seed: 30)
  var compressor = ZstdCompressor()
  let frame = try original.withUnsafeBytes { try compressor.compress($0) }
  #expect(frame.count < original.count / 2)
  try directory.write(frame, "a.zst")
  try directory.run("zstd -dq a.zst")
  #expect(try directory.read("a") == original)
  #expect(
    try frame.withUnsafeBytes { try ZstdDecompressor.unpack($0, byteCount: original.count) } == original)
  #expect(throws: CompressionError.self) {
    try frame.withUnsafeBytes { try ZstdDecompressor.unpack($0, byteCount: original.count - 1) }
  }
}

@Test func `random bytes never crash a decompressor`() {
  let seed = UInt64.random(in: 0 ... .max)
  print("seed \(seed)")
  var state = seed
  for _ in 0..<300 {
    var bytes: [UInt8] = (0..<200).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    bytes.replaceSubrange(0..<3, with: [0x1f, 0x8b, 8])
    bytes[3] = 0
    #expect(inflate(bytes).error != nil)
    bytes.replaceSubrange(0..<4, with: [0x28, 0xb5, 0x2f, 0xfd])
    #expect(decompress(bytes).error != nil)
  }
}
