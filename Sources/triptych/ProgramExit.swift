internal import Glibc

/// How the program ends when it is not fine. Thrown by subcommands.
enum ProgramExit: Error {
  /// It did what it was asked, and what it was asked about is not in order.
  case findings
  case wrongUsage
  /// Nothing could be opened, or something around the program is not there.
  case environment(String?)

  var code: Int32 {
    switch self {
    case .findings: 1
    case .wrongUsage: 2
    case .environment: 3
    }
  }

  func end() -> Never {
    if case .environment(let reason?) = self { Output.complain(reason) }
    exit(code)
  }
}
