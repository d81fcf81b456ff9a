import EventModel
import SceneGraph

extension SessionState {
  /// Runs a command of the table for a view, and remembers what undo and back need.
  mutating func invoke(_ name: CommandName, argument: String?, by id: ViewID) -> [Effect] {
    guard let index = views.firstIndex(where: { $0.id == id }) else { return [] }
    var view = views[index]
    defer { views[index] = view }
    view.notice = nil
    view.pendingKeys = []
    view.hasActed = true
    view.destination = nil
    let spec = CommandTable.spec(name)
    if let wanted = spec.argument, argument == nil {
      view.prompt = Prompt(wanted, for: name)
      return []
    }
    if spec.changesSession, !mayChangeSession(&view) { return [] }
    if refusesInTraining(name, &view) { return [] }
    let before = place(of: view)
    let effects = perform(name, argument ?? "", &view)
    if !CommandTable.movesClock(name) { scrub(&view, movedFrom: before) }
    if spec.undo != .none, place(of: view) != before {
      view.rememberStep(before)
      if spec.undo == .jump { view.rememberJump(before) }
    }
    noteVisit(view)
    advanceCoach(&view, after: name)
    return effects
  }

  /// Only the view with the pen changes what all views share; another is told so.
  func mayChangeSession(_ view: inout ViewState) -> Bool {
    guard let pen, pen != view.id else { return true }
    view.notice = Notice("another view has the pen; this one only looks", .caution)
    return false
  }

