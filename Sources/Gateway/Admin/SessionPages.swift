import JSON
import Relay
import Telemetry
import Vendors

/// Open sessions at the operator's address: `GET /sessions`, `GET /sessions/ID`, and `DELETE` of one, or of a route's or a caller's.
struct SessionPages: Sendable {
  let core: GatewayCore

  /// Sessions in one answer, unless `limit` says otherwise.
  private static let usual = 100
  private static let most = 10_000

  /// The answer; nil where the path is none of these.
  func answer(_ head: RequestHead) async -> HTTPAnswer? {
    if head.path == "/sessions" {
      switch head.method {
      case "GET", "HEAD": return list(Query(head.query))
      case "DELETE": return closeAll(Query(head.query))
      default: return .notAllowed("GET, HEAD, DELETE")
      }
    }
    guard head.path.hasPrefix("/sessions/") else { return nil }
    guard let ticket = core.registry.session(String(head.path.dropFirst("/sessions/".count))) else {
      return .problem(404, "not_found", "no such session is open")
    }
    switch head.method {
    case "GET", "HEAD": return await inspect(ticket)
    case "DELETE":
      close(ticket)
      return .json(JSONValue.object(["closed": true]).serialize(), status: 202)
    default: return .notAllowed("GET, HEAD, DELETE")
    }
  }

  private func list(_ query: Query) -> HTTPAnswer {
    guard let limit = query["limit"].map({ Int($0) }) ?? Self.usual, (0...Self.most).contains(limit) else {
      return .problem(400, "bad_request", "'limit' must be a number from 0 to \(Self.most)")
    }
    let now = Timestamp.now()
    let wanted = sessions(query)
    // The latest are what an operator looks for.
    let shown = wanted.suffix(limit).reversed().map { JSONValue.object($0.listing.json(now: now)) }
    return .json(JSONValue.object(["total": .int(Int64(wanted.count)), "sessions": .array(shown)]).serialize())
  }

  private func inspect(_ ticket: SessionTicket) async -> HTTPAnswer {
    let reactor = core.reactor(of: ticket.number)
    // Nil where it has ended meanwhile.
    let progress = await withCheckedContinuation { (asking: CheckedContinuation<SessionProgress?, Never>) in
      reactor.look(at: ticket.number) { asking.resume(returning: $0) }
    }
    let listing = ticket.listing
    var json = listing.json(now: .now())
    for member in progress?.json(upstream: listing.upstream).members ?? [] { json[member.name] = member.value }
    return .json(JSONValue.object(json).serialize())
  }

  /// Closes those of a route, of a caller, or of both; never simply all of them.
  private func closeAll(_ query: Query) -> HTTPAnswer {
    guard query.contains("route") || query.contains("subject") else {
      return .problem(400, "bad_request", "say which: /sessions?route=PATH, /sessions?subject=NAME or /sessions/ID")
    }
    let wanted = sessions(query)
    for ticket in wanted { close(ticket) }
    return .json(JSONValue.object(["closed": .int(Int64(wanted.count))]).serialize(), status: 202)
  }

  private func sessions(_ query: Query) -> [SessionTicket] {
    let (route, subject) = (query["route"], query["subject"])
    return core.registry.sessions { ticket in
      (route == nil || ticket.service.name == route) && (subject == nil || ticket.listing.subject == subject)
    }
  }

  private func close(_ ticket: SessionTicket) {
    core.reactor(of: ticket.number).close(session: ticket.number, .closedByOperator)
    core.logger.notice("session closed", metadata: ["session": "\(ticket.listing.session)", "by": "admin"])
  }
}

extension SessionEnd {
  /// Docs/CloseCodes.md: not to be tried again at once, which 1001 would invite.
  static let closedByOperator = SessionEnd(name: "closed_by_operator", code: .policyViolation, reason: "Closed by operator")
}
