import TestSupport
import Testing

/// Messages between a library's client and server, through a transparent route.
struct SessionsMessagesTests {
  @Test(arguments: ["text", "binary", "fragments", "largest", "too_large", "pings", "many", "subprotocols", "targets"])
  func passes(_ story: String) throws {
    try SessionsBench("messages", [story], others: ", /pings/*: {upstream: own, pings: relay}").judge()
  }
}
