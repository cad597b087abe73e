import Telemetry
import TestSupport
import Testing
@testable import Guards

@Suite struct HandshakeGuardTests {
  private let here = AddressKey(ip("192.0.2.1"))
  private let there = AddressKey(ip("192.0.2.2"))

  private func limits(perAddress: Int = 2, total: Int = 4, bytes: Int = 100) -> HandshakeGuard.Limits {
    var limits = HandshakeGuard.Limits()
    limits.perAddress = perAddress
    limits.total = total
    limits.bytes = bytes
    return limits
  }

  private func refused(_ guardian: HandshakeGuard, _ peer: AddressKey?) -> Refusal? {
    refusal { () throws(Refusal) in _ = try guardian.begin(peer, ip: "x") }
  }

  @Test func soManyOfAnAddress() throws {
    let guardian = HandshakeGuard(limits())
    let first = try guardian.begin(here, ip: "x")
    let second = try guardian.begin(here, ip: "x")
    #expect(
      refused(guardian, here)
        == Refusal(.rateLimited, retryAfter: 1, event: .blockedHandshakeLimit(ip: "x", currentConnections: 2, maxAllowed: 2)))
    #expect(refused(guardian, there) == nil)
    first.end()
    #expect(refused(guardian, here) == nil)
    second.end()
    #expect(guardian.total == 0)
    #expect(guardian.keys == 0)
  }

  @Test func soManyInAll() throws {
    let guardian = HandshakeGuard(limits(total: 2))
    let first = try guardian.begin(here, ip: "x")
    let second = try guardian.begin(nil, ip: "x")
    #expect(
      refused(guardian, there)
        == Refusal(.overCapacity, event: .blockedHandshakeLimit(ip: "x", currentConnections: 2, maxAllowed: 2)))
    first.end()
    second.end()
  }

  /// A limit that shrinks throws nobody out, and one that grows lets in whoever comes next.
  @Test func otherLimits() throws {
    let guardian = HandshakeGuard(limits(perAddress: 2, total: 2))
    let first = try guardian.begin(here, ip: "x")
    let second = try guardian.begin(there, ip: "x")
    guardian.limit(to: limits(perAddress: 1, total: 1, bytes: 7))
    #expect(guardian.total == 2 && refused(guardian, here) != nil)
    first.end()
    #expect(refused(guardian, here)?.type == "over_capacity")
    guardian.limit(to: limits(perAddress: 1, total: 3, bytes: 7))
    #expect(refused(guardian, there)?.type == "rate_limited")
    let third = try guardian.begin(here, ip: "x")
    #expect(third.bytes == 7 && second.bytes == 100)
    second.end()
    third.end()
    #expect(guardian.total == 0)
  }

  /// Behind a proxy all come from one peer; they are told apart by what the proxy says.
  @Test func theClientIsKnownLater() throws {
    let guardian = HandshakeGuard(limits(perAddress: 1))
    var first = try guardian.begin(nil, ip: "x")
    var second = try guardian.begin(nil, ip: "x")
    try guardian.locate(&first, at: here, ip: "x")
    do throws(Refusal) {
      try guardian.locate(&second, at: here, ip: "x")
      Issue.record("two handshakes of one address")
    } catch {
      #expect(error.type == "rate_limited")
    }
    try guardian.locate(&second, at: there, ip: "x")
    try guardian.locate(&first, at: AddressKey(ip("192.0.2.3")), ip: "x")
    #expect(refused(guardian, here) == nil)
    #expect(guardian.total == 2)
    first.end()
    second.end()
    #expect(guardian.keys == 0)
  }

  @Test func soManyBytes() throws {
    let guardian = HandshakeGuard(limits())
    var handshake = try guardian.begin(here, ip: "x")
    for (count, isFine) in [(60, true), (0, true), (-5, true), (40, true), (1, false), (0, false), (.max, false)] {
      let answer = handshake.receive(count)
      #expect(answer == isFine, "\(count)")
    }
    handshake.end()
  }

  @Test(arguments: [161, 162] as [UInt64])
  func neverLeaks(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let guardian = HandshakeGuard(limits(perAddress: 3, total: 20))
    var open: [HeldHandshake] = []
    for step in 0..<20_000 {
      let address = AddressKey.v4(UInt32.random(in: 0..<8, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:
        if let held = try? HeldHandshake(guardian.begin(Bool.random(using: &random) ? address : nil, ip: "x")) { open.append(held) }
      case 2: open.randomElement(using: &random)?.locate(guardian, address)
      default:
        if !open.isEmpty {
          let held = open.remove(at: Int.random(in: 0..<open.count, using: &random))
          if Bool.random(using: &random) { held.end() }
        }
      }
      #expect(guardian.total == open.count, "seed \(seed), step \(step)")
    }
    open.removeAll()
    #expect(guardian.total == 0 && guardian.keys == 0, "seed \(seed)")
  }
}

/// A handshake in a collection.
private final class HeldHandshake {
  private var lease: HandshakeLease?

  init(_ lease: consuming HandshakeLease) {
    self.lease = consume lease
  }

  func locate(_ guardian: HandshakeGuard, _ address: AddressKey) {
    guard var lease = lease.take() else { return }
    try? guardian.locate(&lease, at: address, ip: "x")
    self.lease = consume lease
  }

  func end() { lease.take()?.end() }
}
