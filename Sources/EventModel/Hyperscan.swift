internal import CHyperscan
internal import Synchronization

/// A compiled Hyperscan database (`hs_database_t`): immutable after it is made, owned by one.
struct HyperscanDatabase: ~Copyable {
  fileprivate let pointer: OpaquePointer

  struct Options: OptionSet, Hashable, Sendable {
    var rawValue: UInt32
    static let ignoringCase = Options(rawValue: UInt32(HS_FLAG_CASELESS))
    /// Patterns and what is searched are UTF-8; searching anything else is undefined.
    static let utf8 = Options(rawValue: UInt32(HS_FLAG_UTF8))
    /// Says once a scan that it occurs, and allows expressions that match nothing at all.
    static let once = Options(rawValue: UInt32(HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY))
  }

  struct Expression: Hashable, Sendable {
    var text: String
    var options: Options
  }

  /// Throws what Hyperscan says, and the index in the expression where it says one.
  init(_ expressions: [Expression]) throws(HyperscanError) {
    var database: OpaquePointer?
    var failure: UnsafeMutablePointer<hs_compile_error_t>?
    let status = Self.compile(expressions, &database, &failure)
    defer { hs_free_compile_error(failure) }
    guard status != HS_ARCH_ERROR else {
      throw HyperscanError(message: "this processor lacks SSSE3, which Hyperscan needs")
    }
    guard status == HS_SUCCESS, let database else {
      throw HyperscanError(message: failure?.pointee.message.map { String(cString: $0) })
    }
    pointer = database
  }

  private static func compile(
    _ expressions: [Expression], _ database: inout OpaquePointer?,
    _ failure: inout UnsafeMutablePointer<hs_compile_error_t>?
  ) -> hs_error_t {
    var texts: [CChar] = []
    var starts: [Int] = []
    for expression in expressions {
      starts.append(texts.count)
      texts += expression.text.utf8CString
    }
    let flags = expressions.map(\.options.rawValue)
    let numbers = expressions.indices.map { UInt32($0) }
    return texts.withUnsafeBufferPointer { texts in
      let pointers = starts.map { start in texts.baseAddress.map { $0 + start } }
      return hs_compile_multi(
        pointers, flags, numbers, UInt32(expressions.count), UInt32(HS_MODE_BLOCK), nil, &database, &failure)
    }
  }

  deinit { hs_free_database(pointer) }
}

/// What Hyperscan has against an expression.
struct HyperscanError: Error {
  var reason: String
  var index: Int?

  init(message: String?) {
    var words = message ?? "not enough memory"
    if words.hasSuffix(".") { words.removeLast() }
    let parts = words.split(separator: " ")
    if let number = parts.indices.dropLast().first(where: { parts[$0] == "index" }) {
      index = Int(parts[number + 1].prefix { $0.isNumber })
    }
    reason = words
  }
}

/// Says whether and where expressions occur in bytes; usable from any thread at once.
///
/// `@unchecked Sendable`: the database is only read after `init` (Hyperscan allows any number of threads to scan with
/// one). A scratch space serves one scan at a time: `spares` hands each out to one caller, under its lock, and takes
/// it back when the scan is over.
final class HyperscanMatcher: @unchecked Sendable {
  private let database: HyperscanDatabase
  private let spares: Mutex<[HyperscanScratch]>

  init(_ expressions: [HyperscanDatabase.Expression]) throws(HyperscanError) {
    let database = try HyperscanDatabase(expressions)
    guard let scratch = Self.makeScratch(for: database.pointer) else { throw HyperscanError(message: nil) }
    self.database = database
    spares = Mutex([scratch])
  }

  convenience init(_ text: String, options: HyperscanDatabase.Options) throws(HyperscanError) {
    try self.init([HyperscanDatabase.Expression(text: text, options: options)])
  }

  deinit {
    spares.withLock { spares in
      for scratch in spares { hs_free_scratch(scratch.pointer) }
    }
  }

  /// Linear in `bytes`. Buffers of 4 GiB and more are searched up to there.
  func occurs(in bytes: UnsafeRawBufferPointer) -> Bool {
    scan(bytes, { _, _, _, _, _ in 1 }, context: nil) == HS_SCAN_TERMINATED
  }

  /// Calls `body` with the number of an expression and the offset behind a match, for every end of a match, in no
  /// certain order.
  func forEachMatch(in bytes: UnsafeRawBufferPointer, _ body: (_ expression: Int, _ end: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { context in
        _ = scan(
          bytes,
          { number, _, end, _, context in
            context?.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(Int(number), Int(end))
            return 0
          }, context: context)
      }
    }
  }

  private func scan(
    _ bytes: UnsafeRawBufferPointer, _ handler: match_event_handler, context: UnsafeMutableRawPointer?
  ) -> hs_error_t {
    let spare = spares.withLock { $0.popLast() }
    guard let scratch = spare ?? Self.makeScratch(for: database.pointer) else {
      preconditionFailure("no memory for a Hyperscan scratch space")
    }
    defer { spares.withLock { $0.append(scratch) } }
    let length = UInt32(clamping: bytes.count)
    return withUnsafeBytes(of: UInt8(0)) { nothing in
      // Hyperscan refuses a null pointer even for no bytes at all.
      let start = (bytes.baseAddress ?? nothing.baseAddress)?.assumingMemoryBound(to: CChar.self)
      return hs_scan(database.pointer, start, length, 0, scratch.pointer, handler, context)
    }
  }

  private static func makeScratch(for database: OpaquePointer) -> HyperscanScratch? {
    var scratch: OpaquePointer?
    guard hs_alloc_scratch(database, &scratch) == HS_SUCCESS else { return nil }
    return scratch.map(HyperscanScratch.init)
  }
}

/// A scan's working space (`hs_scratch_t`).
///
/// `@unchecked Sendable`: it is only ever moved between threads under `HyperscanMatcher`'s lock, and used by the one
/// that holds it.
private struct HyperscanScratch: @unchecked Sendable {
  let pointer: OpaquePointer
}
