import EventMatrix
import EventModel
import Foundation
import LogFiles
import Recording
import SceneGraph
import Session
import Synchronization
import Testing

@testable import SessionHost

@Suite struct `The tiles of a recording` {
  private static let eventCount = 70_000

  @Test func `are the counts of all its events, there before they are read`() throws {
    let folder = try Folder()
    let path = try record(folder, events: Self.eventCount)
    let told = Self.read(path)
    let sample = try #require(told.samples.first)
    #expect(sample.eventCount == Self.eventCount)
    #expect(told.sampledAfter == 0)
    #expect(sample.basis == .tiles(widthNs: 1_000_000_000))
    let names = told.services.names
    #expect(cells(sample.matrix, names) == cells(told.matrix, names))
    #expect(try RecordingProof(path: path).signedAttachmentCount == 1)
    #expect(try RecordingProof(path: path).isWhole)
  }

  @Test func `are of what a session has shown, where no more was recorded`() throws {
    let folder = try Folder()
    let file = try folder.write(log(Self.eventCount), "a.log")
    let session = LiveSession([.path(file)], options)
    #expect(session.wait { scene, _ in scene.header.contains("70,000 events") })
    let path = folder.path + "/a.mcap"
    try session.loop.record(
      into: path, RecordingPlan(directory: nil, library: "test") { try RecorderKey.load(from: folder.path) })
    #expect(session.wait { scene, _ in scene.header.contains("REC 70,000 saved") })
    session.quit()
    let told = Self.read(path)
    let names = told.services.names
    #expect(cells(try #require(told.samples.first).matrix, names) == cells(told.matrix, names))
  }

  @Test func `are not there for few events, which are read sooner`() throws {
    let folder = try Folder()
    #expect(Self.read(try record(folder, events: 600)).samples.isEmpty)
  }

  @Test func `are believed by nobody when they are not those that were signed for`() throws {
    let folder = try Folder()
    let path = try record(folder, events: Self.eventCount)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let tiles = try #require(try RecordingReader(path: path).signedAttachment(named: RecordedTiles.name))
    let place = try #require(bytes.firstRange(of: tiles)).upperBound - 9
    bytes[place] ^= 1
    let changed = folder.path + "/changed.mcap"
    try Data(bytes).write(to: URL(fileURLWithPath: changed))
    let told = Self.read(changed)
    #expect(told.samples.isEmpty)
    #expect(told.matrix.eventCount == Self.eventCount)
    let proof = try RecordingProof(path: changed)
    #expect(proof.findings.contains { $0.reason == "an attachment is not the one that was signed for" })
    #expect(!proof.isWhole)
  }

  @Test func `stay readable, cut anywhere and with any byte changed, or are refused`() throws {
    let counter = TileCounter()
    counter.take(.events(Self.events(perSecond: 500, seconds: 200)))
    let tiles = try #require(counter.tiles(names: [ForeignText("a"), ForeignText("b")]))
    let bytes = try #require(tiles.bytes)
    #expect(RecordedTiles(bytes)?.counts.counts == tiles.counts.counts)
    for length in bytes.indices { #expect(RecordedTiles(Array(bytes[..<length])) == nil, "cut at \(length)") }
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= 0x55
      _ = RecordedTiles(changed)
    }
  }

  @Test func `are wider where there would be too many, and lose no event`() throws {
    let counter = TileCounter()
    counter.take(.events(Self.events(perSecond: 2, seconds: 100_000)))
    let tiles = try #require(counter.tiles(names: [ForeignText("a"), ForeignText("b")]))
    #expect(tiles.counts.widthNs > 1_000_000_000)
    #expect(tiles.counts.counts.count <= 200_000 / 16)
    #expect(tiles.counts.counts.reduce(0) { $0 + Int($1) } == 200_000)
  }

  private static func events(perSecond count: Int, seconds: Int) -> EventColumns {
    var events = EventColumns(source: SourceID(rawValue: 0))
    for second in 0..<seconds {
      for index in 0..<count {
        events.append(
          time: Timestamp(seconds: 1_795_402_800 + Int64(second), nanoseconds: Int64(index)),
          service: ServiceID(rawValue: UInt32(index % 2)), severity: index % 50 == 0 ? .error : .info)
      }
    }
    return events
  }

  private func record(_ folder: Folder, events: Int) throws -> String {
    let path = folder.path + "/session.mcap"
    let counter = TileCounter()
    let sources = LogSources(options: options) { counter.take($0) }
    sources.open([.path(try folder.write(log(events), "a.log"))])
    sources.waitUntilRead()
    let recorder = try Recorder(
      into: path, sources: sources, events: .all, sinceOpening: true, library: "test",
      tiles: { _ in counter.tiles(names: sources.services.names) }
    ) {
      try RecorderKey.load(from: folder.path)
    }
    #expect(recorder.finish())
    sources.close()
    return path
  }

  private struct Told {
    var samples: [SampledCounts] = []
    /// Events that had been told when the first one came.
    var sampledAfter = 0
    var matrix = EventMatrix()
    var services = ServiceTable()
  }

  private static func read(_ path: String) -> Told {
    let told = Mutex(Told())
    var sampling = options
    sampling.samplesFrom = 0
    let sources = LogSources(options: sampling) { update in
      told.withLock { told in
        switch update {
        case .sampled(let sample):
          told.sampledAfter = told.matrix.eventCount
          told.samples.append(sample)
        case .events(let events): told.matrix.add(events)
        case .services(let services): told.services = services
        default: break
        }
      }
    }
    sources.open([.path(path)])
    sources.waitUntilRead()
    sources.close()
    return told.withLock(\.self)
  }

  private func cells(_ matrix: EventMatrix, _ names: [ForeignText]) -> [String] {
    var table = BucketTable(widthNs: 1_000_000_000)
    table.add(matrix)
    var cells: [String] = []
    table.forEachCell(services: names.indices.map { ServiceID(rawValue: UInt32($0)) }) { cell in
      cells.append("\(cell.time) \(names[cell.service.index].repaired) \(cell.severity) \(cell.count)")
    }
    return cells.sorted()
  }
}
