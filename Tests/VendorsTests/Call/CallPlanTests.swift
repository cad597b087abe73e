import JSON
import Testing

@testable import Vendors

/// The plan that a page's script interprets, against the script of `voxgate call`.
struct CallPlanTests {
  private static let recording = WAVFile(
    format: CallPlan.recording, audio: [UInt8](repeating: 0, count: 32_000))

  /// Everything that can be called can be played with, and begins alike.
  @Test(arguments: Catalogue.builtIn().names)
  func saysWhatACallDoes(_ name: String) throws {
    let vendor = try #require(Catalogue.builtIn()[name])
    do throws(CallProblem) {
      let plan = try CallPlan(vendor).json
      guard vendor.audio.client != nil else {
        #expect(plan["input"] == .null && plan["say"]?.arrayValue?.isEmpty == false)
        return
      }
      let script = try CallScript(vendor, Self.recording)
      #expect(plan["query"] == .array(script.query.map { [.string($0.name), .string($0.value)] }))
      #expect(plan["opening"] == .array(script.opening.messages.map { .string($0) }))
      let format = plan["input"]?["format"]
      #expect(format?["encoding"]?.stringValue == script.inputFormat.encoding.rawValue)
      #expect(format?["rate"]?.intValue == Int64(script.inputFormat.rate))
      #expect(plan["output"]?["format"]?["rate"]?.intValue == script.outputFormat.map { Int64($0.rate) })
      #expect((plan["input"]?["envelope"] != .null) == (script.opening.envelope != nil))
      var audio = script.audio
      let piece = audio.next()
      let header = script.inputFormat.encoding == .container ? 44 : 0
      let frame = script.inputFormat.bytesPerFrame ?? 2
      #expect(plan["input"]?["frames"]?.intValue == Int64((piece.count - header) / frame))
    } catch {
      // What no page can speak to, `call` cannot either.
      #expect(error == .unknown(vendor: name))
      #expect(throws: CallProblem.takesNoAudio(vendor: name)) { _ = try CallScript(vendor, Self.recording) }
    }
  }

  /// What somebody has to choose keeps its place in the first messages, until a page fills it.
  @Test func leavesWishesOpen() throws {
    let plan = try CallPlan(try #require(Catalogue.builtIn()["soniox.tts"])).json
    #expect(plan["wishes"] == ["model", "voice"])
    let opening = try JSONValue.parse(try #require(plan["opening"]?[0]?.stringValue))
    #expect(opening["voice"] == "{voice}" && opening["sample_rate"] == 24_000)
    #expect(plan["output"]?["format"] == ["encoding": "pcm_s16le", "rate": 24_000, "channels": 1])
    #expect(try CallPlan(try #require(Catalogue.builtIn()["openai.realtime"])).json["wishes"] == [])
  }

  @Test func saysHowMessagesAreFramed() throws {
    let plan = try CallPlan(try #require(Catalogue.builtIn()["azure.speech"])).json
    let audio: JSONValue = [["match": [["path": ["headers", "path"], "test": "equals", "value": "audio"]], "path": ["body"]]]
    #expect(plan["framing"] == ["name": "usp", "audio": audio] && plan["input"]?["format"]?["encoding"] == "container")
    #expect(try CallPlan(try #require(Catalogue.builtIn()["openai.realtime"])).json["framing"] == .null)
  }

  @Test func isPlainData() throws {
    let plan = try CallPlan(try #require(Catalogue.builtIn()["openai.realtime"])).json
    #expect(plan["ready"] == [[["path": ["type"], "test": "equals", "value": "session.created"]]])
    #expect(plan["input"]?["envelope"] == ["message": ["type": "input_audio_buffer.append"], "path": ["audio"]])
    #expect(plan["words"]?[0]?["form"] == "addition" && plan["words"]?[2]?["speaker"] == "vendor")
    #expect(plan["turn_end"]?[0]?[1] == ["path": ["response", "status"], "test": "not", "value": "cancelled"])
    #expect(plan["errors"]?["codes"]?[0]?["code"] == 1001)
    #expect(plan["names"] == [["path": ["type"]]])
    let deepgram = try CallPlan(try #require(Catalogue.builtIn()["deepgram.listen"])).json
    #expect(deepgram["keepalive"]?["every"] == 4000 && deepgram["keepalive"]?["message"] == ["json": ["type": "KeepAlive"]])
    #expect(deepgram["words"]?[0]?["path"] == ["channel", "alternatives", 0, "transcript"])
    #expect(deepgram["output"] == .null)
  }

  /// A format that the route declares is the one that is sent, as far as it can be.
  @Test func takesTheFormatOfTheQuery() throws {
    let vendor = try #require(Catalogue.builtIn()["deepgram.listen"])
    let plan = try CallPlan(vendor, query: Query("encoding=mulaw&sample_rate=8000&interim_results=false")).json
    #expect(plan["input"]?["format"] == ["encoding": "mulaw", "rate": 8000, "channels": 1] && plan["query"] == [])
    #expect((try? CallPlan(vendor, query: Query("encoding=opus&sample_rate=48000"))) == nil)
  }
}
