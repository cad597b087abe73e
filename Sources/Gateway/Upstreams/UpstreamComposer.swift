import Configuration
import Guards
import JSON
import Vendors

/// What was found out on the way to an upstream's request.
struct Composition {
  /// The token that stands in it for the key; nil where the key does itself.
  var token: String?
  /// What was said to have its URL; nil where that was known.
  var initBody: JSONValue?
}

/// Makes an upstream's request, and before it those for a short-lived token and for the session's URL.
struct UpstreamComposer: Sendable {
  let callers: CallerServices
  /// The client's request without credentials.
  let client: ClientRequest

  /// What the upstream is asked for.
  ///
  /// - Parameters:
  ///   - secret: the credential; nil where there is none.
  ///   - deadline: for the requests before it as well.
  func compose(
    at place: DialPlace, _ secret: String?, until deadline: UInt64, _ composition: inout Composition
  ) async throws(AttemptFailure) -> UpstreamRequest {
    let endpoint = place.endpoint
    var secret = secret
    if let key = secret, endpoint.exchanges {
      secret = try await token(for: key, at: place, until: deadline)
      composition.token = secret
    }
    let (uuid, unixTime) = (UUIDText.random(), Int(Moment.now.unixSeconds))
    guard endpoint.needsInit(secret: secret) else {
      do throws(EndpointError) {
        return try endpoint.request(client, secret: secret, uuid: uuid, unixTime: unixTime, nonce: .random(in: 1 ... .max))
      } catch {
        throw .request(error)
      }
    }
    let asked: RESTRequest
    do throws(EndpointError) { asked = try endpoint.initRequest(client, secret: secret) } catch { throw .request(error) }
    composition.initBody = asked.body.flatMap { try? JSONValue.parse($0) }
    let (status, body) = try await answer(to: asked, at: place, until: deadline)
    do throws(EndpointError) {
      let standIn = place.upstream.simulator.map { "127.0.0.1:\($0.port)" }
      return try endpoint.request(client, answer: (status, body), standIn: standIn, uuid: uuid, unixTime: unixTime)
    } catch {
      guard case .initRefused(let text) = error else { throw .request(error) }
      throw .dial(.initRefused(status: status, text))
    }
  }

  /// The token for a key, which may be one that is kept.
  private func token(for key: String, at place: DialPlace, until deadline: UInt64) async throws(AttemptFailure) -> String {
    let endpoint = place.endpoint
    let request: RESTRequest?
    do throws(EndpointError) { request = try endpoint.tokenRequest(secret: key) } catch { throw .request(error) }
    guard let request else { throw .request(EndpointError.noExchange) }
    let result = await callers.upstreams.token(for: key, at: place.key, isSingleUse: endpoint.tokensAreSingleUse) { [self] in
      do throws(AttemptFailure) {
        let (_, body) = try await answer(to: request, at: place, until: deadline)
        guard let token = endpoint.token(in: body, unixTime: Int(Moment.now.unixSeconds)) else {
          return .failure(.noToken("its answer holds none"))
        }
        return .success(token)
      } catch {
        if case .dial(let failure) = error { return .failure(failure) }
        return .failure(.noToken("its request cannot be made"))
      }
    }
    do throws(DialFailure) { return try result.get() } catch { throw .dial(error) }
  }

  /// Makes a request that comes before the socket; where a simulator stands in for the vendor, to that.
  ///
  /// - Throws: for no answer, and for a status that says no.
  private func answer(
    to request: RESTRequest, at place: DialPlace, until deadline: UInt64
  ) async throws(AttemptFailure) -> (status: Int, body: String) {
    var url = request.url
    if let simulator = place.upstream.simulator, let scheme = url.firstRange(of: "://") {
      url = "http://127.0.0.1:\(simulator.port)" + url[scheme.upperBound...].drop { $0 != "/" }
    }
    let inquiry = Inquiry(
      method: request.method, url: url, headers: request.headers.map { Inquiry.Field($0.name, $0.value) },
      body: Array((request.body ?? "").utf8), timeout: .nanoseconds(Int64(clamping: deadline - min(deadline, UpstreamTable.now))))
    switch await callers.fetch.fetch(inquiry) {
    case .failed("timeout"): throw .dial(Task.isCancelled ? .cancelled : .timedOut)
    case .failed(let name): throw .dial(Task.isCancelled ? .cancelled : .unreachable("the request before it: \(name)"))
    case .response(let status, let headers, let body):
      guard status < 300 else {
        let wait = headers.first { $0.name.lowercased() == "retry-after" }?.value
        throw .dial(.refused(status: status, retryAfter: RetryAfter.seconds(wait)))
      }
      return (status, String(decoding: body, as: UTF8.self))
    }
  }
}
