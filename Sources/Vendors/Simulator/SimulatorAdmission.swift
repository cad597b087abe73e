/// What a simulated vendor says to an upgrade request.
public enum SimulatorAdmission: Sendable {
  /// 101, with this subprotocol; the session then says its first messages in `opened`.
  case accepted(SimulatorSession, subprotocol: String?)
  case refused(SimulatorRefusal)
}

/// An HTTP answer in place of the 101.
public struct SimulatorRefusal: Sendable, Equatable {
  public var status: Int
  public var headers: [ClientRequest.Field]
  public var body: String
}

extension SimulatorSession {
  /// Demands what the vendor demands: path, credential exactly once and where it belongs, required parameters, a format it takes, and
  /// nothing that it forbids.
  ///
  /// - Parameters:
  ///   - request: its `rest` is the request's whole path.
  ///   - secret: the credential that counts, of several fields as an upstream has it; nil where any will do, as long as there is one in its
  ///     place.
  ///   - seed: for ids.
  ///   - unixTime: seconds since 1970, for dates in messages and for signatures.
  public static func admit(
    _ request: ClientRequest, _ descriptor: VendorDescriptor, secret: String?, seed: UInt64, unixTime: Int = 0,
    misbehaviour: Misbehaviour? = nil
  ) -> SimulatorAdmission {
    let refuse = descriptor.simulation?.refuse ?? SimulationRefusals()
    var scope = SimulatorScope(seed: seed, unixTime: unixTime, query: request.query)
    func refused(_ answer: SimulationRefusals.Answer, _ error: String) -> SimulatorAdmission {
      scope["error"] = .string(error)
      var headers = answer.headers.map { ClientRequest.Field($0.name, scope.render(TextTemplate($0.template))) }
      if case .json? = answer.body?.content { headers.append(ClientRequest.Field("Content-Type", "application/json")) }
      return .refused(SimulatorRefusal(status: answer.status, headers: headers, body: answer.body.map { scope.render($0) } ?? error))
    }
    if case .refuse(let status)? = misbehaviour {
      return refused(SimulationRefusals.Answer(status: status), "refused, as it was told to")
    }
    guard isPath(request.rest, of: descriptor) else { return refused(refuse.path, "path '\(request.rest)' is not known") }
    var closing: CloseFrame?
    for forbidden in refuse.forbidden where forbidden.isIn(request) {
      if let answer = forbidden.answer { return refused(answer, "\(forbidden.what) must not be there") }
      closing = closing ?? forbidden.close
    }
    for header in descriptor.handshake.required where !header.isMet(by: request) {
      return refused(refuse.header, "\(header.what) is required")
    }
    let offer = descriptor.handshake.offer
    if descriptor.handshake.subprotocols.requireEcho, !offer.contains(where: request.subprotocols.contains) {
      return refused(refuse.subprotocol, "one of the subprotocols \(offer.joined(separator: ", ")) is required")
    }
    var late: (Simulation.Occasion, String)?
    let check = CredentialCheck(request: request, rules: descriptor.credential, secret: secret, unixTime: unixTime)
    if closing == nil, let problem = check.problem {
      guard refuse.isLate else { return refused(refuse.credential, problem) }
      late = (.unauthorized, problem)
    }
    if let names = descriptor.endpoint.query.missing(in: request.query) {
      let problem = names.count == 1 ? "\(names[0]) is required" : "one of \(names.joined(separator: ", ")) is required"
      guard refuse.isLate else { return refused(refuse.query, problem) }
      late = late ?? (.badFormat, problem)
    }
    do throws(FormatProblem) {
      for direction in AudioDirection.allCases { _ = try descriptor.audio.declared(in: request.query, direction) }
    } catch {
      guard refuse.isLate else { return refused(refuse.format, error.description) }
      late = late ?? (.badFormat, error.description)
    }
    let subprotocol = ClientCredential.extract(request, descriptor).answer(descriptor: descriptor)
    var session = SimulatorSession(descriptor: descriptor, query: request.query, scope: scope, closing: closing, misbehaviour: misbehaviour)
    session.late = late
    session.credential = check
    return .accepted(session, subprotocol: subprotocol)
  }

  /// Whether the path is the URL's own, `{name}` segments being anything.
  private static func isPath(_ path: String, of descriptor: VendorDescriptor) -> Bool {
    let url = descriptor.endpoint.url.source
    let authority = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    guard let slash = authority.firstIndex(of: "/") else { return true }
    guard let segments = PathSuffix.segments(path) else { return false }
    // A choice may hold more than one segment.
    var patterns = [String(url[slash...].prefix { $0 != "?" })]
    for (name, choices) in descriptor.endpoint.choices {
      patterns = patterns.flatMap { pattern in choices.map { choice in pattern.replacing("{\(name)}", with: choice) } }
    }
    return patterns.contains { PathSuffix.match(segments, $0) != nil }
  }
}

extension HandshakeRules.Required {
  func isMet(by request: ClientRequest) -> Bool {
    if let query, request.query.contains(query) { return true }
    guard let found = request.header(header) else { return false }
    return value.map { $0 == found } ?? !found.isEmpty
  }

  var what: String { "header \(header)\(value.map { ": \($0)" } ?? "")\(query.map { " or parameter \($0)" } ?? "")" }
}

extension SimulationRefusals.Forbidden {
  func isIn(_ request: ClientRequest) -> Bool {
    if let header { return request.header(header) != nil }
    if let subprotocol { return request.subprotocols.contains(subprotocol) }
    return query.map { request.query.contains($0) } ?? false
  }

  var what: String {
    if let header { return "header \(header)" }
    if let subprotocol { return "subprotocol \(subprotocol)" }
    return "parameter \(query ?? "")"
  }
}
