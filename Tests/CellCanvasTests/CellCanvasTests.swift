import CellCanvas
import GoldenFrames
import Preferences
import SceneGraph
import Testing

@Suite struct `A scene becomes cells` {
  @Test(arguments: [(200, 60), (120, 36), (80, 24), (40, 12)])
  func `a triptych fits every size, told in 256 colours`(columns: Int, rows: Int) {
    let frame = testCanvas(.colors256).frame(of: sampleScene(columns: columns, rows: rows))
    #expect(golden(frame.styledText(), "triptych-\(columns)x\(rows)-256") == nil)
  }
}
