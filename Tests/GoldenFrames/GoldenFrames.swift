// GoldenFrames: screens as text files beside the tests that draw them.
// Support for tests only. Knows no scene and no terminal: a golden frame is any text, that of a frame of cells for one.

import Glibc

/// Compares `text` with `NAME.pane` in the folder `Golden` beside the test file.
///
/// With `TRIPTYCH_GOLDEN=rewrite` in the environment the file is written instead; its diff is then reviewed like code.
///
/// - Returns: `nil` when they agree, else what differs, line by line: use it as `#expect(golden(...) == nil)`.
public func golden(_ text: String, _ name: String, besides testFile: String = #filePath) -> String? {
  let folder = testFile.prefix(upTo: testFile.lastIndex(of: "/") ?? testFile.startIndex) + "/Golden"
  let path = "\(folder)/\(name).pane"
  let text = text.last == "\n" ? text : text + "\n"
  if getenv("TRIPTYCH_GOLDEN").map({ String(cString: $0) }) == "rewrite" {
    mkdir(String(folder), 0o755)
    return write(text, to: path) ? nil : "\(path): cannot be written"
  }
  guard let expected = read(path) else {
    return "\(path): no such golden frame; TRIPTYCH_GOLDEN=rewrite writes it. It would hold:\n\(text)"
  }
  return expected == text ? nil : "\(path) differs (- expected, + drawn):\n" + difference(expected, text)
}

/// Lines that differ, numbered, at most 40 of them.
func difference(_ expected: String, _ drawn: String) -> String {
  let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let new = drawn.split(separator: "\n", omittingEmptySubsequences: false)
  var lines: [String] = []
  for index in 0..<max(old.count, new.count) {
    let before = index < old.count ? String(old[index]) : nil
    let after = index < new.count ? String(new[index]) : nil
    guard before != after else { continue }
    if lines.count >= 80 { return (lines + ["..."]).joined(separator: "\n") }
    if let before { lines.append("\(index + 1) - \(before)") }
    if let after { lines.append("\(index + 1) + \(after)") }
  }
  return lines.joined(separator: "\n")
}

private func read(_ path: String) -> String? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}

private func write(_ text: String, to path: String) -> Bool {
  guard let file = fopen(path, "wb") else { return false }
  defer { fclose(file) }
  let bytes = Array(text.utf8)
  return fwrite(bytes, 1, bytes.count, file) == bytes.count
}
