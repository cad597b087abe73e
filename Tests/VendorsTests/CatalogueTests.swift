import Configuration
import FoundationEssentials
import JSON
import Testing
@testable import Vendors

@Suite struct CatalogueTests {
  @Test func everyFileIsReadWithoutAWord() {
    let catalogue = Catalogue.builtIn()
    #expect(catalogue.diagnostics.map(\.headline) == [])
  }

  @Test func theListOfFilesIsTheDirectory() throws {
    let directory =
      String(#filePath.prefix(upTo: try #require(#filePath.firstRange(of: "/Tests/")).lowerBound))
      + "/Sources/Vendors/Catalogue"
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".yaml") }
    #expect(names.sorted() == Catalogue.files.map(\.name).sorted())
  }

  @Test(arguments: Catalogue.builtIn().names)
  func everyEntryIsComplete(name: String) throws {
    let entry = try vendor(name)
    #expect(!entry.sources.isEmpty, "\(name) names no source")
    #expect(!entry.title.isEmpty)
    #expect(!entry.credential.placements.isEmpty)
    #expect(entry.simulation != nil, "\(name) has no simulator")
    let values = entry.missingVariables
    #expect(throws: Never.self) { try Endpoint(descriptor: entry, settings: UpstreamSettings(variables: values)) }
    for region in entry.regions.keys {
      #expect(throws: Never.self) { try Endpoint(descriptor: entry, settings: UpstreamSettings(variables: values, region: region)) }
    }
  }

  @Test(arguments: Catalogue.builtIn().names)
  func theSimulatorSaysTheReadyMessages(name: String) throws {
    let entry = try vendor(name)
    guard case .stages(let stages) = entry.lifecycle.ready else { return }
    let steps = (entry.simulation?.on.values.flatMap { $0 } ?? []) + (entry.simulation?.messages.flatMap(\.steps) ?? [])
    let sent = steps.compactMap { step in
      if case .send(let template) = step.action, case .json(let json) = template.content { json } else { JSONValue?.none }
    }
    for stage in stages { #expect(sent.contains { stage.matches($0) }, "\(name) never says \(stage.summary)") }
  }

  @Test func aUsersVendorReplacesAndAdds() {
    let (one, problems) = descriptor(
      """
      test.one:
        kind: text_to_speech
        endpoint: {url: "wss://tts.example.com/{voice}"}
      openai.realtime:
        kind: speech_to_speech
        endpoint: {url: "wss://mine.example.com/v1/realtime"}
      """)
    #expect(problems == [])
    #expect(one?.name == "test.one")
    #expect(one?.endpoint.url.source == "wss://tts.example.com/{voice}")
  }
}
