import JSON
import Testing
@testable import Vendors

/// What vendors' own SDKs write differently from their documentation.
@Suite struct SimulatorFormsTests {
  /// Google's for Python: names with underscores, base64 for URLs. The answers are JSON in binary messages.
  @Test func theOtherSpellingOfAnAudioMessageIsHeard() throws {
    var visitor = try Visitor(vendor("gemini.live"))
    visitor.open()
    #expect(visitor.isReady)
    #expect(visitor.talk.actions.allSatisfy { if case .binary = $0 { true } else { false } })
    let audio = pcm(speech(syllables: 3, rate: 16_000))
    let base64 = Base64.encode(audio).replacing("+", with: "-").replacing("/", with: "_")
    #expect(base64.contains("_"))
    visitor.send(#"{"realtime_input":{"audio":{"data":"\#(base64)","mime_type":"audio/pcm;rate=16000"}}}"#)
    visitor.wait(.seconds(4))
    #expect(visitor.events.contains(.turnEnded))
    #expect(visitor.audio.count > 24_000)
    visitor.send(#"{"realtime_input":{"audio":{"data":"AAAA","mime_type":"audio/mp3;rate=16000"}}}"#)
    #expect(visitor.talk.closes == [.close(code: 1007, reason: "Unsupported audio format.")])
  }

  /// ElevenLabs': the closing message comes while the text is still being spoken.
  @Test func whatWasAskedForIsSpokenBeforeTheEnd() throws {
    var entry = try vendor("elevenlabs.tts")
    entry.conversation.query = [.init("output_format", "pcm_16000")]
    var visitor = try Visitor(entry)
    visitor.open()
    for word in ["Good ", "morning ", "to ", "you "] { visitor.send(#"{"text":"\#(word)","try_trigger_generation":true}"#) }
    visitor.send(#"{"text":""}"#)
    #expect(visitor.talk.closes == [])
    visitor.wait(.seconds(10))
    #expect(visitor.messages.last?["isFinal"] == true)
    #expect(visitor.talk.closes == [.close(code: 1000, reason: "")])
    #expect(visitor.audio.count > 4 * 3000)
  }

  /// ElevenLabs': the turn's end is asked for by a message with audio, which may hold none.
  @Test func anAudioMessageMayCommit() throws {
    var visitor = try Visitor(vendor("elevenlabs.scribe"))
    let audio = Base64.encode(pcm(speech(syllables: 3, rate: 16_000, after: 0)))
    visitor.send(#"{"message_type":"input_audio_chunk","audio_base_64":"\#(audio)","commit":false,"sample_rate":16000}"#)
    #expect(!visitor.events.contains(.turnEnded))
    visitor.send(#"{"message_type":"input_audio_chunk","audio_base_64":"","commit":true,"sample_rate":16000}"#)
    #expect(visitor.events.contains(.turnEnded))
    #expect(visitor.messages.last?["text"] == "every word you")
  }

  /// Soniox': the end is an empty message.
  @Test func anEmptyMessageIsOne() throws {
    var visitor = try Visitor(vendor("soniox.stt"))
    visitor.open()
    visitor.send("")
    #expect(visitor.messages.last?["finished"] == true)
    #expect(visitor.talk.closes.count == 1)
  }

  /// Speechmatics': every binary message is acknowledged by its number.
  @Test func piecesOfAudioAreAcknowledged() throws {
    var visitor = try Visitor(vendor("speechmatics.realtime"))
    visitor.open()
    for _ in 0..<3 { visitor.send([UInt8](repeating: 0, count: 320)) }
    #expect(visitor.messages.filter { $0["message"] == "AudioAdded" }.map { $0["seq_no"] } == [1, 2, 3])
    #expect(visitor.farewell == #"{"message":"EndOfStream","last_seq_no":3}"#)
  }
}
