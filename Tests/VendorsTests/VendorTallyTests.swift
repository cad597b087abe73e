import Testing
@testable import Vendors

@Suite struct VendorTallyTests {
  @Test func everyEntryIsOneOrTheOther() {
    let catalogue = Catalogue.builtIn()
    let tally = VendorTally(catalogue)
    #expect(tally.endpoints == catalogue.names.count)
    #expect(tally.declarative + tally.coded.count == tally.endpoints)
    #expect(tally.vendors > 20 && tally.vendors <= tally.endpoints)
    #expect(tally.coded["deepgram.listen"] == nil && tally.coded["openai.realtime"] == nil)
    // Whoever else hands out tokens is no code of the gateway's.
    #expect(tally.coded["vertex.live"] == nil)
    for (name, parts) in tally.coded { #expect(!parts.isEmpty, "\(name)") }
  }

  @Test func aSignerIsCode() throws {
    let signed = descriptor(
      """
      test.one:
        kind: speech_to_text
        endpoint: {url: "wss://a.example/v"}
        credential: {placement: [{signed: {by: sigv4, service: transcribe, region: eu-west-1}}]}
      """)
    #expect(signed.descriptor?.programmed == ["sigv4"], "\(signed.problems)")
  }

  @Test func aCodecOfBinaryMessagesIsCode() {
    var vendor = VendorDescriptor()
    #expect(vendor.programmed == [])
    vendor.codec.client = .messagePack
    vendor.codec.server = .messagePack
    #expect(vendor.programmed == ["msgpack"])
    vendor.codec.server = .jsonAnyOpcode
    #expect(vendor.programmed == ["msgpack"])
  }

  @Test func inWordsAndForPrograms() {
    let tally = VendorTally(.builtIn())
    #expect(
      tally.text == "\(tally.endpoints) endpoints of \(tally.vendors) vendors: \(tally.declarative) declarative, \(tally.coded.count) coded"
    )
    #expect(tally.json["endpoints"]?.intValue == Int64(tally.endpoints) && tally.json["coded"]?.intValue == Int64(tally.coded.count))
  }
}
