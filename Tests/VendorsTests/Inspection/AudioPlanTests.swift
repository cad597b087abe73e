import Configuration
import Testing
@testable import Vendors

@Suite struct AudioPlanTests {
  @Test func everyVendorOfTheCatalogueCanBeInspected() throws {
    let catalogue = Catalogue.builtIn()
    for name in catalogue.names {
      let vendor = try #require(catalogue[name])
      for direction in AudioDirection.allCases {
        #expect(throws: Never.self, "\(name) \(direction)") { _ = try AudioPlan(vendor, direction) }
      }
    }
  }

  @Test func theRoutesFormatHoldsWhereNoneIsDeclared() throws {
    var route = RouteAudio()
    route.encoding = "linear16"
    route.sampleRate = 16_000
    let plan = try AudioPlan(vendor("deepgram.listen"), .input, route: route)
    var inspector = AudioInspector(plan)
    #expect(inspector.format == AudioFormat(encoding: .pcmS16LE, rate: 16_000))
    #expect(inspector.open(Query("")) == .pass)
    #expect(inspector.format == AudioFormat(encoding: .pcmS16LE, rate: 16_000))
    #expect(inspector.open(Query("encoding=mulaw&sample_rate=8000")) == .pass)
    #expect(inspector.format == AudioFormat(encoding: .mulaw, rate: 8000))
  }

  @Test func theRoutesFormatHasToBeTheVendors() throws {
    var route = RouteAudio()
    route.encoding = "pcm16"
    route.sampleRate = 16_000
    let listen = try vendor("deepgram.listen")
    #expect {
      _ = try AudioPlan(listen, .input, route: route)
    } throws: { error in
      "\(error)".hasPrefix("the route's audio is 'pcm16' at 16000 Hz, 1 channels; expected what the vendor takes: alaw, amr-nb")
    }
  }

  @Test func onlyWhatIsNeededIsRead() throws {
    let listen = try AudioPlan(vendor("deepgram.listen"), .input), openai = try AudioPlan(vendor("openai.realtime"), .input)
    #expect(listen.text == .other && listen.binary == .audio)
    #expect(openai.text == .json && openai.binary == .other)
    let agent = try AudioPlan(vendor("deepgram.agent"), .input)
    #expect(agent.text == .json && agent.binary == .audio)
  }

  static let refused = [
    "{match: {\"a[*].b\": x}, path: audio}", "{match: {audio: x}, path: audio}", "{match: {a: {one_of: [[1]]}}, path: audio}",
    "{match: {a: x}, path: \"a[*].b[*]\"}",
  ]

  @Test(arguments: refused)
  func whatNeedsWholeValuesIsRefused(client: String) throws {
    let yaml = "test.one:\n  kind: speech_to_text\n  endpoint: {url: \"wss://v.example/\"}\n  audio: {client: \(client)}\n"
    let vendor = try #require(descriptor(yaml).descriptor)
    #expect(throws: InspectionError.self) { _ = try AudioPlan(vendor, .input) }
  }

  @Test func rulesHaveStableNamesAndCodes() {
    #expect(
      AudioRule.allCases.map { "\($0.rawValue) \($0.closeCode)" } == [
        "malformed_json 1007", "malformed_frame 1007", "malformed_base64 1007", "partial_sample 1007", "missing_container 1007",
        "unexpected_container 1007",
        "format_not_allowed 1008", "chunk_too_short 1008", "chunk_too_long 1008", "chunk_too_large 1008", "too_fast 1008",
      ])
  }
}
