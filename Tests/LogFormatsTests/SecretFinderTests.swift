import EventModel
import Testing

@testable import LogFormats

@Suite("Known secrets")
struct SecretFinderTests {
  /// Put together here, so that nobody's scanner takes this file for a leak.
  static let samples: [(kind: SecretFinder.Kind, secret: String, text: String)] = [
    (.awsKey, "AKIA" + "ABCDEFGHIJKLMNOP", "key=AKIA" + "ABCDEFGHIJKLMNOP;"),
    (
      .gitHubToken, "ghp_" + String(repeating: "a1", count: 18),
      "push with ghp_" + String(repeating: "a1", count: 18)
    ),
    (.gitLabToken, "glpat-" + "abcdefghij0123456789", "token: glpat-" + "abcdefghij0123456789"),
    (.slackToken, "xoxb-" + "123456789012-abcdef", #"{"t":"xoxb-"# + #"123456789012-abcdef"}"#),
    (.googleKey, "AIza" + String(repeating: "b", count: 35), "?key=AIza" + String(repeating: "b", count: 35)),
    (.stripeKey, "sk_live_" + "0123456789abcdefgh", "sk_live_" + "0123456789abcdefgh"),
    (.webToken, "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln-_", "jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2ln-_ here"),
    (.authorization, "c2VjcmV0OnB3", "authorization: Basic c2VjcmV0OnB3"),
    (.authorization, "tok-12345678", #"{"Authorization":"Bearer tok-12345678"}"#),
    (.authorization, "tok.12345678", #"sent \"bearer tok.12345678\" to"#),
    (.urlPassword, "hunter22", "postgres://app:hunter22@db:5432/x"),
    (.urlPassword, "app:pw", "https://app:pw@host/x"),
    (.cardNumber, "4111111111111111", #"{"card":4111111111111111}"#),
    (.cardNumber, "5500 0000 0000 0004", "paid with 5500 0000 0000 0004."),
    (.cardNumber, "3400-000000-00009", "amex 3400-000000-00009"),
  ]

  @Test(arguments: samples.indices)
  func `are found where they stand`(number: Int) {
    let sample = Self.samples[number]
    let found = SecretFinder.findings(in: Array(sample.text.utf8))
    #expect(found.map(\.kind) == [sample.kind])
    #expect(found.map(\.value.repaired) == [sample.secret])
    let place = Array(sample.text.utf8).indices.first { start in
      Array(sample.text.utf8)[start...].starts(with: sample.secret.utf8)
    }
    #expect(found.first?.byteOffset == place)
  }

  @Test(arguments: [
    "4111111111111112", "1763867230000000000", "2026-11-23T03:07:10.411111111111111Z", "x4111111111111111",
    "4111111111111111.5e3a", "AKIA short", "bearer of bad news", "authorization required",
    "authorization: required",
    "http://host:8080/path@x", "git@github.com:a/b", "ghp_short", "eyJhbGciOiJI.nothing", "0000000000000000",
  ])
  func `are not what only looks a little like them`(text: String) {
    #expect(SecretFinder.findings(in: Array(text.utf8)) == [])
  }

  @Test(arguments: ["\n", "\\n", "\\\\n"])
  func `are, of a private key, its lines, however they are broken`(newline: String) {
    let title = "PRIVATE " + "KEY-----"
    let lines = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"]
    let text = ["key:", "-----BEGIN \(title)", lines[0], lines[1], "-----END \(title)"].joined(
      separator: newline)
    let found = SecretFinder.findings(in: Array(text.utf8))
    #expect(Set(found.map(\.kind)) == [.privateKey])
    #expect(Set(found.map(\.value.repaired)).isSuperset(of: lines))
  }
}
