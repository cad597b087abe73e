import Testing
@testable import Vendors

@Suite struct VendorReportTests {
  @Test func theListHasALineForEach() {
    let lines = VendorReport.list(.builtIn()).split(separator: "\n")
    #expect(lines.count == Catalogue.builtIn().names.count)
    #expect(lines.contains { $0.hasPrefix("deepgram.agent  ") && $0.hasSuffix("  speech to speech: Deepgram Voice Agent (v1)") })
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

  static let details: [(vendor: String, said: String)] = [
    ("azure.voice_live", "like          openai.realtime_beta"), ("azure.voice_live", "resource (required)"),
    ("azure.voice_live", "domain = services.ai.azure.com or cognitiveservices.azure.com"),
    ("azure.voice_live", "a WebSocket ping every 30s"),
    ("azure.voice_live", "from entra for https://ai.azure.com/.default"), ("elevenlabs.tts", "voice_id (required, or from the path)"),
    ("elevenlabs.tts", "as {encoding}_{rate}_{bitrate}"), ("elevenlabs.tts", "the parameter inactivity_timeout sets"),
    ("elevenlabs.agents", "signed_url with status 200"), ("elevenlabs.agents", "or none"),
    ("elevenlabs.agents", #"{"type":"pong","event_id":"{message.ping_event.event_id}"} answers type = ping"#),
    ("gladia.live", "x-gladia-key: <secret>"), ("gladia.live", "the parameter sample_rate goes to sample_rate"),
    ("gladia.live", "a lost session may be taken up at the same url"),
    ("cartesia.tts", "Cartesia-Version: 2026-08-14 unless the client says otherwise"),
    ("cartesia.tts", "header Cartesia-Version or parameter cartesia_version is required"),
    ("rime.v1", "rime.v1.json is offered, and has to be chosen"),
    ("rime.json", "pcm (4000 to 44100 Hz)"), ("xai.realtime", "binary messages, after the client's session.audio.input.transport = binary"),
    ("xai.realtime", "type = ping wants no answer"), ("soniox.stt", "an empty message"),
    ("soniox.stt", "error_code = 401 (authentication): error_code"),
    ("dashscope.asr", "task_id: the client's header.task_id"), ("inworld.tts", "the presence of result.audioChunk, result.contextCreated"),
    ("openai.live", "nothing passes"), ("openai.realtime", "subprotocol openai-beta.realtime-v1"),
    ("deepgram.listen", "POST https://{host}/v1/auth/grant returns it at access_token, good for 30s"),
    ("aws.transcribe", "a signature in the query (sigv4, service transcribe) (used by the gateway)"),
    ("aws.transcribe", "region (required)"), ("aws.transcribe", "client eventstream, vendor eventstream"),
    ("aws.transcribe", "bytes at payload where headers.:event-type = AudioEvent"), ("volcengine.asr", "app_id (required)"),
    ("tencent.asr", "voice_id = {uuid} unless given"), ("fish.tts", "model: {model} unless the client says otherwise"),
    ("gemini.live", "each audio message: in realtime_input.audio.mime_type"), ("together.stt", "pcm_s16le_16000 is pcm_s16le at 16000 Hz"),
  ]

  @Test(arguments: details)
  func everyDimensionIsSaid(name: String, said: String) throws {
    let text = VendorReport.explain(try vendor(name))
    #expect(text.contains(said), "'\(said)' is missing in\n\(text)")
  }

  @Test(arguments: Catalogue.builtIn().names)
  func nothingInItIsASecretsPlace(name: String) throws {
    #expect(!VendorReport.explain(try vendor(name)).contains(": {secret}"))
  }

  @Test(arguments: Catalogue.builtIn().names)
  func noLineIsEmpty(name: String) throws {
    let lines = VendorReport.explain(try vendor(name)).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.dropFirst(2).allSatisfy { $0.count > 16 })
  }
}
