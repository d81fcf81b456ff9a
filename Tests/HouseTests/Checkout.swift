import Foundation

/// The tree this test was built from, read as text.
enum Checkout {
  /// The directory that holds Package.swift.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// Paths relative to the root of all files below `folder` with one of the endings, in byte order. Hidden
  /// folders (`.git`, `.build`) are left out.
  static func files(below folder: String, endings: Set<String>? = nil) -> [String] {
    let start = folder.isEmpty ? root : root.appending(path: folder)
    guard
      let walk = FileManager.default.enumerator(
        at: start, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
    else { return [] }
    var paths: [String] = []
    for case let file as URL in walk {
      guard (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true else { continue }
      guard endings == nil || endings!.contains(file.pathExtension) else { continue }
      paths.append(String(file.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count + 1)))
    }
    return paths.sorted()
  }

  /// Names of the folders directly in `folder`.
  static func folders(in folder: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
    return names.filter { name in
      var isFolder: ObjCBool = false
      let path = root.appending(path: folder).appending(path: name).path
      return !name.hasPrefix(".") && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}
