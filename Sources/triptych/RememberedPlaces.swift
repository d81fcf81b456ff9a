internal import Preferences
internal import Session

/// Marks and named views, kept between sessions in the state directory: one link a line.
struct RememberedPlaces {
  private let store = UserDirectories(environment: ProcessEnvironment.all).state.map(StateStore.init)

  /// Lines that cannot be read are left out; they come from this program or from a person's editor.
  var marks: [Mark] {
    lines(of: "marks").compactMap { name, link in
      name.count == 1 ? name.first.map { Mark(letter: $0, link: link) } : nil
    }
  }

  var views: [SavedView] { lines(of: "views").map { SavedView(name: $0.name, link: $0.link) } }

  func save(_ marks: [Mark]) -> Problem? { save(marks.map { (String($0.letter), $0.link) }, as: "marks") }

  func save(_ views: [SavedView]) -> Problem? { save(views.map { ($0.name, $0.link) }, as: "views") }

  /// `NAME TAB LINK`
  private func lines(of file: String) -> [(name: String, link: SessionLink)] {
    guard let text = try? store?.text(of: file) else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      guard parts.count == 2, let link = try? SessionLink(parts[1]) else { return nil }
      return (parts[0], link)
    }
  }

  private func save(_ places: [(name: String, link: SessionLink)], as file: String) -> Problem? {
    guard let store else { return nil }
    let text = places.map { place in
      place.name.filter { !$0.isNewline && $0 != "\t" } + "\t" + place.link.description + "\n"
    }.joined()
    do {
      try store.store(text, as: file)
      return nil
    } catch {
      return error
    }
  }
}
