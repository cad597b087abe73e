import TestSupport
import Testing

/// permessage-deflate between a library's client and server, with the gateway in between on one leg or on both.
struct SessionsCompressionTests {
  private static let routes = """
    , /client/*: {upstream: own, compression: {client: on}}
    , /upstream/*: {upstream: own, compression: {upstream: on}}
    , /both/*: {upstream: own, compression: {client: on, upstream: on}}
    , /context/*: {upstream: own, compression: {client: on, upstream: on, window_bits: 9, context_takeover: true}}
    , /inspected/*: {upstream: own, compression: {client: on, upstream: on}, audio: {policy: reject, encoding: linear16, sample_rate: 16000}}
    """

  @Test(arguments: ["passes", "declines", "bombs", "garbage"])
  func passes(_ story: String) throws {
    try SessionsBench("compression", [story], others: Self.routes).judge()
  }
}
