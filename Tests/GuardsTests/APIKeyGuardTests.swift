import Testing
import Tokens
@testable import Guards

@Suite struct APIKeyGuardTests {
  static func keys(_ more: String = "") -> APIKeySet {
    APIKeySetTests.load("keys: [{sha256: \(APIKeySetTests.hash), subject: kiosk\(more)}]").keys ?? APIKeySet([])
  }

  @Test func aKeyNamesItsCaller() throws {
    let guarded = APIKeyGuard(Self.keys(", tier: gold, routes: [/a], expires: 2026-12-31"))
    let expected = Caller(
      subject: "kiosk", method: "api_key", tier: "gold", routes: ["/a"], expiresAt: 1_798_675_200, apiKey: Fingerprint(of: "key-1"))
    #expect(try guarded.check("key-1", now: moment()) == expected)
    #expect(guarded.identify(evidence("key-1", place: .vendor), now: moment()) == .caller(expected))
    #expect(throws: CredentialError("expired")) { try guarded.check("key-1", now: Moment(monotonic: 0, unixSeconds: 1_798_675_200)) }
    #expect(throws: CredentialError("unknown_key")) { try guarded.check("key-2", now: moment()) }
    #expect(throws: CredentialError("malformed")) { try guarded.check(String(repeating: "x", count: 1025), now: moment()) }
  }

  @Test func placesAndReplacement() {
    let guarded = APIKeyGuard(Self.keys(), places: [.vendor])
    #expect(guarded.identify(evidence("key-1", place: .query), now: moment()) == .absent)
    #expect(caller(guarded.identify(evidence("key-1", place: .vendor), now: moment()))?.subject == "kiosk")
    guarded.replace(APIKeySet([]))
    #expect(guarded.identify(evidence("key-1", place: .vendor), now: moment()) == refused("unknown_key"))
  }
}
