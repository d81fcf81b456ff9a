internal import ArgumentParser
internal import LogFiles
internal import Preferences

struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what is kept of big files seen before, or forget it.",
    discussion: """
      A file of 16 MiB or more that was opened alone is not read again while its bytes stay the same; what has been \
      appended is read on top. 'cache.limit' in config.toml says how much may be kept, --no-cache does without.

      Examples:
        triptych cache
        triptych cache --clear
      """)

  @Flag(help: "Forget all of it.")
  var clear = false

  func run() throws {
    let limit = Configuration.load(environment: ProcessEnvironment.all).value.cacheLimit
    let cache = IndexCache(
      directory: IndexCache.standardDirectory, byteLimit: Int64(limit), program: "triptych \(programVersion)")
    let before = cache.usage
    if clear { cache.clear() }
    let fileCount = "\(before.fileCount) file\(before.fileCount == 1 ? "" : "s")"
    let size = "\((before.byteCount + 1 << 19) >> 20) MiB"
    Output.print(
      clear
        ? "forgotten: \(fileCount), \(size)"
        : "\(fileCount), \(size) of \(ByteSize.text(of: limit)), \(cache.directory)")
  }
}
