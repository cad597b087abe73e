import Configuration
import FoundationEssentials
import Glibc
import Testing
import YAML
@testable import Vendors

@Suite struct VendorDocumentsTests {
  private func page() throws -> String {
    let root = String(#filePath.prefix(upTo: try #require(#filePath.firstRange(of: "/Tests/")).lowerBound))
    return try String(contentsOfFile: root + "/Docs/Vendors.md", encoding: .utf8)
  }

  /// Written anew with `VOXGATE_WRITE_DOCS=1 swift test --filter VendorDocumentsTests`.
  @Test func thePageIsWhatTheFieldsSay() throws {
    if unsafe getenv("VOXGATE_WRITE_DOCS") != nil {
      let root = String(#filePath.prefix(upTo: try #require(#filePath.firstRange(of: "/Tests/")).lowerBound))
      try VendorDescriptor.referencePage().write(toFile: root + "/Docs/Vendors.md", atomically: false, encoding: .utf8)
    }
    #expect(try page() == VendorDescriptor.referencePage(), "Docs/Vendors.md differs from VendorDescriptor.referencePage()")
  }

  /// Every example of the page by itself: what is missing to a descriptor is put around it.
  @Test func everyPieceIsReadWithoutAWord() throws {
    var rest = try page()[...]
    var count = 0
    while let start = rest.firstRange(of: "```yaml\n"), let end = rest[start.upperBound...].firstRange(of: "```") {
      let block = String(rest[start.upperBound..<end.lowerBound])
      rest = rest[end.upperBound...]
      guard !block.hasPrefix("vendors:") else { continue }
      count += 1
      var entry = "test.one:\n"
      if !block.contains("like:") { entry += "  kind: speech_to_speech\n" }
      if !block.contains("endpoint:") { entry += "  endpoint: {url: \"wss://a.example/{app_id}\"}\n" }
      entry += block.split(separator: "\n").map { "  \($0)\n" }.joined()
      #expect(descriptor(entry).problems == [], "\(block)")
    }
    #expect(count > 15)
  }

  @Test func thePagesExampleIsADescriptor() throws {
    let text = try page()
    let start = try #require(text.firstRange(of: "```yaml\n")), end = try #require(text[start.upperBound...].firstRange(of: "```"))
    let root = try #require(Loader.load(String(text[start.upperBound..<end.lowerBound])).root)
    var reader = Reader(file: "example.yaml")
    let example = try #require(Catalogue.with(root["vendors"], &reader)["example.stt"])
    #expect(reader.diagnostics.map(\.headline) == [])
    let request = ClientRequest(
      rest: "/v1/stream", query: "model=m&encoding=pcm&sample_rate=8000",
      headers: [
        (
          "Authorization",
          "Bearer k"
        )
      ])
    var talk = try Conversation(SimulatorSession.admit(request, example, secret: "k", seed: 1))
    talk.stream(pcm(speech(syllables: 2, rate: 8000)), piece: 320)
    talk.send(#"{"type":"stop"}"#)
    #expect(talk.types == ["ready", "transcript", "end"])
    #expect(talk.message("end")?["seconds"] == .double(1.5))
  }

  @Test(arguments: SimulationCheck.names.subtracting(["message", "query", "word"]))
  func everyTemplateNameIsOnThePage(name: String) throws {
    let stem = name.hasSuffix("_ms") ? String(name.dropLast(3)) : name
    #expect(try page().contains("`{\(stem)}`"))
  }

  @Test(arguments: Simulation.Occasion.allCases)
  func everyOccasionIsOnThePage(occasion: Simulation.Occasion) throws {
    #expect(try page().contains("`\(occasion.rawValue)`"))
  }
}
