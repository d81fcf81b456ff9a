// fuzz-recording: libFuzzer's own command line; FUZZ_TARGET names the decoder.

internal import Glibc

private let target: HostileBytes = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = HostileBytes(rawValue: name) else {
    print("FUZZ_TARGET is one of", HostileBytes.allCases.map(\.rawValue).joined(separator: ", "))
    exit(2)
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput") public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  if let wrong = target.decode(Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(wrong) }
  return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _: UnsafeMutablePointer<CInt>, _: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// What SwiftPM calls instead of `main`, which would be libFuzzer's.
@_cdecl("fuzz_recording_main") public func fuzzMain(
  _ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var count = count
  var words = words
  return runDriver(&count, &words, fuzzOne)
}
