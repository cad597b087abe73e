import Testing
@testable import Vendors

@Suite struct VendorReportTests {
  @Test func theListHasALineForEach() {
    let lines = VendorReport.list(.builtIn()).split(separator: "\n")
    #expect(lines.count == Catalogue.builtIn().names.count)
    #expect(lines[0].hasPrefix("deepgram.agent   speech to speech: Deepgram Voice Agent"))
  }

  @Test func anExplanationSaysWhatIsNeeded() throws {
    let text = VendorReport.explain(try vendor("deepgram.listen"))
    for part in [
      "wss://{host}/v1/listen", "eu: host = api.eu.deepgram.com", "model (required)",
      "header Authorization: Token <secret> (used by the gateway)",
      "subprotocols bearer, <secret>, for short-lived tokens", "amr-wb (16000 Hz)", "at most 1.25 times real time",
      #"{"type":"KeepAlive"} every 4s, once some audio has come"#,
      "the vendor closes after 10s of nothing with 1011 NET-0001", "1008 DATA-0000 (client): the audio cannot be decoded",
      "seconds at duration where type = Metadata, last",
    ] { #expect(text.contains(part), "'\(part)' is missing in\n\(text)") }
    #expect(VendorReport.explain(try vendor("deepgram.agent")).contains("after type = Welcome, then type = SettingsApplied"))
    #expect(VendorReport.explain(try vendor("openai.realtime")).contains("base64 at audio where type = input_audio_buffer.append"))
  }

  @Test(arguments: Catalogue.builtIn().names)
  func noLineIsEmpty(name: String) throws {
    let lines = VendorReport.explain(try vendor(name)).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.dropFirst(2).allSatisfy { $0.count > 16 })
  }
}
