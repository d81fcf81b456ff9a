import EventMatrix

// MARK: - What is told of the cell under the cursor

extension SessionState {
  /// A cursor that moves leaves its details behind: on a slow line, words and numbers that change with every step of a
  /// held key cost many times what the cursor does.
  mutating func deferDetails() {
    for index in views.indices where data.matrix.eventCount > 0 {
      let place = views[index].cursorPlace
      guard place != views[index].lastPlace else { continue }
      if views[index].detail == nil { views[index].detail = views[index].lastPlace }
      views[index].lastPlace = place
    }
  }
}

extension ViewState {
  /// Details are not yet those of the cell under the cursor.
  public var awaitsRest: Bool { detail != nil }

  var cursorPlace: CellPlace { CellPlace(time: cursorTime, row: cursorRow, severity: cursorSeverity) }

  /// This view with its cursor where its details are.
  var detailed: ViewState {
    guard let detail else { return self }
    var view = self
    (view.cursorTime, view.cursorRow, view.cursorSeverity) = (detail.time, detail.row, detail.severity)
    return view
  }

  /// Only the face that has the focus shows at once where the cursor is.
  func cursorView(of face: Face) -> ViewState { drillFocus == .face(face) ? self : detailed }
}
