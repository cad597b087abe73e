/// Which trace a request belongs to (W3C Trace Context, <https://www.w3.org/TR/trace-context/>): taken from the request, or made.
///
/// The gateway takes part in a trace without recording spans of its own: it logs the id and, towards upstreams, names a parent of its own.
public struct TraceContext: Sendable, Equatable {
  public let trace: TraceID
  /// The sender's span; nil where the trace begins here.
  public let parent: UInt64?
  /// Whether the sender may have recorded the trace. What begins here is not sampled: nothing is recorded.
  public let isSampled: Bool
  /// What vendors of tracing have to say to each other, for the next hop; nil where there is nothing.
  public let state: TraceState?

  /// The trace of a request.
  ///
  /// - Parameters:
  ///   - traceparent: every line of that header. More than one, or one that breaks the rules, is as good as none.
  ///   - tracestate: every line of that header. It means nothing without a `traceparent`.
  ///   - names: what the client calls its trace elsewhere; the first that is an id holds, where no `traceparent` does.
  public init(
    traceparent: [String] = [], tracestate: [String] = [], names: [String] = [], using generator: inout some RandomNumberGenerator
  ) {
    if traceparent.count == 1, let sender = Self.parse(traceparent[0]) {
      (trace, parent, isSampled) = sender
      state = TraceState(tracestate)
    } else {
      // Section 3.2.2: whoever cannot read the header begins a trace of its own, and then the state is another trace's.
      trace = names.lazy.compactMap(TraceID.init(named:)).first ?? .random(using: &generator)
      (parent, isSampled, state) = (nil, false, nil)
    }
  }

  /// The header fields for the next hop, with a new parent.
  public func headers(using generator: inout some RandomNumberGenerator) -> [(name: String, value: String)] {
    let parent = UInt64.random(in: 1 ... .max, using: &generator)
    let line = "00-\(trace)-\(Hexadecimal.text(parent))-\(isSampled ? "01" : "00")"
    return [("traceparent", line)] + (state.map { [("tracestate", $0.text)] } ?? [])
  }

  /// Reads `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01` (section 3.2.2).
  private static func parse(_ line: String) -> (TraceID, UInt64, Bool)? {
    let bytes = Array(line.utf8)
    let length = 55
    // A later version may have more, behind another dash; version ff is none (section 3.2.2.1).
    guard bytes.count >= length, let version = Hexadecimal.number(bytes[..<2]), version != 0xff else { return nil }
    guard bytes.count == length || (version > 0 && bytes[length] == UInt8(ascii: "-")) else { return nil }
    guard [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }) else { return nil }
    guard let trace = TraceID(String(decoding: bytes[3..<35], as: UTF8.self)) else { return nil }
    guard let parent = Hexadecimal.number(bytes[36..<52]), parent != 0 else { return nil }
    guard let flags = Hexadecimal.number(bytes[53..<55]) else { return nil }
    return (trace, parent, flags & 1 == 1)
  }
}
