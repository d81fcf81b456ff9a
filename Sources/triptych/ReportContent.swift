internal import EventModel
internal import SceneExport
internal import SceneGraph
internal import Session

/// What a report says, before it is Markdown or HTML.
struct ReportContent {
  struct Picture {
    var title: SafeText
    var link: SessionLink
    var plain: String
    var svg: String
  }

  var summary: SessionSummary
  var sources: [SafeText]
  /// Local time, beside UTC.
  var zone: TimeZoneRules
  var pictures: [Picture]

  private struct Moment {
    var time: Timestamp
    var words: SafeText
    var link: SessionLink?
  }

  /// What happened and what was written, by time.
  private var timeline: [Moment] {
    var moments = summary.rises.map { rise in
      Moment(
        time: rise.since,
        words:
          "\(rise.service): \(rise.isFatal ? "fatal events" : "errors above their usual")\(rise.isFromTheStart ? ", from the start" : ""), \(rise.errorCount) from here on",
        link: nil)
    }
    moments += summary.worstCells.map { cell in
      Moment(
        time: cell.range.start,
        words:
          "\(cell.service): \(cell.errorCount) errors within \(ZoomLadder.label(cell.range.durationNs)), among the worst cells",
        link: cell.link)
    }
    for (index, note) in summary.notes.enumerated() {
      moments.append(
        Moment(
          time: note.target.range.start, words: "\(note.kind.rawValue) \(index + 1): \(note.text)",
          link: note.link))
    }
    if let span = summary.span {
      moments.append(Moment(time: span.start, words: "the first event", link: nil))
      moments.append(
        Moment(time: span.end.advanced(byNanoseconds: -1), words: "the last event", link: summary.link))
    }
    return moments.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(
      \.element)
  }

  private var title: SafeText {
    sources.count == 1
      ? "Post-mortem: \(sources[0].keepingTail(toWidth: 80))" : "Post-mortem: \(sources.count) sources"
  }

  private func local(_ time: Timestamp) -> String {
    SessionSummary.minute(time, zone) + " " + zone.abbreviation(at: time)
  }

  private func state(_ note: Note) -> String { note.kind == .note ? "note" : note.state.rawValue }

  // MARK: Markdown

  func markdown(keeping earlier: EarlierReport) -> String {
    var text = EarlierReport.headMark + "\n# \(Self.markdown(title))\n\n"
    text +=
      "\(Self.markdown(summary.headline(.utc)))\n\n\(Self.markdown("Impact: " + summary.impact(.utc)))\n\n"
    text += "## Timeline\n\n| UTC | \(Self.markdown(SafeText(zone.name))) | what |\n|---|---|---|\n"
    for moment in timeline {
      let link = moment.link.map { " ([open](<\($0.description)>))" } ?? ""
      text +=
        "| \(SessionSummary.minute(moment.time, .utc)) | \(local(moment.time)) | \(Self.markdown(moment.words))\(link) |\n"
    }
    text += "\n## Notes and hypotheses\n\n"
    if summary.notes.isEmpty { text += "None was written down.\n" }
    for (index, note) in summary.notes.enumerated() {
      let author: SafeText = note.author.isEmpty ? "" : " by \(note.author)"
      text +=
        "\(index + 1). **\(state(note))**\(Self.markdown(author)), \(SessionSummary.minute(note.writtenAt, .utc)) UTC: "
      text +=
        "\(Self.markdown(SafeText(note.text, byteLimit: Note.textLimit))) ([open](<\(note.link.description)>))\n"
      for (number, evidence) in note.evidence.enumerated() {
        text += "   - [evidence \(index + 1).\(number + 1)](<\(evidence.link.description)>)\n"
      }
    }
    for part in EarlierReport.parts {
      text += "\n## \(part.title)\n\n\(EarlierReport.begin(part.name))\n\(earlier.text(of: part))\n"
      text += "\(EarlierReport.end(part.name))\n"
    }
    text += "\n## Pictures\n"
    for picture in pictures {
      let fence = Self.fence(for: picture.plain)
      text += "\n\(Self.markdown(picture.title)) ([open](<\(picture.link.description)>))\n\n\(fence)text\n"
      text += "\(picture.plain)\n\(fence)\n"
    }
    return EarlierReport.sealed(text, format: "md")
  }

