import EventModel
import SceneGraph

// MARK: - Typing

/// One line of the list above a prompt.
struct PromptEntry: Hashable {
  /// What accepting it means: a command, or an argument.
  var value: String
  var title: SafeText
  /// Keys or other words at the right.
  var detail: SafeText
}

extension Prompt {
  init(_ argument: CommandArgument, for name: CommandName) {
    switch argument {
    case .text: self.init(.argument(name))
    case .character: self.init(.character(name))
    }
  }
}

extension SessionState {
  mutating func type(_ character: Character, in id: ViewID) -> [Effect] {
    guard let index = views.firstIndex(where: { $0.id == id }), var prompt = views[index].prompt else {
      return []
    }
    views[index].notice = nil
    if case .character(let name) = prompt.purpose {
      views[index].prompt = nil
      return invoke(name, argument: String(character), by: id)
    }
    guard prompt.text.utf8.count < 1000 else { return [] }
    prompt.text.append(character)
    prompt.choice = 0
    prompt.complaint = nil
    views[index].prompt = prompt
    return []
  }

  func erasePrompt(_ view: inout ViewState) {
    guard var prompt = view.prompt else { return }
    if prompt.text.isEmpty {
      view.prompt = nil
      return
    }
    prompt.text.removeLast()
    prompt.choice = 0
    prompt.complaint = nil
    view.prompt = prompt
  }

  func clearPrompt(_ view: inout ViewState) {
    view.prompt?.text = ""
    view.prompt?.choice = 0
    view.prompt?.complaint = nil
  }

  func completePrompt(_ view: inout ViewState) {
    guard let prompt = view.prompt else { return }
    let entries = promptEntries(view)
    guard entries.indices.contains(prompt.choice) else { return }
    if case .palette = prompt.purpose {
      view.prompt?.text = entries[prompt.choice].title.string
    } else {
      view.prompt?.text = entries[prompt.choice].value
    }
    view.prompt?.choice = 0
  }

  func movePromptChoice(_ view: inout ViewState, by count: Int) {
    let last = promptEntries(view).count - 1
    guard let choice = view.prompt?.choice, last >= 0 else { return }
    view.prompt?.choice = min(max(choice + count, 0), last)
  }

  mutating func acceptPrompt(_ view: inout ViewState) -> [Effect] {
    guard let prompt = view.prompt else { return [] }
    let entries = promptEntries(view)
    let chosen = entries.indices.contains(prompt.choice) ? entries[prompt.choice] : nil
    switch prompt.purpose {
    case .palette:
      guard let chosen, let words = CommandPhrase.words(of: chosen.value) else {
        view.prompt?.complaint = "no command like '\(prompt.text)'"
        return []
      }
      view.prompt = nil
      return runFromPrompt(words.spec.name, argument: words.rest, &view)
    case .argument(let name):
      view.prompt = nil
      let argument = entries.isEmpty ? prompt.text : chosen?.value ?? prompt.text
      return runFromPrompt(name, argument: argument, &view)
    case .character:
      return []
    }
  }

  /// Runs a command while another (`prompt.accept`) is being run: the view travels through `views` and back.
  private mutating func runFromPrompt(
    _ name: CommandName, argument: String?, _ view: inout ViewState
  ) -> [Effect] {
    guard let index = views.firstIndex(where: { $0.id == view.id }) else { return [] }
    views[index] = view
    let effects = invoke(name, argument: argument, by: view.id)
    view = views[index]
    return effects
  }

  // MARK: - Lists above the prompt

  /// What the list above the prompt offers for what was typed.
  func promptEntries(_ view: ViewState) -> [PromptEntry] {
    guard let prompt = view.prompt else { return [] }
    switch prompt.purpose {
    case .palette: return paletteEntries(matching: prompt.text)
    case .argument(.theme):
      return choices(configuration.themeNames, prompt.text, current: configuration.themeName)
    case .argument(.keymap):
      return choices(configuration.keymapNames, prompt.text, current: configuration.keymapName)
    case .argument(.lens):
      return choices(Lens.allCases.map(\.rawValue), prompt.text, current: view.lens.rawValue)
    case .argument(.severityFloor):
      return choices(["all"] + Severity.allCases.map(\.name), prompt.text, current: dice.severities.label)
    case .argument(.viewOpen): return choices(savedViews.map(\.name), prompt.text, current: "")
    case .argument(let name)
    where [.noteList, .noteEdit, .noteDelete, .noteEvidence, .hypothesisState].contains(name):
      return noteEntries(for: name, prompt.text, view)
    case .argument, .character: return []
    }
  }

  private func choices(_ names: [String], _ text: String, current: String) -> [PromptEntry] {
    names.compactMap { name in
      fuzzyScore(of: text, in: name).map { ($0, name) }
    }.sorted { $0.0 > $1.0 }.map {
      PromptEntry(value: $0.1, title: "\($0.1)", detail: $0.1 == current ? "now" : "")
    }
  }

  private func paletteEntries(matching text: String) -> [PromptEntry] {
    if let phrase = phraseEntry(text) { return [phrase] }
    var scored: [(score: Int, order: Int, entry: PromptEntry)] = []
    for (order, spec) in CommandTable.all.enumerated() where !spec.contexts.contains(.prompt) {
      let best = max(fuzzyScore(of: text, in: spec.title) ?? -1, fuzzyScore(of: text, in: spec.id) ?? -1)
      guard best >= 0 else { continue }
      let keys = (configuration.keys[spec.name] ?? []).joined(separator: "  ")
      scored.append((best, order, PromptEntry(value: spec.id, title: "\(spec.title)", detail: "\(keys)")))
    }
    return scored.sorted { $0.score != $1.score ? $0.score > $1.score : $0.order < $1.order }.map(\.entry)
  }

  /// A command written out with its argument: `go.time 03:07`, or `filter timeout` as in the line mode. A short word
  /// counts only where no title has the letters: people write titles as well.
  private func phraseEntry(_ text: String) -> PromptEntry? {
    guard let words = CommandPhrase.words(of: text), let rest = words.rest, words.spec.argument != nil else {
      return nil
    }
    let isWrittenOut = text.hasPrefix(words.spec.id) && words.spec.id.contains(".")
    let isTitle = CommandTable.all.contains { fuzzyScore(of: text, in: $0.title) != nil }
    guard isWrittenOut || !isTitle else { return nil }
    return PromptEntry(value: "\(words.spec.id) \(rest)", title: "\(words.spec.id) \(rest)", detail: "")
  }
}

/// How well `pattern`'s letters occur in `text` in their order, case ignored; `nil` when they do not. Letters at the
/// start of a word and letters in a run score higher.
func fuzzyScore(of pattern: String, in text: String) -> Int? {
  let wanted = Array(pattern.lowercased().filter { $0 != " " })
  guard !wanted.isEmpty else { return 0 }
  let letters = Array(text.lowercased())
  var score = 0
  var next = 0
  var previousHit = -2
  for (index, letter) in letters.enumerated() where next < wanted.count && letter == wanted[next] {
    let startsWord = index == 0 || !letters[index - 1].isLetter
    score += (startsWord ? 8 : 1) + (previousHit == index - 1 ? 5 : 0)
    previousHit = index
    next += 1
  }
  return next == wanted.count ? score - letters.count / 8 : nil
}
