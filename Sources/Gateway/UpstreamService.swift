import Configuration
import NIOCore
import TLS
import Vendors

/// An upstream of the route table, ready to be dialled.
struct UpstreamService: Sendable {
  let name: String
  /// Nil for an upstream that is nothing but its URL.
  let descriptor: VendorDescriptor?
  /// The vendor's credential; nil where it wants none, or where it could not be had.
  let secret: Secret?
  /// Trust towards it; nil for `ws://`.
  let tls: TLSContext?
  /// From the name to the answered upgrade; nil for the route's.
  let dialBudget: Duration?
  /// Where the vendor's own simulator stands in for it.
  let simulator: Simulation?

  /// A simulator's address and the credential that it demands.
  struct Simulation: Sendable {
    let port: Int
    let secret: Secret
  }

  var isSimulated: Bool { simulator != nil }
}

extension TimeAmount {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
