import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Gateway
@testable import Guards

/// Requests that guards ask for, to servers that answer well, badly or not at all.
@Suite struct HTTPFetchTests {
  /// - Parameter timeout: as long as it takes where it is not what a test is about: other tests keep the threads busy.
  private func fetch(
    _ url: String, method: String = "GET", headers: [Inquiry.Field] = [], body: String = "", timeout: Duration = .seconds(3_600),
    maximumBytes: Int = 100
  ) async -> (InquiryAnswer, HTTPFetch.Failure?) {
    let fetch = HTTPFetch(group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let inquiry = Self.inquiry(url, method, headers, body, timeout, maximumBytes)
    do throws(HTTPFetch.Failure) {
      return (try await fetch.answer(to: inquiry), nil)
    } catch {
      return (.failed(error.name), error)
    }
  }

  private func fetch(from server: StubServer, timeout: Duration = .seconds(3_600)) async -> InquiryAnswer {
    await fetch("http://127.0.0.1:\(server.port)/keys", timeout: timeout).0
  }

  private func body(_ answer: InquiryAnswer) -> String? {
    if case .response(200, _, let body) = answer { String(decoding: body, as: UTF8.self) } else { nil }
  }

  @Test func saysWhatItWasGiven() async throws {
    let server = try await StubServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    let url = "http://localhost:\(server.port)/a/b?c=d%20e"
    _ = await fetch(url, headers: [.init("Accept", "application/json"), .init("X-Other", "é")])
    _ = await fetch(url, method: "POST", headers: [.init("Content-Type", "text/plain")], body: "token=x")
    let host = "Host: localhost:\(server.port)"
    #expect(
      server.requests == [
        "GET /a/b?c=d%20e HTTP/1.1\r\n\(host)\r\nAccept: application/json\r\nX-Other: é\r\nConnection: close\r\n\r\n",
        "POST /a/b?c=d%20e HTTP/1.1\r\n\(host)\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoken=x",
      ])
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and what follows",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0 200 OK\r\n\r\nhello",
  ])
  func reads(_ answer: String) async throws {
    #expect(body(await fetch(from: try StubServer(answer))) == "hello")
  }

  /// The end of the connection is not waited for.
  @Test func anAnswerOnAConnectionThatStays() async throws {
    let server = try await StubServer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", closes: false)
    #expect(body(await fetch(from: server)) == "hello")
  }

  @Test func whateverTheStatus() async throws {
    let server = try await StubServer(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-Auth-Subject: alice\r\nContent-Length: 0\r\n\r\n")
    guard case .response(let status, let headers, let body) = await fetch(from: server) else { Issue.record("no answer"); return }
    #expect(status == 302 && body.isEmpty && headers.contains(.init("X-Auth-Subject", "alice")))
    #expect(server.requests.count == 1)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "too_large"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + String(repeating: "a", count: 101) + "\r\n0\r\n\r\n", "too_large"),
    ("HTTP/1.0 200 OK\r\n\r\n" + String(repeating: "a", count: 101), "too_large"),
    ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 200_000) + "\r\n\r\n", "unreachable"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "unreachable"), ("HTTP/1.1 200 OK\r\nContent-Len", "unreachable"),
    ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "unreachable"), ("", "unreachable"),
  ])
  func refuses(_ answer: String, _ name: String) async throws {
    #expect(await fetch(from: try StubServer(answer)) == .failed(name))
  }

  /// Exactly as much as is allowed is not too much.
  @Test func theLargestAnswer() async throws {
    let text = String(repeating: "a", count: 100)
    #expect(body(await fetch(from: try StubServer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n\(text)"))) == text)
  }

  @Test func silence() async throws {
    #expect(await fetch(from: try StubServer(nil), timeout: .milliseconds(200)) == .failed("timeout"))
    let slow = try await StubServer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", closes: false)
    #expect(await fetch(from: slow, timeout: .milliseconds(200)) == .failed("timeout"))
  }

  @Test func nobodyThere() async throws {
    let held = try RawListener(listening: false)
    let (_, failure) = await fetch("http://127.0.0.1:\(held.port)/")
    #expect(failure == .unreachable("Connection refused"))
    let (unresolved, _) = await fetch("http://nowhere.invalid/")
    #expect(unresolved == .failed("unreachable"))
  }

  /// A blank or line end in a field would be another field.
  @Test func fieldsThatAreNone() async throws {
    let server = try await StubServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    let (answer, _) = await fetch("http://127.0.0.1:\(server.port)/", headers: [.init("X-A", "b\r\nX-C: d")])
    #expect(answer == .failed("unreachable") && server.requests == [])
  }

  /// In the clear only to this machine, whatever name leads elsewhere, unless the route table says otherwise.
  @Test func inTheClear() async throws {
    let (_, failure) = await fetch("http://192.0.2.1:9/")
    #expect(failure == .unreachable("http beyond this machine is not allowed"))
    let fetch = HTTPFetch(group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    fetch.allowPlain(["192.0.2.1:9"])
    let allowed = await fetch.fetch(Self.inquiry("http://192.0.2.1:9/", "GET", [], "", .milliseconds(200), 100))
    // Nobody has that address (RFC 5737): it was tried, and that is all that can be told.
    #expect(allowed == .failed("timeout") || allowed == .failed("unreachable"))
  }

  /// A certificate of an authority that nobody here knows.
  @Test func untrusted() async throws {
    let own = CertificateFolder.shared
    let server = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0", tls: {certificate: \(own.file("localhost.pem")), key: \(own.file("localhost.key"))}}]
      upstreams: {none: {url: "ws://127.0.0.1:9"}}
      routes: {/none: {upstream: none, authentication: none}}
      """)
    let (_, failure) = await fetch("https://localhost:\(server.port)/health")
    #expect(failure?.name == "unreachable" && failure?.detail.hasPrefix("tls: ") == true, "\(failure.debugDescription)")
  }

  private static func inquiry(
    _ url: String, _ method: String, _ headers: [Inquiry.Field], _ body: String, _ timeout: Duration, _ maximumBytes: Int
  ) -> Inquiry {
    Inquiry(
      .init(owner: ObjectIdentifier(HTTPFetch.self), subject: .request(1)), method: method, url: url, headers: headers,
      body: Array(body.utf8), timeout: timeout, maximumBytes: maximumBytes)
  }
}
