import JSON
import TestSupport
import Testing
@testable import Vendors

/// openai.realtime as its simulator plays it.
extension SimulatorSessionTests {
  @Test func realtimeTakesATurn() throws {
    var talk = try Self.realtime()
    #expect(talk.message("session.created")?.at("session.audio.input.format.rate") == 24_000)
    #expect(talk.message("session.created")?.at("session.model") == "gpt-realtime")
    #expect(talk.message("session.created")?.at("session.expires_at") == 1_790_003_600)
    talk.send(
      #"{"type":"session.update","session":{"type":"realtime","instructions":"be kind","audio":{"input":{"transcription":{"model":"whisper-1"}}}}}"#
    )
    let updated = try #require(talk.message("session.updated"))
    #expect(updated.at("session.instructions") == "be kind")
    #expect(updated.at("session.audio.input.format.rate") == 24_000)
    talk.append(pcm(speech(syllables: 5, rate: 24_000)), piece: 960)
    talk.wait(.seconds(3))
    let expected = [
      "session.created", "session.updated", "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
      "input_audio_buffer.committed",
      "conversation.item.added", "conversation.item.done", "conversation.item.input_audio_transcription.delta",
      "conversation.item.input_audio_transcription.completed", "response.created", "response.output_item.added", "conversation.item.added",
      "response.content_part.added", "response.output_audio_transcript.delta", "response.output_audio.delta", "response.output_audio.done",
      "response.output_audio_transcript.done", "response.content_part.done", "response.output_item.done", "conversation.item.done",
      "response.done",
    ]
    var order: [String] = []
    for type in talk.types where order.last != type && !(type.hasSuffix(".delta") && order.contains(type)) { order.append(type) }
    #expect(order == expected)

    let started = try #require(talk.message("input_audio_buffer.speech_started"))
    let committed = try #require(talk.message("input_audio_buffer.committed"))
    #expect(started["item_id"] == committed["item_id"])
    #expect(committed["previous_item_id"] == nil || committed["previous_item_id"] == .null)
    #expect(abs((started["audio_start_ms"]?.doubleValue ?? 0) - 300) < 50)
    #expect(talk.message("conversation.item.input_audio_transcription.completed")?["transcript"] == "every word you hear comes")

    let audio = talk.all("response.output_audio.delta").compactMap { $0["delta"]?.stringValue }.compactMap { Base64.decode($0) }
    #expect(audio.allSatisfy { $0.count <= 48_000 && $0.count % 2 == 0 })
    let seconds = Double(audio.map(\.count).reduce(0, +)) / 48_000
    #expect(abs(seconds - 1.32) < 0.06)
    let deltas = talk.all("response.output_audio_transcript.delta").compactMap { $0["delta"]?.stringValue }
    #expect(deltas.count > 1)
    #expect(deltas.joined() == "You said every word you hear comes.")
    #expect(talk.message("response.output_audio_transcript.done")?["transcript"] == "You said every word you hear comes.")

    let usage = try #require(talk.message("response.done")?.at("response.usage"))
    let spoken = try #require(usage["input_tokens"]?.doubleValue), answered = try #require(usage["output_tokens"]?.doubleValue)
    #expect(abs(spoken - 11) <= 1)
    #expect(answered == (seconds * 20).rounded())
    #expect(usage["total_tokens"]?.doubleValue == spoken + answered)
    #expect(usage.at("output_token_details.audio_tokens")?.doubleValue == answered)
  }

  @Test func theAudioOfTheAnswerIsTheCallers() throws {
    var talk = try Self.realtime()
    let samples = speech(syllables: 2, rate: 24_000)
    talk.append(pcm(samples), piece: 960)
    talk.wait(.seconds(3))
    let answer = talk.all("response.output_audio.delta").compactMap { $0["delta"]?.stringValue }.flatMap { Base64.decode($0) ?? [] }
    #expect(!answer.isEmpty)
    let whole = String(decoding: pcm(samples), as: Unicode.ASCII.self), part = String(decoding: answer, as: Unicode.ASCII.self)
    #expect(whole.contains(part))
  }

