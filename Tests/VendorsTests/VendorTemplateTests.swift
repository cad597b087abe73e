import Configuration
import Testing
import YAML
@testable import Vendors

@Suite struct VendorTemplateTests {
  private func lines() -> [String] { VendorTemplate.text("test.one").split(separator: "\n").map { String($0) } }

  /// As `check` says it of a table with the template in it.
  private func problems(_ template: String) -> [Diagnostic] {
    var reader = Reader(file: "v.yaml")
    let document = Loader.load("vendors:\n" + template)
    #expect(document.problems.isEmpty, "\(document.problems)")
    _ = Catalogue.with(document.root?["vendors"], &reader)
    return reader.diagnostics
  }

  /// A key that is added to descriptors is in the template.
  @Test func everyKeyIsThereWithItsMeaning() {
    let text = lines().map { $0.drop { $0 == " " || $0 == "#" } }.joined(separator: " ")
    for field in VendorDescriptor.section.fields {
      #expect(text.contains("\(field.key): \(field.documentation)"), "\(field.key)")
    }
  }

  @Test func noLineIsTooLong() {
    for line in lines() where line.drop(while: { $0 == " " }).hasPrefix("##") { #expect(line.count <= 121, "\(line)") }
  }

  /// Each key that was left empty is a problem of its own, at its own line.
  @Test func whatIsLeftEmptyIsAskedFor() throws {
    let text = VendorTemplate.text("test.one")
    let lines = ("vendors:\n" + text).split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    let found = problems(text).filter { $0.severity == .error }
    let empty = [
      "kind", "source", "url", "placement", "client", "server", "discriminator", "client", "server", "allowed", "ready",
    ]
    let keys = try found.inOrder().map { problem -> String in
      let line = lines[try #require(problem.mark).line - 1]
      return String(line.drop { $0 == " " }.prefix { $0 != ":" })
    }
    #expect(keys == empty, "\(found.map(\.headline))")
    for problem in found { #expect(problem.message.hasSuffix("found nothing"), "\(problem.headline)") }
  }

  /// The examples are right as they are: with one of them for each key, there is nothing more to say.
  @Test func everyExampleCanBeUncommented() {
    var keys: [String: Int] = [:]
    var chosen: [String] = []
    var isShown = false
    for line in lines() {
      let blanks = line.prefix { $0 == " " }
      let rest = line.dropFirst(blanks.count)
      guard rest.hasPrefix("#"), !rest.hasPrefix("##") else { continue }
      let body = rest.dropFirst()
      if !body.hasPrefix(" ") {
        let key = String(body.prefix { $0 != ":" })
        guard blanks.count == 4 else { isShown = false; continue }
        keys[key, default: 0] += 1
        isShown = keys[key] == 1 && !["like", "limits"].contains(key)
      }
      if isShown { chosen.append("\(blanks)\(body)") }
    }
    #expect(keys.count > 15, "\(keys)")
    let entry = "  test.one:\n    kind: speech_to_speech\n" + chosen.joined(separator: "\n") + "\n"
    // Pieces of different vendors need not agree with each other; each by itself is read.
    let misread = problems(entry).filter { $0.message.contains("unknown key") || $0.message.contains("must be") }
    #expect(misread.isEmpty, "\(misread.map(\.headline))\n\(entry)")
  }

  @Test func aNameIsQuotedWhereItHasToBe() {
    #expect(VendorTemplate.text("1.2").contains("\n  \"1.2\":\n"))
    #expect(VendorTemplate.text("a.b").contains("\n  a.b:\n"))
  }
}
