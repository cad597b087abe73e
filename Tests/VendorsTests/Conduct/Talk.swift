import JSON
import TestSupport
@testable import Vendors

/// A session's conduct, spoken to in whole messages that reach it in pieces.
struct Talk {
  private(set) var conduct: SessionConduct
  var now: Int64 = 1_000
  private var random = SeededGenerator(seed: 11)

  /// - Parameters:
  ///   - succeeds: whether it takes up an earlier session.
  ///   - query: of the vendor's URL.
  init(_ vendor: VendorDescriptor, _ settings: ConductSettings = ConductSettings(), succeeds: Bool = false, query: String = "") throws {
    conduct = SessionConduct(try ConductPlan(vendor, settings), succeeds: succeeds)
    _ = conduct.open(Query(query), now: now)
  }

  mutating func client(_ text: String) -> [ConductEvent] { say(.client, Array(text.utf8), isText: true) }
  mutating func client(_ bytes: [UInt8]) -> [ConductEvent] { say(.client, bytes, isText: false) }
  mutating func vendor(_ text: String) -> [ConductEvent] { say(.vendor, Array(text.utf8), isText: true) }
  mutating func vendor(_ bytes: [UInt8]) -> [ConductEvent] { say(.vendor, bytes, isText: false) }

  private mutating func say(_ side: MemoryRule.Side, _ bytes: [UInt8], isText: Bool) -> [ConductEvent] {
    if conduct.begin(side, isText: isText) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(Int.random(in: 1...40, using: &random)))
        rest = rest.dropFirst(piece.count)
        unsafe piece.withUnsafeBytes { unsafe conduct.consume(side, $0) }
      }
    }
    return conduct.end(side, bytes: UInt64(bytes.count), now: now)
  }

  /// Lets time pass, clock by clock; what came of it, with the time at which it did.
  mutating func pass(_ span: Int64) -> [(at: Int64, event: ConductEvent)] {
    let end = now + span
    var events: [(at: Int64, event: ConductEvent)] = []
    while let due = conduct.deadline, due <= end, events.count < 1_000 {
      now = max(now, due)
      events += conduct.expired(now: now).map { (now, $0) }
    }
    now = end
    return events
  }

  mutating func relieve() { conduct.relieve() }

  var farewell: (text: String?, patience: Int64)? {
    conduct.farewell().map { ($0.text.map { String(decoding: $0, as: UTF8.self) }, $0.patience) }
  }
}

extension [ConductEvent] {
  /// Without those that say nothing of the vendor.
  var news: [ConductEvent] { filter { $0 != .clock } }
}

extension [(at: Int64, event: ConductEvent)] {
  /// What was said, and when.
  var said: [String] {
    map { at, event in
      if case .say(let text, let reason) = event { "\(at) \(reason) \(String(decoding: text, as: UTF8.self))" } else { "\(at) \(event)" }
    }
  }
}
