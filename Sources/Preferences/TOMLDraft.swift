/// A table under construction, and by which right it may still grow (TOML 1.0, "Table").
final class TOMLDraft {
  enum Origin { case implied, header, dotted, inline }
  enum Content {
    case value(TOMLValue)
    case table(TOMLDraft)
    case tables([(draft: TOMLDraft, line: Int)])
  }

  var origin: Origin
  private var entries: [(key: String, line: Int, content: Content)] = []
  private var indexByKey = KeyIndex()

  init(_ origin: Origin) { self.origin = origin }

  subscript(key: String) -> Content? {
    indexByKey.index(of: key, count: entries.count) { entries[$0].key }.map { entries[$0].content }
  }

  func set(_ key: String, _ content: Content, line: Int) {
    if let index = indexByKey.index(of: key, count: entries.count, keyAt: { entries[$0].key }) {
      entries[index].content = content
    } else {
      entries.append((key, line, content))
      indexByKey.append(key, count: entries.count) { entries[$0].key }
    }
  }

  func frozen() -> TOMLTable {
    var table = TOMLTable()
    for (key, line, content) in entries {
      let value: TOMLValue =
        switch content {
        case .value(let value): value
        case .table(let draft): .table(draft.frozen())
        case .tables(let drafts):
          .array(drafts.map { TOMLItem(value: .table($0.draft.frozen()), line: $0.line) })
        }
      table.append(TOMLTable.Entry(key: key, value: value, line: line))
    }
    return table
  }

  // MARK: Growing

  /// The table of the header `[path]`, whose last part is `key`.
  func openTable(_ key: String, path: [String], line: Int) throws(TOMLMistake) -> TOMLDraft {
    switch self[key] {
    case nil:
      let draft = TOMLDraft(.header)
      set(key, .table(draft), line: line)
      return draft
    case .table(let draft) where draft.origin == .implied:
      draft.origin = .header
      return draft
    default:
      throw TOMLMistake(line: line, reason: "[\(path.joined(separator: "."))] is defined a second time")
    }
  }

  /// A further table of the list `[[key]]`.
  func appendTable(_ key: String, line: Int) throws(TOMLMistake) -> TOMLDraft {
    let draft = TOMLDraft(.header)
    switch self[key] {
    case nil:
      set(key, .tables([(draft, line)]), line: line)
    case .tables(let drafts):
      set(key, .tables(drafts + [(draft, line)]), line: line)
    default:
      throw TOMLMistake(line: line, reason: "'\(key)' is no list of tables")
    }
    return draft
  }

  /// The table at `path` below this one, made where it does not exist yet.
  func descend(_ path: ArraySlice<String>, opening origin: Origin, line: Int) throws(TOMLMistake) -> TOMLDraft
  {
    var draft = self
    for key in path {
      switch draft[key] {
      case nil:
        let child = TOMLDraft(origin)
        draft.set(key, .table(child), line: line)
        draft = child
      case .table(let child) where child.origin != .inline && (origin == .implied || child.origin == .dotted):
        draft = child
      case .tables(let drafts) where origin == .implied && !drafts.isEmpty:
        draft = drafts[drafts.count - 1].draft
      default:
        throw TOMLMistake(line: line, reason: "'\(key)' has a value already and cannot be extended")
      }
    }
    return draft
  }

  /// `path = value`; the tables on the way grow where they may.
  func assign(_ value: TOMLValue, to path: [String], line: Int) throws(TOMLMistake) {
    guard let key = path.last else { return }
    let parent = try descend(path.dropLast(), opening: .dotted, line: line)
    guard parent[key] == nil else {
      throw TOMLMistake(line: line, reason: "'\(key)' is defined a second time")
    }
    parent.set(key, .value(value), line: line)
  }
}

/// A line that cannot be used, and why.
struct TOMLMistake: Error {
  var line: Int
  var reason: String
}