  @Test func withoutTurnDetectionTheClientDecides() throws {
    var talk = try Self.realtime()
    talk.send(#"{"type":"input_audio_buffer.commit"}"#)
    #expect(talk.message("error")?.at("error.code") == "input_audio_buffer_commit_empty")
    talk.send(#"{"type":"session.update","session":{"audio":{"input":{"turn_detection":null}}}}"#)
    talk.append(pcm(speech(syllables: 3, rate: 24_000)), piece: 4800)
    talk.wait(.seconds(2))
    #expect(talk.types == ["session.created", "error", "session.updated"])
    talk.send(#"{"type":"input_audio_buffer.commit"}"#)
    #expect(talk.types.suffix(3) == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"])
    talk.send(#"{"type":"response.create"}"#)
    talk.wait(.seconds(2))
    #expect(talk.types.last == "response.done")
    #expect(talk.message("response.output_audio_transcript.done")?["transcript"] == "You said every word you.")
    let items = talk.all("input_audio_buffer.committed").compactMap { $0["item_id"]?.stringValue }
    talk.append(pcm(speech(syllables: 1, rate: 24_000)), piece: 4800)
    talk.send(#"{"type":"input_audio_buffer.commit"}"#)
    #expect(talk.last("input_audio_buffer.committed")?["previous_item_id"]?.stringValue == items.last)
  }

  @Test func clearingForgets() throws {
    var talk = try Self.realtime()
    talk.send(#"{"type":"session.update","session":{"audio":{"input":{"turn_detection":null}}}}"#)
    talk.append(pcm(speech(syllables: 3, rate: 24_000)), piece: 4800)
    talk.send(#"{"type":"input_audio_buffer.clear"}"#)
    talk.send(#"{"type":"input_audio_buffer.commit"}"#)
    #expect(talk.types.suffix(2) == ["input_audio_buffer.cleared", "error"])
  }

  @Test func typedWordsAreAnswered() throws {
    var talk = try Self.realtime()
    talk.send(
      #"{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"good day"}]}}"#)
    let item = try #require(talk.message("conversation.item.added")?["item"])
    #expect(item["id"]?.stringValue?.hasPrefix("item_") ?? false)
    #expect(item["role"] == "user")
    talk.send(#"{"type":"response.create"}"#)
    talk.wait(.seconds(3))
    #expect(talk.message("response.output_audio_transcript.done")?["transcript"]?.stringValue?.hasSuffix("good day") ?? false)
    #expect(talk.types.last == "response.done")
  }

  @Test func speakingCancelsTheAnswer() throws {
    var talk = try Self.realtime()
    talk.send(#"{"type":"response.create"}"#)
    talk.append(pcm(SyntheticSpeech.samples(syllables: 2, rate: 24_000)), piece: 960)
    let done = try #require(talk.message("response.done"))
    #expect(done.at("response.status") == "cancelled")
    talk.wait(.seconds(3))
    #expect(talk.all("response.done").count == 1)
  }

  @Test(arguments: [
    (#"{"type":"audio/pcm","rate":16000}"#, "session.audio.input.format.rate"),
    (
      #"{"type":"audio/mp3"}"#,
      "session.audio.input.format.type"
    ),
  ])
  func aFormatItDoesNotTakeIsNamed(format: String, param: String) throws {
    var talk = try Self.realtime()
    talk.send(#"{"type":"session.update","event_id":"e1","session":{"audio":{"input":{"format":\#(format)}}}}"#)
    #expect(talk.types == ["session.created", "error"])
    #expect(talk.message("error")?.at("error.param")?.stringValue == param)
    #expect(talk.message("error")?.at("error.event_id") == "e1")
  }

  @Test func telephoneFormatsInAndOut() throws {
    var talk = try Self.realtime()
    talk.send(
      #"{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcma"}}}}}"#
    )
    talk.append(AudioEncoder.encode(speech(syllables: 4, rate: 8000), as: .mulaw) ?? [], piece: 160)
    talk.wait(.seconds(3))
    let audio = talk.all("response.output_audio.delta").compactMap { $0["delta"]?.stringValue }.flatMap { Base64.decode($0) ?? [] }
    #expect(abs(Double(audio.count) / 8000 - 1.08) < 0.06)
    var decoder = try #require(AudioDecoder(AudioFormat(encoding: .alaw, rate: 8000)))
    var detector = SpeechDetector(rate: 8000)
    let events = detector.process(decoder.decode(audio)) + detector.finish()
    #expect(events.count { if case .syllable = $0 { true } else { false } } == 4)
  }

  @Test func badBase64IsAnError() throws {
    var talk = try Self.realtime()
    talk.send(#"{"type":"input_audio_buffer.append","audio":"***"}"#)
    talk.send([1, 2, 3])
    #expect(talk.types == ["session.created", "error", "error"])
  }

  @Test func anHourIsTheLongest() throws {
    var talk = try Self.realtime()
    talk.wait(.seconds(3601))
    #expect(talk.message("error")?.at("error.code") == "session_expired")
    #expect(talk.actions.last == .close(code: 1001, reason: "Your session hit the maximum duration of 60 minutes."))
  }
}