  private mutating func perform(_ name: CommandName, _ argument: String, _ view: inout ViewState) -> [Effect]
  {
    switch name {
    case .cursorLeft: return moveCursor(&view, columns: -1, rows: 0)
    case .cursorRight: return moveCursor(&view, columns: 1, rows: 0)
    case .cursorUp: return moveCursor(&view, columns: 0, rows: -1)
    case .cursorDown: return moveCursor(&view, columns: 0, rows: 1)
    case .pageUp: return moveCursor(&view, columns: 0, rows: -pageRowCount(view))
    case .pageDown: return moveCursor(&view, columns: 0, rows: pageRowCount(view))
    case .pageEarlier: page(&view, by: -1)
    case .pageLater: page(&view, by: 1)
    case .panLeft: pan(&view, columns: -1)
    case .panRight: pan(&view, columns: 1)
    case .panUp: scrollRows(&view, by: -1)
    case .panDown: scrollRows(&view, by: 1)
    case .goStart: goToEdge(&view, isEnd: false)
    case .goEnd: goToEdge(&view, isEnd: true)
    case .goFirstRow: return moveCursor(&view, columns: 0, rows: Int(Int32.min))
    case .goLastRow: return moveCursor(&view, columns: 0, rows: Int(Int32.max))
    case .goTime: goToTime(argument, &view)
    case .nextError: goToError(&view, isForward: true)
    case .previousError: goToError(&view, isForward: false)
    case .goWorst: goToWorst(&view)
    case .search: return search(argument, &view)
    case .nextMatch: return findNext(&view, isForward: true)
    case .previousMatch: return findNext(&view, isForward: false)
    case .open: return open(&view)
    case .back:
      if let effects = stopSearch(&view) { return effects }
      _ = goBack(&view)
    case .focusNext: moveFocus(&view, by: 1)
    case .focusPrevious: moveFocus(&view, by: -1)
    case .zoomOut: zoom(&view, steps: 1)
    case .zoomIn: zoom(&view, steps: -1)
    case .zoomFit: fit(&view)
    case .faceTimeService: show(.timeService, in: &view)
    case .faceTimeSeverity: show(.timeSeverity, in: &view)
    case .faceServiceSeverity: show(.serviceSeverity, in: &view)
    case .faceAll: show(nil, in: &view)
    case .pivot: pivot(&view)
    case .lensNext: view.lens = view.lens.next
    case .lens: chooseLens(argument, &view)
    case .weights: setWeights(argument, &view)
    case .fold: foldCursorRow(&view)
    case .foldAll: foldAll(&view)
    case .unfoldAll:
      view.folded = []
      keepCursorVisible(&view)
    case .hideQuiet:
      view.hidesQuiet.toggle()
      keepCursorVisible(&view)
    case .orderNext:
      view.order = view.order.next
      orderRows(&view)
      keepCursorVisible(&view)
      view.notice = Notice("rows by \(view.order.rawValue)", .muted)
    case .follow: toggleFollow(&view)
    case .timeZone: view.usesLocalTime.toggle()
    case .filterAdd: return addFilter(argument, &view)
    case .filterRemoveLast: return removeLastTerm(&view)
    case .filterRemove: return removeTerm(numbered: argument, &view)
    case .filterService: return addServiceGlobs(argument, &view)
    case .severityFloor: return setSeverityFloor(argument, &view)
    case .severityFloorNext: return nextSeverityFloor(&view)
    case .sliceService: return sliceService(&view)
    case .sliceSeverity: return sliceSeverity(&view)
    case .sliceTime: return sliceTime(&view)
    case .knownAtCursor: return view.player == nil ? toggleKnown(&view) : toggleKnownThen(&view)
    case .knownAt: return setKnown(argument, &view)
    case .sliceRelease: return setDice(.everything, &view)
    case .select: toggleSelection(&view)
    case .sameTrace: return filterSameTrace(&view)
    case .filterByField: return filterByField(&view)
    case .undo: return undo(&view)
    case .redo: return redo(&view)
    case .jumpBack: return jumpBack(&view)
    case .jumpForward: return jumpForward(&view)
    case .markSet: return setMark(argument, &view)
    case .markGo: return goToMark(argument, &view)
    case .viewSave: return saveView(argument, &view)
    case .viewOpen: return openSavedView(argument, &view)
    case .trailNext: return walkTrail(&view, by: 1)
    case .trailPrevious: return walkTrail(&view, by: -1)
    case .replayToggle: return togglePlayer(&view)
    case .replayPlay: return playOrPause(&view)
    case .replayFaster: changeSpeed(&view, by: 1)
    case .replaySlower: changeSpeed(&view, by: -1)
    case .replayNext: return stepBucket(&view, by: 1)
    case .replayPrevious: return stepBucket(&view, by: -1)
    case .noteNext: return stepNote(&view, by: 1)
    case .notePrevious: return stepNote(&view, by: -1)
    case .noteAdd: return addNote(.note, argument, &view)
    case .hypothesisAdd: return addNote(.hypothesis, argument, &view)
    case .noteList: return goToNote(argument, &view)
    case .noteEdit: return editNote(argument, &view)
    case .noteDelete: return deleteNote(argument, &view)
    case .noteRestore: return restoreNote(&view)
    case .noteEvidence: return addEvidence(argument, &view)
    case .hypothesisState: return setNoteState(argument, &view)
    case .handover:
      if !refusesApproximate(&view) { view.overlay = .handover(firstLine: 0) }
    case .trainAnswer: return answerTraining(argument, &view)
    case .handoverSave: return saveHandover(argument, &view)
    case .copy:
      if case .handover? = view.overlay { return copyHandover(&view) }
      return copy(&view)
    case .copyLink: return copyLink(&view)
    case .sources: view.overlay = .sources(firstLine: 0)
    case .theme: return chooseTheme(argument, &view)
    case .keymap: return chooseKeymap(argument, &view)
    case .stats: view.showsStats.toggle()
    case .palette: view.prompt = Prompt(.palette)
    case .help: view.overlay = .help(firstLine: 0)
    case .record: return [.toggleRecording(view.id)]
    case .repaint: return [.repaint(view.id)]
    case .suspend: return [.suspend(view.id)]
    case .quit: return goBack(&view) ? [] : [.quit(view.id)]
    case .quitNow: return [.quit(view.id)]
    case .promptAccept: return acceptPrompt(&view)
    case .promptErase: erasePrompt(&view)
    case .promptClear: clearPrompt(&view)
    case .promptComplete: completePrompt(&view)
    case .promptUp: movePromptChoice(&view, by: -1)
    case .promptDown: movePromptChoice(&view, by: 1)
    }
    return []
  }