  /// Foreign words as words: no sign of theirs is Markdown or HTML.
  static func markdown(_ text: SafeText) -> String {
    var escaped = ""
    for scalar in text.string.unicodeScalars {
      if "\\`*_{}[]()<>#+!|~&$".unicodeScalars.contains(scalar) { escaped += "\\" }
      escaped.unicodeScalars.append(scalar == "\n" ? " " : scalar)
    }
    return escaped
  }

  /// Longer than any run of backticks inside.
  private static func fence(for text: String) -> String {
    var (longest, run) = (0, 0)
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: max(3, longest + 1))
  }

  // MARK: HTML

  func html(keeping earlier: EarlierReport) -> String {
    let escaped = { (text: SafeText) in MarkupText.escaped(text.string) }
    let anchor = { (link: SessionLink, words: String) in
      "<a href=\"\(MarkupText.escaped(link.description))\">\(words)</a>"
    }
    var text =
      "<!DOCTYPE html>\n\(EarlierReport.headMark)\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    text += "<meta name=\"viewport\" content=\"width=device-width\">\n"
    text +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    text += "<title>\(escaped(title))</title>\n<style>\(Self.style)</style>\n</head>\n<body>\n"
    text += "<h1>\(escaped(title))</h1>\n<p class=\"headline\">\(escaped(summary.headline(.utc)))</p>\n"
    text += "<p>Impact: \(escaped(summary.impact(.utc)))</p>\n<h2>Timeline</h2>\n<table>\n"
    text += "<tr><th>UTC</th><th>\(MarkupText.escaped(zone.name))</th><th>what</th></tr>\n"
    for moment in timeline {
      let link = moment.link.map { " " + anchor($0, "open") } ?? ""
      text += "<tr><td>\(SessionSummary.minute(moment.time, .utc))</td><td>\(local(moment.time))</td>"
      text += "<td>\(escaped(moment.words))\(link)</td></tr>\n"
    }
    text += "</table>\n<h2>Notes and hypotheses</h2>\n"
    if summary.notes.isEmpty { text += "<p>None was written down.</p>\n" }
    text += "<ol>\n"
    for (index, note) in summary.notes.enumerated() {
      let author: SafeText = note.author.isEmpty ? "" : " by \(note.author)"
      text +=
        "<li><strong>\(state(note))</strong>\(escaped(author)), \(SessionSummary.minute(note.writtenAt, .utc)) UTC: "
      text += "\(escaped(SafeText(note.text, byteLimit: Note.textLimit))) \(anchor(note.link, "open"))"
      for (number, evidence) in note.evidence.enumerated() {
        text += " \(anchor(evidence.link, "evidence \(index + 1).\(number + 1)"))"
      }
      text += "</li>\n"
    }
    text += "</ol>\n"
    for part in EarlierReport.parts {
      text +=
        "<h2>\(MarkupText.escaped(part.title))</h2>\n<div class=\"people\">\n\(EarlierReport.begin(part.name))\n"
      text += "\(earlier.text(of: part))\n\(EarlierReport.end(part.name))\n</div>\n"
    }
    text += "<h2>Pictures</h2>\n"
    for picture in pictures {
      text += "<figure>\n\(picture.svg)<figcaption>\(escaped(picture.title)) \(anchor(picture.link, "open"))"
      text += "</figcaption>\n</figure>\n"
    }
    return EarlierReport.sealed(text + "</body>\n</html>\n", format: "html")
  }

  private static let style = """
    :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;\
    padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;\
    padding:.2rem .6rem;border-bottom:1px solid #8886}td:nth-child(-n+2){white-space:nowrap;\
    font-variant-numeric:tabular-nums}td,li,h1,p{overflow-wrap:anywhere}.headline{font-size:1.2rem;\
    font-weight:600}.people{border-left:4px solid #8888;padding-left:1rem;white-space:pre-wrap}figure{margin:1rem 0;\
    overflow-x:auto;break-inside:avoid}figure svg{max-width:100%;height:auto;print-color-adjust:exact}
    """
}

extension SafeText {
  /// The end of a long path is what tells it from others.
  fileprivate func keepingTail(toWidth width: Int) -> SafeText {
    string.count <= width ? self : SafeText.ellipsis + SafeText(String(string.suffix(width - 1)))
  }
}
