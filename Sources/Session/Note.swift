public import EventModel

/// What somebody wrote down about a part of the data.
///
/// Text and author are foreign words: they may come from another person's file.
public struct Note: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable { case note, hypothesis }

  /// What is held of a hypothesis.
  public enum State: String, CaseIterable, Hashable, Sendable { case proposed, supported, refuted }

  /// What it is about, in absolute terms: true at any zoom, in any window.
  public struct Target: Hashable, Sendable {
    public var range: TimeRange
    /// `nil` = all.
    public var services: [ForeignText]?
    public var severities: SeveritySet

    public init(range: TimeRange, services: [ForeignText]?, severities: SeveritySet) {
      self.range = range
      self.services = services
      self.severities = severities
    }
  }

  /// A view that speaks for or against a hypothesis, to jump back into.
  public struct Evidence: Hashable, Sendable {
    public var addedAt: Timestamp
    public var link: SessionLink

    public init(addedAt: Timestamp, link: SessionLink) {
      self.addedAt = addedAt
      self.link = link
    }
  }

  /// The same in every file that holds this note.
  public var id: String
  public var kind: Kind
  public var writtenAt: Timestamp
  public var author: ForeignText
  public var text: ForeignText
  public var target: Target
  /// Opens the view in which it was written.
  public var link: SessionLink
  /// Of hypotheses.
  public var state = State.proposed
  /// The oldest first.
  public var evidence: [Evidence] = []

  public init(
    id: String, kind: Kind, writtenAt: Timestamp, author: ForeignText, text: ForeignText, target: Target,
    link: SessionLink
  ) {
    self.id = id
    self.kind = kind
    self.writtenAt = writtenAt
    self.author = author
    self.text = text
    self.target = target
    self.link = link
  }

  /// No note holds more bytes of text.
  public static let textLimit = 16_384
  /// No note has more evidence.
  public static let evidenceLimit = 256
}

/// One step in the life of a note: as it is from now on, or that it is gone.
public struct NoteChange: Hashable, Sendable {
  public var note: Note
  public var isDeleted: Bool

  public init(_ note: Note, isDeleted: Bool = false) {
    self.note = note
    self.isDeleted = isDeleted
  }
}
