internal import Glibc
internal import LogFiles
internal import Preferences

extension IndexCache {
  /// Where this program keeps what it knows of big files; `nil` when settings say not to, or there is no place.
  static func ofProgram(_ settings: Configuration) -> IndexCache? {
    guard settings.cacheLimit > 0 else { return nil }
    // Another build may decode otherwise, whatever its version says.
    var status = stat()
    guard stat("/proc/self/exe", &status) == 0 else { return nil }
    let build = "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
    return IndexCache(
      directory: standardDirectory, byteLimit: Int64(settings.cacheLimit),
      program: "triptych \(programVersion) \(build)")
  }
}
