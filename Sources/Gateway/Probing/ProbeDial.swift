import Configuration
import NIOCore
import Vendors
import WebSocket

/// One dial of a probe: to one endpoint, with one credential.
struct ProbeDial: Sendable {
  /// For a refusal that comes behind the upgrade, where nothing tells readiness.
  private static let hold = Duration.milliseconds(700)

  let route: Route
  let place: DialPlace
  /// Nil where the upstream has or wants none.
  let credential: UpstreamService.Credential?
  /// What a client would add to the query.
  let query: [(name: String, value: String)]
  /// What a client would add to a route's path that ends in `/*`; empty where it adds nothing.
  let rest: String
  let callers: CallerServices

  func run(on loop: any EventLoop) async -> ProbeResult {
    let upstream = place.upstream
    var result = ProbeResult(route: route.path.description, upstream: upstream.name, isSimulated: upstream.isSimulated)
    if upstream.credentials.count > 1 { result.credential = credential?.reference.description }
    if let credential, credential.secret.secret == nil {
      result.problem =
        "the credential cannot be had: \(credential.secret.failure.map { "\($0)" } ?? "\(credential.reference) is not there")"
      return result
    }
    var script = ProbeScript(upstream.descriptor ?? .plain, query: usual)
    let budget = upstream.dialBudget ?? route.timeouts.dial
    let request: UpstreamRequest, target: DialTarget
    do throws(AttemptFailure) {
      request = try await compose(script, within: budget)
      do throws(ClientOpeningError) { target = try upstream.target(request) } catch { throw .request(error) }
    } catch {
      note(error, budget, &result)
      return result
    }
    result.host = "\(target.host):\(target.port)"
    let times = DialTimes()
    let client: WebSocketClient
    do throws(DialFailure) {
      client = try await .connect(target, by: Dialer(loop: loop, times: times), budget: budget)
    } catch {
      result.times = ProbeResult.Times(times)
      if ProbeWords.reached(error, times) { result.stage = .reached }
      result.problem = ProbeWords.of(error, host: target.host, address: "\(target.host):\(target.port)", times, budget: budget)
      return result
    }
    result.times = ProbeResult.Times(times)
    await judge(client, request.firstMessageCredential, &script, &result)
    return result
  }

  // MARK: The request

  private func compose(_ script: ProbeScript, within budget: Duration) async throws(AttemptFailure) -> UpstreamRequest {
    let given = items.map(\.name)
    let client = ClientRequest(
      rest: rest, query: Query(items: items + script.query.filter { !given.contains($0.name) }.map { Query.Item($0.name, $0.value) }))
    var composition = Composition()
    return try await UpstreamComposer(callers: callers, client: client).compose(
      at: place, credential?.secret.secret?.reveal(), until: UpstreamTable.now + UInt64(TimeAmount(budget).nanoseconds), &composition)
  }

  private var items: [Query.Item] { query.map { Query.Item($0.name, $0.value) } }

  /// What the URL asks for without what a vendor's clients add by themselves.
  private var usual: Query {
    (try? place.endpoint.query(for: ClientRequest(rest: rest, query: Query(items: items)))) ?? Query(items: items)
  }

  /// Why there is nothing to dial, or what came of the requests before it.
  private func note(_ failure: AttemptFailure, _ budget: Duration, _ result: inout ProbeResult) {
    switch failure {
    case .dial(let failure):
      if case .refused = failure { result.stage = .reached }
      let host = place.endpoint.base
      result.host = host.map { "\($0.host):\($0.port)" }
      let words = ProbeWords.of(failure, host: host?.host ?? "", address: result.host ?? "", DialTimes(), budget: budget)
      result.problem = "the request before the socket: \(words)"
    case .request(let error):
      switch error as? EndpointError {
      case .path:
        let rules = place.endpoint.descriptor?.endpoint
        let forms = (rules?.pathSuffixes ?? []).joined(separator: " or ")
        result.isSkipped = rest.isEmpty
        if rest.isEmpty {
          let way = route.path.isPrefix && !forms.isEmpty ? "; give it with --path, of the form \(forms)" : ""
          result.problem = "only a client's path says where in '\(rules?.url.source ?? "the upstream")' to go\(way)"
        } else {
          result.problem = "path '\(rest)' is not one that this upstream allows\(forms.isEmpty ? "" : "; expected \(forms)")"
        }
      case .query(let names):
        result.isSkipped = true
        result.problem = "only a client says \(names.map { "'\($0)'" }.joined(separator: " or ")); give it with --query"
      case .secretMissing: result.problem = "the upstream has no credential"
      default: result.problem = "\(error)"
      }
    }
  }

  // MARK: Behind the upgrade

  private func judge(
    _ client: WebSocketClient, _ firstMessage: UpstreamRequest.FirstMessageCredential?, _ script: inout ProbeScript,
    _ result: inout ProbeResult
  ) async {
    let began = ContinuousClock.now
    let limit = script.isReadyAtOnce ? Self.hold : place.upstream.readyBudget ?? route.timeouts.ready
    let end = await converse(client, &script, firstMessage, within: limit)
    await client.close()
    // Some vendors look at the credential only now: their first message tells that it counts.
    result.stage = script.hasHeard ? .authenticated : .reached
    switch end {
    case .ready:
      result.stage = .ready
      if !script.isReadyAtOnce { result.times.ready = began.duration(to: .now).hundredths }
    case .waiting(let message): result.problem = "not ready within \(Units.text(limit)): waiting for \(message)"
    case .failed(let words): result.problem = words
    }
  }

  /// Says the opening and listens, until the vendor is ready, has refused, or time is up.
  private func converse(
    _ client: WebSocketClient, _ script: inout ProbeScript, _ credential: UpstreamRequest.FirstMessageCredential?, within limit: Duration
  ) async -> ProbeScript.Progress {
    let (events, source) = AsyncStream.makeStream(of: WebSocketClient.Event?.self)
    return await withTaskGroup(of: Void.self) { tasks in
      defer { tasks.cancelAll() }
      tasks.addTask { for await event in client.events { source.yield(event) } }
      tasks.addTask {
        try? await Task.sleep(for: limit)
        source.yield(nil)
      }
      for message in script.opened(credential) { await client.send(Message(script.frame(message))) }
      for await event in events {
        var answers: [String] = []
        switch event {
        case nil: return script.progress
        case .message(.text(let text)): answers = script.receive(text: text)
        case .message(.binary(let bytes)): answers = script.receive(binary: bytes)
        case .closed(let close):
          script.closed(close.map { CloseFrame(code: $0.code.map { Int($0.rawValue) } ?? 1005, reason: $0.reason) })
        }
        if case .failed = script.progress { return script.progress }
        if script.progress == .ready, !script.isReadyAtOnce { return .ready }
        for answer in answers { await client.send(Message(script.frame(answer))) }
      }
      return script.progress
    }
  }
}

extension Message {
  init(_ frame: MessageFraming.Frame) {
    switch frame {
    case .text(let text): self = .text(text)
    case .binary(let bytes): self = .binary(bytes)
    }
  }
}

extension ProbeResult.Times {
  init(_ times: DialTimes) {
    dns = times.duration(of: .dns)?.hundredths
    tcp = times.duration(of: .tcp)?.hundredths
    tls = times.duration(of: .tls)?.hundredths
    upgrade = times.duration(of: .upgrade)?.hundredths
  }
}

extension Duration {
  /// Milliseconds, to a hundredth.
  fileprivate var hundredths: Double { (self / .microseconds(10)).rounded() / 100 }
}
