import Telemetry
import Vendors

/// The trace of a request: by its `traceparent` and, since a browser can set no header on a WebSocket, by what clients call it in the
/// query or in the `X-Trace-Id` that their other requests have.
extension TraceContext {
  init(_ head: RequestHead) {
    var random = SystemRandomNumberGenerator()
    self.init(
      traceparent: head.values("traceparent"), tracestate: head.values("tracestate"), names: head.traceNames, using: &random)
  }
}

extension SessionLabel {
  init(session: String, _ head: RequestHead, _ context: TraceContext) {
    let alias = head.traceNames.first
    self.init(session: session, trace: context.trace, alias: alias.flatMap { TraceID(named: $0) == nil ? $0 : nil })
  }
}

extension RequestHead {
  fileprivate var traceNames: [String] { Query(query).values("traceId") + values("X-Trace-Id") }
}
