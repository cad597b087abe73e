import TestSupport
import Testing
@testable import Guards

@Suite struct ConnectionGuardTests {
  private typealias Claim = ConnectionGuard.Claim

  /// N4: three at once, the fourth is refused, and a place is free again when one closes.
  @Test func theFourthIsRefusedUntilOneCloses() throws {
    let connections = ConnectionGuard(capacity: 100)
    let claim = Claim(address("192.0.2.1"), most: 3)
    let first = try connections.acquire([claim])
    let second = try connections.acquire([claim])
    let third = try connections.acquire([claim])
    let counts = [first.sessions, second.sessions, third.sessions]
    #expect(counts == [1, 2, 3])
    #expect(throws: ConnectionGuard.Full(key: claim.key, current: 3, most: 3)) { _ = try connections.acquire([claim]) }
    #expect(connections.total == 3)
    let left1 = second.release()
    #expect(left1 == 2)
    let fourth = try connections.acquire([claim])
    let again = fourth.sessions
    #expect(again == 3)
    let left2 = first.release()
    #expect(left2 == 2)
    let left3 = third.release()
    #expect(left3 == 1)
    let left4 = fourth.release()
    #expect(left4 == 0)
    #expect(connections.total == 0)
    #expect(connections.keys == 0)
  }

  @Test func aDroppedLeaseIsReleased() throws {
    let connections = ConnectionGuard(capacity: 100)
    do {
      let lease = try connections.acquire([Claim(address("192.0.2.1"))])
      let sessions = lease.sessions
      #expect(sessions == 1)
      #expect(connections.count(address("192.0.2.1")) == 1)
    }
    #expect(connections.total == 0)
    #expect(connections.keys == 0)
  }

  /// A place that is given back twice is seen, and counts nothing below zero.
  @Test func aPlaceThatWasNotTaken() throws {
    let connections = ConnectionGuard(capacity: 100)
    let key = address("192.0.2.1")
    let lease = try connections.acquire([Claim(key)])
    #expect(connections.release([key]) == 0)
    let left = lease.release()
    #expect(left == -1 && connections.count(key) == 0 && connections.keys == 0)
  }

  @Test func allClaimsOrNone() throws {
    let connections = ConnectionGuard(capacity: 100)
    let route = Claim(LimitKey("/r", .gateway), most: 1)
    let lease = try connections.acquire([Claim(address("192.0.2.1")), route])
    #expect(throws: ConnectionGuard.Full(key: route.key, current: 1, most: 1)) {
      _ = try connections.acquire([Claim(address("192.0.2.2")), route])
    }
    #expect(connections.count(address("192.0.2.2")) == 0)
    #expect(connections.total == 1)
    lease.release()
    #expect(connections.keys == 0)
  }

  @Test func theGatewayHasACapacity() throws {
    let connections = ConnectionGuard(capacity: 1)
    let lease = try connections.acquire([])
    #expect(throws: ConnectionGuard.Full(key: nil, current: 1, most: 1)) { _ = try connections.acquire([]) }
    let left5 = lease.release()
    #expect(left5 == 0)
    _ = try connections.acquire([])
  }

  @Test func aLeaseCanBeExtended() throws {
    let connections = ConnectionGuard(capacity: 10)
    let subject = Claim(LimitKey("tier", .subject("alice")), most: 1)
    var first = try connections.acquire([Claim(address("192.0.2.1"))])
    try connections.extend(&first, by: [subject])
    var second = try connections.acquire([Claim(address("192.0.2.2"))])
    do {
      try connections.extend(&second, by: [Claim(LimitKey("x", .gateway)), subject])
      Issue.record("a second session of alice was counted")
    } catch {
      #expect(error.key == subject.key)
    }
    #expect(connections.count(LimitKey("x", .gateway)) == 0)
    #expect(connections.total == 2)
    first.release()
    try connections.extend(&second, by: [subject])
    second.release()
    #expect(connections.keys == 0)
  }

  @Test func aLeaseGoesToAnotherTask() async throws {
    let connections = ConnectionGuard(capacity: 10)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<2000 {
            guard let lease = try? connections.acquire([Claim(address("192.0.2.1"), most: 4)]) else { continue }
            let sessions = lease.sessions
            lease.release()
            #expect((1...4).contains(sessions))
          }
        }
      }
    }
    #expect(connections.total == 0)
    #expect(connections.keys == 0)
  }

  /// 100,000 openings, refusals and closings in all: counts never leak, never go negative, never exceed a limit.
  @Test(arguments: [31, 32, 33, 34, 35] as [UInt64])
  func neverLeaks(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let connections = ConnectionGuard(capacity: 60, shards: 4)
    var model: [LimitKey: Int] = [:]
    var open: [(Held, [LimitKey])] = []
    for step in 0..<20_000 {
      if open.isEmpty || Int.random(in: 0..<100, using: &random) < 52 {
        let who = LimitKey("a", .address(.v4(UInt32.random(in: 0..<20, using: &random))))
        let route = LimitKey("/r\(Int.random(in: 0..<3, using: &random))", .gateway)
        let claims = [Claim(who, most: 4), Claim(route, most: 25)]
        let fits = open.count < 60 && model[who, default: 0] < 4 && model[route, default: 0] < 25
        do {
          let lease = try connections.acquire(claims)
          #expect(fits, "seed \(seed), step \(step)")
          model[who, default: 0] += 1
          model[route, default: 0] += 1
          let sessions = lease.sessions
          #expect(sessions == model[who], "seed \(seed), step \(step)")
          open.append((Held(lease), [who, route]))
        } catch {
          #expect(!fits, "seed \(seed), step \(step)")
        }
      } else {
        let (held, keys) = open.remove(at: Int.random(in: 0..<open.count, using: &random))
        for key in keys { model[key, default: 0] -= 1 }
        if Bool.random(using: &random) { #expect(held.release() == model[keys[0]], "seed \(seed), step \(step)") }
      }
      #expect(connections.total == open.count, "seed \(seed), step \(step)")
      if connections.total != open.count { return }
    }
    for (key, count) in model { #expect(connections.count(key) == count && count >= 0, "seed \(seed)") }
    open.removeAll()
    #expect(connections.total == 0, "seed \(seed)")
    #expect(connections.keys == 0, "seed \(seed)")
  }
}

/// A lease in a collection.
private final class Held {
  private var lease: Lease?

  init(_ lease: consuming Lease) {
    self.lease = consume lease
  }

  func release() -> Int? {
    lease.take()?.release()
  }
}
