import TestSupport
import Testing

/// The playground as somebody meets it who opens it in a browser.
struct PlaygroundBrowserTests {
  /// Routes of every way to be let in, all served by simulators.
  private static func start() throws -> GatewayProcess {
    let port = try LoopbackPort.free()
    return try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:\(port)"}]
      playground: on
      authentication:
        app: {type: jwt, secret: {env: JWT_SECRET}, audience: voxgate, from: [authorization, query, subprotocol, message]}
        ticket: {type: session_token, authentication: [app]}
      upstreams:
        deepgram: {vendor: deepgram.listen, query: {defaults: {model: nova-3}}}
        telephone: {vendor: deepgram.listen, query: {defaults: {model: nova-3, encoding: mulaw, sample_rate: "8000"}}}
        agent: {vendor: deepgram.agent}
        openai: {vendor: openai.realtime}
        gone: {url: "ws://127.0.0.1:9"}
      defaults: {authentication: none, origins: ["http://localhost:\(port)"]}
      routes:
        /deepgram: {upstream: deepgram}
        /telephone: {upstream: telephone}
        /agent: {upstream: agent}
        /openai: {upstream: openai}
        /gone: {upstream: gone}
        /jwt: {upstream: openai, authentication: [app]}
        /ticket: {upstream: openai, authentication: [ticket]}
        /closing: {upstream: openai, authentication: [app], refuse: close}
        /inside: {upstream: openai, authentication: [app], handshake: {authenticate: required, connect: connect_realtime}}
        /foreign: {upstream: openai, origins: ["https://elsewhere.example"]}
        /off: {upstream: openai, enabled: false}
      """, environment: ["JWT_SECRET": "a secret of thirty-two bytes and more"], arguments: ["--simulate", "missing"])
  }

  private func play(_ story: String, _ arguments: String...) throws {
    let gateway = try Self.start()
    let program = try ChildProcess(
      [Repository.python, "-B", "\(Repository.root)Tests/GatewayTests/Clients/playground.py", story, "\(gateway.port)"] + arguments)
    let status = try program.finish()
    #expect(status == 0, "\(program.text)\n\(gateway.log)")
    #expect(try gateway.stop() == 0, "\(gateway.log)")
  }

  @Test func sendsTheSampleSpeech() throws { try play("sample") }

  @Test func hearsTheMicrophone() throws { try play("microphone", Repository.root + "Examples/audio/booking.wav") }

  @Test func mintsTokensAndExplainsRefusals() throws { try play("tokens") }

  @Test func fitsPhonesAndDesks() throws { try play("layout") }

  @Test func countsRight() throws { try play("parts") }

  @Test func worksInFirefox() throws { try play("firefox") }
}