  /// The coach line goes on when the person has done what it asks for.
  private func advanceCoach(_ view: inout ViewState, after name: CommandName) {
    guard view.coachStep < configuration.coach.count else { return }
    let steps: [Set<CommandName>] = [
      [.cursorLeft, .cursorRight, .cursorUp, .cursorDown, .goWorst, .nextError], [.open], [.open],
      [.back, .quit],
    ]
    guard view.coachStep < steps.count, steps[view.coachStep].contains(name) else { return }
    view.coachStep += 1
  }
}

// MARK: - Undo, redo, jumps

extension SessionState {
  func place(of view: ViewState) -> Place {
    Place(
      dice: dice, singleFace: view.singleFace, focus: view.focus, window: view.window,
      cursorTime: view.cursorTime, cursorRow: view.cursorRow, cursorSeverity: view.cursorSeverity,
      lens: view.lens,
      order: view.order, rowServices: view.rowServices, hidesQuiet: view.hidesQuiet, folded: view.folded,
      selection: view.selection, isSelecting: view.isSelecting, firstRow: view.firstRow,
      isFollowing: view.isFollowing, isPaused: view.isPaused,
      drill: view.drill.flatMap { $0.isPreview ? nil : $0 }, previewFace: previewFace(of: view),
      head: view.player?.head)
  }

  /// The face that a list belongs to in which the focus stands, and which nobody asked for.
  private func previewFace(of view: ViewState) -> Face? {
    guard view.drill?.isPreview == true, case .face(let face) = view.drillFocus else { return nil }
    return view.focus == .face(face) ? nil : face
  }

  private mutating func restore(_ place: Place, _ view: inout ViewState) -> [Effect] {
    view.singleFace = place.singleFace
    view.focus = place.focus
    view.window = place.window
    view.cursorTime = place.cursorTime
    view.cursorRow = place.cursorRow
    view.cursorSeverity = place.cursorSeverity
    view.lens = place.lens
    view.order = place.order
    view.rowServices = place.rowServices
    view.hidesQuiet = place.hidesQuiet
    view.folded = place.folded
    view.selection = place.selection
    view.isSelecting = place.isSelecting
    view.firstRow = place.firstRow
    view.seeksEvents = false
    view.isFollowing = place.isFollowing
    view.isPaused = place.isPaused
    if let head = place.head { view.player?.head = head }
    view.drill = place.drill ?? view.drill.flatMap { $0.isPreview ? $0 : nil }
    view.nextPreview = nil
    var effects: [Effect] = []
    if place.dice != dice, pen == nil || pen == view.id {
      effects += changeDice(place.dice, by: view)
    }
    appendRows(&view)
    keepCursorVisible(&view)
    if let drill = view.drill,
      drill.requestID != nil || drill.filter != dice.filter || drill.knownBefore != dice.knownBefore
    {
      effects += refreshEvents(&view)
    }
    if let face = place.previewFace, view.drill?.isPreview ?? true {
      // The list itself is made anew.
      if view.drill == nil {
        view.drill = Drill(title: .empty, range: .everything, severities: .all, count: 0)
        view.drill?.isPreview = true
      }
      view.drill?.face = face
    }
    return effects
  }

  private mutating func undo(_ view: inout ViewState) -> [Effect] {
    guard let place = view.undoStack.popLast() else {
      view.notice = Notice("nothing to undo", .caution)
      return []
    }
    view.redoStack.append(self.place(of: view))
    return restore(place, &view)
  }

  private mutating func redo(_ view: inout ViewState) -> [Effect] {
    guard let place = view.redoStack.popLast() else {
      view.notice = Notice("nothing to redo", .caution)
      return []
    }
    view.undoStack.append(self.place(of: view))
    return restore(place, &view)
  }

  private mutating func jumpBack(_ view: inout ViewState) -> [Effect] {
    guard let place = view.jumpsBack.popLast() else {
      view.notice = Notice("no earlier jump", .caution)
      return []
    }
    view.jumpsForward.append(self.place(of: view))
    return restore(place, &view)
  }

  private mutating func jumpForward(_ view: inout ViewState) -> [Effect] {
    guard let place = view.jumpsForward.popLast() else {
      view.notice = Notice("no later jump", .caution)
      return []
    }
    view.jumpsBack.append(self.place(of: view))
    return restore(place, &view)
  }
}
