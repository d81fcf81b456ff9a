public import CellCanvas
import SceneGraph

extension CellFrame {
  /// The text, then a map of the same shape with a letter for each style, then what the letters mean: golden frames
  /// show a changed colour as plainly as a changed word.
  public func styledText() -> String {
    var letters: [CellStyle: Character] = [CellStyle(): " "]
    var legend: [String] = []
    var map: [String] = []
    for row in 0..<rows {
      var line = ""
      for cell in self.row(row) {
        if letters[cell.style] == nil {
          let letter = legend.count < Self.letters.count ? Self.letters[legend.count] : "?"
          letters[cell.style] = letter
          legend.append("\(letter) \(cell.style)")
        }
        line.append(letters[cell.style] ?? "?")
      }
      while line.last == " " { line.removeLast() }
      map.append(line)
    }
    let place = cursor.map { "cursor \($0.column),\($0.row)" } ?? "cursor hidden"
    return ([plainText(), "--- styles, \(place)"] + map + ["---"] + legend).joined(separator: "\n") + "\n"
  }

  private static let letters = Array(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789αβγδεζηθικλμνξοπρστυφχψωбгджзийлпфцчшщъыьэюя"
  )
}
