extension Configuration {
  /// The configuration of this process. What cannot be read is reported, and the rest applies.
  ///
  /// - Parameter flags: what the command line gives, each with the flag as typed (`--color`).
  public static func load(
    environment: [String: String], flags: [(key: ConfigurationKey, flag: String, value: String)] = [],
    files: FileSystem = .system
  ) -> Loaded<Configuration> {
    var loader = ConfigurationLoader(files: files)
    for path in filePaths(environment: environment) { loader.readFile(path) }
    loader.readEnvironment(environment)
    for (key, flag, value) in flags {
      loader.readText(value, of: key, from: .flag(flag), at: SourceLine(file: flag))
    }
    return Loaded(loader.configuration, problems: loader.problems)
  }

  /// The files that are asked, in order; those that are not there count as empty.
  public static func filePaths(environment: [String: String]) -> [String] {
    let own = UserDirectories(environment: environment).config
    return ["/etc/triptych/config.toml"] + (own.map { [$0 + "/config.toml"] } ?? [])
  }
}

private struct ConfigurationLoader {
  var configuration = Configuration()
  var problems: [Problem] = []
  let files: FileSystem

  init(files: FileSystem) { self.files = files }

  // MARK: Files

  mutating func readFile(_ path: String) {
    let bytes: [UInt8]
    do throws(Problem) {
      guard let found = try files.read(path) else { return }
      bytes = found
    } catch {
      problems.append(error)
      return
    }
    let toml = TOMLReader.read(bytes, file: path)
    problems += toml.problems
    readTable(toml.value, below: "", path: path)
  }

  private mutating func readTable(_ table: TOMLTable, below prefix: String, path: String) {
    for entry in table.entries {
      let place = SourceLine(file: path, line: entry.line)
      let name = prefix + entry.key
      if let key = ConfigurationKey(rawValue: name) {
        readValue(entry.value, of: key, at: place)
      } else if case .table(let inner) = entry.value, Self.isSection(name) {
        readTable(inner, below: name + ".", path: path)
      } else {
        let known = ConfigurationKey.allCases.map(\.rawValue)
        let sections = known.compactMap { $0.split(separator: ".").dropLast().first.map(String.init) }
        let remedy = Suggestion.remedy(for: name, among: known + sections)
        let all = "known are " + known.joined(separator: ", ")
        problems.append(Problem(at: place, "no setting is called '\(name)'", remedy: remedy ?? all))
      }
    }
  }

  private static func isSection(_ name: String) -> Bool {
    ConfigurationKey.allCases.contains { $0.rawValue.hasPrefix(name + ".") }
  }

  private mutating func readValue(_ value: TOMLValue, of key: ConfigurationKey, at place: SourceLine) {
    switch value {
    case .string(let text): readText(text, of: key, from: .file(place), at: place)
    case .integer(let number): readText("\(number)", of: key, from: .file(place), at: place)
    case .boolean(let isOn): readText("\(isOn)", of: key, from: .file(place), at: place)
    default:
      problems.append(Problem(at: place, "'\(key.rawValue)' is \(value.kind)", remedy: "it is \(key.title)"))
    }
  }

  // MARK: Environment

  mutating func readEnvironment(_ environment: [String: String]) {
    for key in ConfigurationKey.allCases {
      let variable = key.environmentVariable
      guard let value = environment[variable], !value.isEmpty else { continue }
      readText(value, of: key, from: .environment(variable), at: SourceLine(file: variable))
    }
    reportMisspelt(environment)
  }

  /// Other programs and tests have variables of the same family, so only near misses are told.
  private mutating func reportMisspelt(_ environment: [String: String]) {
    let known = ConfigurationKey.allCases.map(\.environmentVariable)
    for variable in environment.keys.sorted()
    where variable.hasPrefix("TRIPTYCH_") && !known.contains(variable) {
      let names = known.map { String($0.dropFirst(9)) }
      guard let nearest = Suggestion.nearest(to: String(variable.dropFirst(9)), among: names) else {
        continue
      }
      problems.append(
        Problem(
          at: SourceLine(file: variable), "no variable of this name is read",
          remedy: "did you mean 'TRIPTYCH_\(nearest)'?"))
    }
  }

  // MARK: Values

  mutating func readText(
    _ text: String, of key: ConfigurationKey, from origin: ConfigurationOrigin, at place: SourceLine
  ) {
    if let value = Self.value(text, of: key) {
      configuration.set(key, value, from: origin)
      return
    }
    let remedy = Suggestion.remedy(for: text, among: Self.words(of: key)) ?? Self.help(key)
    problems.append(Problem(at: place, "'\(key.rawValue)' cannot be '\(text)'", remedy: remedy))
  }

  /// `nil` where `text` is no value of `key`.
  private static func value(_ text: String, of key: ConfigurationKey) -> Configuration.Value? {
    switch key {
    case .theme, .keymap, .timeZone:
      return text.isEmpty ? nil : .text(text)
    case .color, .glyphs, .link, .mouse, .background:
      return words(of: key).contains(text) ? .text(text) : nil
    case .followIntervalMs:
      return Int(text).flatMap { (10...60_000).contains($0) ? .count($0) : nil }
    case .memory, .spoolLimit:
      return ByteSize.byteCount(of: text).flatMap { $0 >= 1 << 20 ? .byteCount($0) : nil }
    case .cacheLimit:
      return ByteSize.byteCount(of: text).flatMap { $0 == 0 || $0 >= 1 << 20 ? .byteCount($0) : nil }
    case .linger: return DurationWords.seconds(of: text).map { .seconds($0) }
    case .hints, .a11y, .autosave:
      switch text.lowercased() {
      case "true", "yes", "on", "1": return .flag(true)
      case "false", "no", "off", "0": return .flag(false)
      default: return nil
      }
    }
  }

  private static func words(of key: ConfigurationKey) -> [String] {
    switch key {
    case .color: ColorChoice.allCases.map(\.rawValue)
    case .glyphs: GlyphChoice.allCases.map(\.rawValue)
    case .hints, .a11y, .autosave: ["true", "false"]
    case .link: LinkSpeed.allCases.map(\.rawValue)
    case .mouse: MouseChoice.allCases.map(\.rawValue)
    case .background: BackgroundChoice.allCases.map(\.rawValue)
    default: []
    }
  }

  private static func help(_ key: ConfigurationKey) -> String {
    switch key {
    case .theme, .keymap, .timeZone: "it is \(key.title)"
    case .followIntervalMs: "write a whole number from 10 to 60000"
    case .memory, .spoolLimit: "write an amount of at least 1 MiB, as \"512 MiB\""
    case .cacheLimit: "write an amount of at least 1 MiB, as \"512 MiB\", or 0"
    case .linger: "write a length of time, as \"30m\", \"2h\" or 0"
    case .color, .glyphs, .hints, .link, .a11y, .mouse, .background, .autosave:
      "it is one of " + words(of: key).joined(separator: ", ")
    }
  }
}
