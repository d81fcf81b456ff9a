/// Where a person's files belong (XDG Base Directory Specification 0.8), each ending in `triptych`.
///
/// Relative paths in the variables are ignored, as the specification says; `nil` where neither the variable nor `HOME`
/// is set.
public struct UserDirectories: Hashable, Sendable {
  /// What the person wrote: `config.toml`, `themes`, `keymaps`.
  public var config: String?
  /// What should outlive a reboot: marks, views, autosaves, crash reports.
  public var state: String?
  /// What is the person's and not this machine's: the key that signs recordings.
  public var data: String?
  /// What can be made again: spools, indexes.
  public var cache: String?
  /// Sockets; a directory of the cache where the system gives none.
  public var runtime: String?

  public init(environment: [String: String]) {
    func directory(_ variable: String, below fallback: String) -> String? {
      if let path = environment[variable], path.hasPrefix("/") { return path + "/triptych" }
      guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
      return home + "/" + fallback + "/triptych"
    }
    config = directory("XDG_CONFIG_HOME", below: ".config")
    state = directory("XDG_STATE_HOME", below: ".local/state")
    data = directory("XDG_DATA_HOME", below: ".local/share")
    cache = directory("XDG_CACHE_HOME", below: ".cache")
    let given = environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 + "/triptych" : nil }
    runtime = given ?? cache.map { $0 + "/run" }
  }
}

/// Finds themes and keymaps: the person's own first, then the machine's, then those installed beside the program, then
/// those of the checkout it was built in.
public struct ResourceLocator: Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case themes = "Themes"
    case keymaps = "Keymaps"
  }

  private let user: UserDirectories
  /// The installation that the program is part of, and the checkout it was built in; where it lies does not change.
  private let besideProgram: [String]
  private let files: FileSystem

  /// - Parameter executable: the program's absolute path, links resolved (`/proc/self/exe`).
  public init(environment: [String: String], executable: String, files: FileSystem = .system) {
    user = UserDirectories(environment: environment)
    let above = Self.parents(of: executable)
    let installation = above.count > 1 ? [above[1] + "/share/triptych"] : []
    let checkout = above.first { files.exists($0 + "/Package.swift") }
    besideProgram = installation + (checkout.map { [$0] } ?? [])
    self.files = files
  }

  /// The directories that exist, in the order in which they are asked.
  public func directories(of kind: Kind) -> [String] {
    let small = kind == .themes ? "/themes" : "/keymaps"
    let own = user.config.map { [$0 + small] } ?? []
    let candidates = own + ["/etc/triptych" + small] + besideProgram.map { $0 + "/" + kind.rawValue }
    return candidates.filter(files.exists)
  }

  /// Where a change could matter to what is in force: the directories of `directories(of:)`, those of files named by
  /// path, the person's own directory, in which `themes` and `keymaps` may yet be made, and wherever the files in force
  /// really are.
  ///
  /// - Parameter paths: of the files in force. One that is a link is edited where it points; one with several names
  ///   (hard links) under any of them, so the files themselves are among the answers.
  public func watchedPaths(inForce names: [String], files paths: [String]) -> [String] {
    let named = names.filter { $0.contains("/") }.map(Self.directory)
    let own = user.config.map { [$0] } ?? []
    let all =
      Kind.allCases.flatMap(directories) + own.filter(files.exists) + named + paths.flatMap(placesOnTheWay)
    return all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The directory of each link that leads to a file, the directory of the file, and the file.
  private func placesOnTheWay(to path: String) -> [String] {
    var path = path
    var places = [Self.directory(of: path)]
    for _ in 0..<Self.linkLimit {
      guard let target = files.linkTarget(path) else { break }
      path = target.hasPrefix("/") ? target : Self.directory(of: path) + "/" + target
      places.append(Self.directory(of: path))
    }
    return places + [path]
  }

  /// As many as the kernel follows (path_resolution(7)).
  private static let linkLimit = 40

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The file of the theme or keymap called `name`; `nil` when there is none.
  public func path(of kind: Kind, named name: String) -> String? {
    guard Self.isPlainName(name) else { return nil }
    return directories(of: kind).lazy.map { $0 + "/" + name + ".toml" }.first(where: files.exists)
  }

  /// Every name there is, sorted, each once.
  public func names(of kind: Kind) -> [String] {
    let names = directories(of: kind).flatMap(files.list)
      .filter { $0.hasSuffix(".toml") }
      .map { String($0.dropLast(5)) }
    return Set(names).sorted()
  }

  /// The themes or keymaps to load from. A name with a `/` is the path of a file.
  public func texts(of kind: Kind) -> NamedTexts {
    NamedTexts(
      names: { names(of: kind) },
      find: { name throws(Problem) in
        guard let path = name.contains("/") ? name : path(of: kind, named: name) else { return nil }
        return try files.read(path).map { TextFile(path: path, bytes: $0) }
      })
  }

  private static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }

  /// The directories above `path`, the nearest first; `/` is left out.
  private static func parents(of path: String) -> [String] {
    var parents: [String] = []
    var rest = path[...]
    while let slash = rest.lastIndex(of: "/"), slash > rest.startIndex {
      rest = rest[..<slash]
      parents.append(String(rest))
    }
    return parents
  }
}
