import Testing
@testable import Vendors

/// What a vendor hears before its Close.
@Suite struct ConductFarewellTests {
  static let vendors: [(name: String, text: String, patience: Int64)] = [
    ("deepgram.listen", #"{"type":"CloseStream"}"#, 2_000), ("deepgram.flux", #"{"type":"CloseStream"}"#, 0),
    ("deepgram.speak", #"{"type":"Close"}"#, 2_000), ("cartesia.stt", "close", 2_000), ("rime.text", "<EOS>", 0),
  ]

  @Test(arguments: vendors)
  func itsOwn(name: String, text: String, patience: Int64) throws {
    var talk = try Talk(vendor(name))
    for stage in ["Connected"] { _ = talk.vendor(#"{"type":"\#(stage)"}"#) }
    let farewell = try #require(talk.farewell)
    #expect(farewell.text == text && farewell.patience == patience)
  }

  @Test func nothingWhereNothingIsWanted() throws {
    #expect(try Talk(vendor("openai.realtime")).farewell == nil)
    #expect(try Talk(.plain).farewell == nil)
  }

  /// A vendor that is not ready, or has not heard what has to come first, has nothing to lose.
  @Test func notBeforeTheBeginning() throws {
    var talk = try Talk(vendor("speechmatics.realtime"))
    #expect(talk.farewell == nil)
    _ = talk.client(#"{"message":"StartRecognition"}"#)
    #expect(talk.farewell == nil)
    _ = talk.vendor(#"{"message":"RecognitionStarted"}"#)
    #expect(talk.farewell?.text == #"{"message":"EndOfStream","last_seq_no":0}"#)
    for _ in 0..<3 { _ = talk.client([0, 0]) }
    #expect(talk.farewell?.text == #"{"message":"EndOfStream","last_seq_no":3}"#)
  }

  @Test func memory() throws {
    var talk = try Talk(vendor("dashscope.asr"))
    _ = talk.client(#"{"header":{"action":"run-task","task_id":"t-1"},"payload":{}}"#)
    _ = talk.vendor(#"{"header":{"event":"task-started","task_id":"t-1"}}"#)
    #expect(
      talk.farewell?.text == #"{"header":{"action":"finish-task","task_id":"t-1","streaming":"duplex"},"payload":{"input":{}}}"#)
  }

  /// A client that has said it itself is not repeated, but the answer is still waited for.
  @Test func theClientsOwn() throws {
    var talk = try Talk(vendor("deepgram.listen"))
    _ = talk.client(#"{"type":"CloseStream"}"#)
    #expect(talk.farewell?.text == nil && talk.farewell?.patience == 2_000)
    #expect(talk.vendor(#"{"type":"Metadata","duration":1}"#).contains(.parted))
    #expect(talk.farewell == nil)
    var cartesia = try Talk(vendor("cartesia.stt"))
    _ = cartesia.client("closed")
    #expect(cartesia.farewell?.text == "close")
    _ = cartesia.client("close")
    #expect(cartesia.farewell?.text == nil && cartesia.farewell?.patience == 2_000)
  }

  /// Soniox takes an empty message of either kind for the end.
  @Test(arguments: [true, false])
  func emptyMessages(isText: Bool) throws {
    var talk = try Talk(vendor("soniox.stt"))
    #expect(talk.farewell == nil)
    _ = talk.client(#"{"model":"stt-rt"}"#)
    #expect(talk.farewell?.text == "")
    _ = isText ? talk.client("") : talk.client([])
    #expect(talk.farewell?.text == nil && talk.farewell?.patience == 2_000)
  }
}
