import TestSupport
import Testing

/// The dashboard in a browser, over a gateway that has something to do.
struct DashboardBrowserTests {
  private func play(_ story: String, admin: String = "", _ last: String) throws {
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"\(admin)}
      upstreams: {deepgram: {vendor: deepgram.listen, query: {defaults: {model: nova-3}}}}
      defaults: {authentication: none}
      routes: {/deepgram: {upstream: deepgram, audio: {policy: warn}}}
      """, environment: ["ADMIN_TOKEN": "the operator's own token"], arguments: ["--simulate", "missing"])
    let program = try ChildProcess(
      [
        Repository.python, "-B", "\(Repository.root)Tests/GatewayTests/Clients/dashboard.py", story, "\(gateway.port)",
        "\(gateway.adminPort)", last,
      ])
    let status = try program.finish()
    #expect(status == 0, "\(program.text)\n\(gateway.log)")
    #expect(try gateway.stop() == 0, "\(gateway.log)")
  }

  @Test func showsNumbersThatMove() throws { try play("numbers", Repository.root + "Examples/audio/booking.wav") }

  @Test func wantsTheTokenOfTheAddress() throws { try play("login", admin: ", token: {env: ADMIN_TOKEN}", "the operator's own token") }
}
