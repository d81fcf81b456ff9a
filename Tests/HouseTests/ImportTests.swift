import Foundation
import Testing

/// Every room of the checkout with its Swift files, comments and strings taken out.
private let rooms: [String: [SwiftSource]] = {
  var rooms: [String: [SwiftSource]] = [:]
  for path in Checkout.files(below: "Sources", endings: ["swift"]) {
    let room = String(path.split(separator: "/")[1])
    rooms[room, default: []].append(SwiftSource(path: path, text: (try? Checkout.text(path)) ?? ""))
  }
  return rooms
}()

@Suite struct ImportTests {
  @Test func `every import is a declared direct dependency that the plan allows`() throws {
    let declared = try DeclaredTargets.checkout.get()
    #expect(rooms.count > 10, "the sources were not found below \(Checkout.root.path)")
    let problems = rooms.flatMap { room, sources in
      sources.flatMap { HousePlan.triptych.problems(in: $0, room: room, declared: declared) }
    }
    #expect(problems.isEmpty, "\(problems.map(\.description).sorted().joined(separator: "\n"))")
  }

  @Test func `every declared dependency is one the plan allows, used or not`() throws {
    let declared = try DeclaredTargets.checkout.get()
    let plan = HousePlan.triptych
    for (room, dependencies) in declared.rooms {
      let own = try #require(plan.line(of: room), "\(room) has no place in the plan")
      for dependency in dependencies {
        let other = try #require(plan.line(of: dependency), "\(dependency) has no place in the plan")
        #expect(
          other < own || plan.beside[room, default: []].contains(dependency),
          "Package.swift lets \(room) (line \(own)) see \(dependency) (line \(other))")
      }
    }
  }

  @Test func `every declared dependency is used`() throws {
    let declared = try DeclaredTargets.checkout.get()
    for (room, sources) in rooms {
      let imported = Set(sources.flatMap { $0.imports.map(\.module) })
      let unused = declared.rooms[room, default: []].union(declared.products[room, default: []])
        .subtracting(imported)
      #expect(unused.isEmpty, "Package.swift gives \(room) \(unused.sorted()), which it never imports")
    }
  }

  @Test func `each C module is imported by exactly one room`() {
    let imports = rooms.mapValues { Set($0.flatMap { $0.imports.map(\.module) }) }
    #expect(HousePlan.triptych.sharedCModules(imports).isEmpty)
  }
}

@Suite struct ImportCheckerTests {
  private let plan = HousePlan.triptych
  private let declared = DeclaredTargets(
    rooms: ["Session": ["SceneGraph"], "SceneGraph": ["EventModel"], "EventModel": ["Session"]],
    products: ["Preferences": ["TOMLKit"], "Session": ["TOMLKit"]])

  private func reasons(_ text: String, room: String) -> [String] {
    plan.problems(in: SwiftSource(path: "planted.swift", text: text), room: room, declared: declared).map(
      \.reason)
  }

  @Test func `a planted transitive import is refused`() {
    // Session sees SceneGraph, and SceneGraph sees EventModel: reachable, so the compiler would take it.
    #expect(reasons("public import SceneGraph", room: "Session").isEmpty)
    let refused = reasons("import EventModel", room: "Session")
    #expect(refused.count == 1)
    #expect(refused.first?.contains("declare it in Package.swift") == true)
  }

  @Test func `an inner room that imports an outer one is refused although it is declared`() {
    #expect(
      reasons("import Session", room: "EventModel").first?.contains("may not know Session on line 4") == true)
  }

  @Test func `a package is for lines 5 to 9`() {
    #expect(reasons("import TOMLKit", room: "Preferences").isEmpty)
    #expect(reasons("import TOMLKit", room: "Session").first?.contains("lines 5 to 9") == true)
    #expect(reasons("import Logging", room: "Preferences").count == 1)
  }

  @Test func `Foundation is refused in every room, and the system in pure ones`() {
    #expect(reasons("import Foundation", room: "SessionHost").count == 1)
    #expect(reasons("import FoundationEssentials", room: "triptych").count == 1)
    #expect(reasons("import Glibc", room: "LogFiles").isEmpty)
    #expect(reasons("import Glibc", room: "Session").count == 1)
    #expect(reasons("import func Glibc.log2", room: "Session").isEmpty)
    #expect(reasons("import func Glibc.time", room: "Session").count == 1)
  }

  @Test func `a C module has one owner`() {
    let shared = plan.sharedCModules(["Compression": ["CZlib"], "LogFiles": ["CZlib", "CXxHash"]])
    #expect(shared == ["CZlib": ["Compression", "LogFiles"]])
  }

  @Test func `imports are found with modifiers and attributes, and not in comments or strings`() {
    let text = """
      @_exported public import A
      internal import B  // import C
      /* import D /* import E */ import F */
      let text = "import G"
      let long = \"\"\"
      import H
      \"\"\"
      @testable import I
      import struct J.Point
      """
    #expect(
      SwiftSource(path: "x.swift", text: text).imports == [
        .init(module: "A", lineNumber: 1), .init(module: "B", lineNumber: 2),
        .init(module: "I", lineNumber: 8), .init(module: "J", member: "Point", lineNumber: 9),
      ])
  }
}
