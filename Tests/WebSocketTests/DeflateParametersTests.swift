import Testing

@testable import WebSocket

@Suite("Agreed parameters of permessage-deflate, RFC 7692 section 7.1")
struct DeflateParametersTests {
  static let uneven = DeflateParameters(serverNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 12)

  @Test("each end compresses by its own parameters and inflates by its peer's")
  func roles() {
    let settings = DeflateSettings(level: 3, memoryLevel: 4, minimumSize: 7, textOnly: true)
    let server = Self.uneven.deflater(for: .server, settings: settings)
    #expect(server.windowBits == 9 && !server.contextTakeover)
    #expect(server.level == 3 && server.memoryLevel == 4 && server.minimumSize == 7 && server.textOnly)
    let client = Self.uneven.deflater(for: .client, settings: DeflateSettings())
    #expect(client.windowBits == 12 && client.contextTakeover && client.level == 1 && client.memoryLevel == 5)
    let limits = DeflateLimits(maximumMessage: 9)
    let atServer = Self.uneven.inflater(for: .server, limits: limits)
    #expect(atServer.windowBits == 12 && atServer.contextTakeover && atServer.limits == limits)
    let atClient = Self.uneven.inflater(for: .client)
    #expect(atClient.windowBits == 9 && !atClient.contextTakeover)
  }

  @Test("an inflater for 8 bits takes 9, as a sender might that rounds up")
  func smallWindows() {
    let parameters = DeflateParameters(clientMaxWindowBits: 8)
    let inflater = parameters.inflater(for: .server)
    #expect(inflater.windowBits == 9)
  }

  @Test func passage() {
    let plain = DeflateParameters()
    #expect(plain.allowsPassage(to: plain, from: .client) && plain.allowsPassage(to: plain, from: .server))
    // A stricter sender fits a looser receiver, not the other way round; the other direction does not matter.
    let small = DeflateParameters(clientMaxWindowBits: 10)
    #expect(small.allowsPassage(to: plain, from: .client))
    #expect(!plain.allowsPassage(to: small, from: .client))
    #expect(plain.allowsPassage(to: small, from: .server))
    let alone = DeflateParameters(serverNoContextTakeover: true)
    #expect(alone.allowsPassage(to: plain, from: .server))
    #expect(!plain.allowsPassage(to: alone, from: .server))
    #expect(plain.allowsPassage(to: alone, from: .client))
  }
}
