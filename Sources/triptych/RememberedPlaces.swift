internal import Preferences
internal import Session
internal import Synchronization

/// Marks and named views, kept between sessions in the state directory: one link a line.
///
/// Other sessions and editors write the same files: saving changes the lines of what this session has changed and keeps
/// all others, also those that mean nothing to this version. A file that cannot be read is left as it is.
struct RememberedPlaces {
  private let store = UserDirectories(environment: ProcessEnvironment.all).state.map(StateStore.init)

  /// What this process has read or written last, by file: what differs from it is what the session has changed.
  private static let known = Mutex<[String: [String: String]]>([:])

  /// Lines that cannot be read are left out; they come from this program or from a person's editor.
  var marks: [Mark] {
    lines(of: "marks").compactMap { name, link in
      name.count == 1 ? name.first.map { Mark(letter: $0, link: link) } : nil
    }
  }

  var views: [SavedView] { lines(of: "views").map { SavedView(name: $0.name, link: $0.link) } }

  func save(_ marks: [Mark]) -> Problem? { save(marks.map { (String($0.letter), $0.link) }, as: "marks") }

  func save(_ views: [SavedView]) -> Problem? { save(views.map { ($0.name, $0.link) }, as: "views") }

  private func lines(of file: String) -> [(name: String, link: SessionLink)] {
    guard let text = try? store?.text(of: file) else { return [] }
    let places = Self.places(in: text).compactMap { name, text -> (name: String, link: SessionLink)? in
      guard let text, let link = try? SessionLink(text) else { return nil }
      return (name, link)
    }
    let links = places.map { ($0.name, $0.link.description) }
    Self.known.withLock { $0[file] = Dictionary(links, uniquingKeysWith: { $1 }) }
    return places
  }

  /// `NAME TAB LINK`; no link where a line has no tab.
  private static func places(in text: String) -> [(name: String, link: String?)] {
    text.split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return (parts[0], parts.count == 2 ? parts[1] : nil)
    }
  }

  private func save(_ places: [(name: String, link: SessionLink)], as file: String) -> Problem? {
    guard let store else { return nil }
    let links = places.map { place in
      (place.name.filter { !$0.isNewline && $0 != "\t" }, place.link.description)
    }
    let known = Self.known.withLock { $0[file] ?? [:] }
    var changed = links.filter { known[$0.0] != $0.1 }
    do {
      var lines = Self.places(in: try store.text(of: file) ?? "").map { place in
        guard place.link != nil, let index = changed.firstIndex(where: { $0.0 == place.name }) else {
          return place.link.map { place.name + "\t" + $0 } ?? place.name
        }
        return place.name + "\t" + changed.remove(at: index).1
      }
      lines += changed.map { $0.0 + "\t" + $0.1 }
      try store.store(lines.map { $0 + "\n" }.joined(), as: file)
      Self.known.withLock { $0[file] = Dictionary(links, uniquingKeysWith: { $1 }) }
      return nil
    } catch {
      return error
    }
  }
}
