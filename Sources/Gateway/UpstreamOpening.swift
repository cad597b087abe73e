import Configuration
import Guards
import NIOCore
import Relay
import Vendors
import WebSocket

/// Opens the upstream of a session: composes the request, dials, and takes the connection off NIO. Lives on one event loop.
actor UpstreamOpening {
  nonisolated let core: GatewayCore
  nonisolated let service: RouteService
  private let client: ClientRequest
  private let loop: any EventLoop
  /// The client's address as the log may show it.
  private let ip: String

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

  /// - Parameter client: its request without credentials.
  init(_ core: GatewayCore, _ service: RouteService, _ client: ClientRequest, on loop: any EventLoop, ip: String) {
    self.core = core
    self.service = service
    self.client = client
    self.loop = loop
    self.ip = ip
  }

  /// What the upstream is asked for.
  func compose() throws(Refusal) -> UpstreamRequest {
    do throws(EndpointError) {
      let secret = service.upstream.secret?.reveal()
      return try service.endpoint.request(client, secret: secret, uuid: UUIDText.random())
    } catch {
      core.logger.warning("upstream request", metadata: ["route": "\(service.name)", "error": "\(error)"])
      switch error.status {
      case 404: throw Refusal(.notFound)
      case 400: throw Refusal(.badRequest, message: error.description)
      default: throw Refusal(.misconfigured)
      }
    }
  }

  /// Dials.
  func dial(_ request: UpstreamRequest) async throws(Refusal) -> NIOLoopBound<DialedEnd> {
    let target = try target(request)
    let name = service.upstream.name
    let began = NIODeadline.now()
    do throws(DialFailure) {
      let end = try await Dialer(loop: loop).dial(target, budget: service.dialBudget)
      core.metrics.dialSeconds(name).observe(milliseconds: (NIODeadline.now() - began).nanoseconds / 1_000_000)
      return end
    } catch {
      core.metrics.dialFailures(name, error.name).add(1)
      switch error {
      case .refused(let status):
        throw Refusal(.upstreamRefused, event: .upstreamRefused(ip: ip, upstream: name, status: status))
      case .timedOut:
        throw Refusal(.upstreamTimeout, event: .upstreamTimeout(ip: ip, upstream: name, phase: "dial"))
      case .cancelled:
        throw Refusal(.upstreamUnreachable)
      default:
        throw Refusal(.upstreamUnreachable, event: .upstreamUnreachable(ip: ip, upstream: name, error: "\(error.name) \(error.detail)"))
      }
    }
  }

  /// Takes an upstream away from NIO.
  ///
  /// - Returns: nil when it is gone already.
  func leave(_ upstream: NIOLoopBound<DialedEnd>) async -> LegTransport? {
    let (end, agreement) = (upstream.value.end, upstream.value.agreement)
    guard (try? await end.barrier.flushed(on: loop).get()) != nil, !Task.isCancelled else {
      end.channel.close(promise: nil)
      return nil
    }
    guard var transport = end.leave(owed: service.openingFrames()) else { return nil }
    transport.compression = agreement.deflate.map { LegTransport.Compression($0, service.deflate.upstream) }
    return transport
  }

  private func target(_ request: UpstreamRequest) throws(Refusal) -> DialTarget {
    let upstream = service.upstream
    let deflate = service.deflate.upstream
    let isSecure = request.scheme == "wss"
    var random = SystemRandomNumberGenerator()
    do throws(ClientOpeningError) {
      let handshake = try ClientOpening(
        host: request.url.authority, path: request.target, subprotocols: request.subprotocols,
        extensions: deflate.offer.map { [$0] } ?? [], headers: request.headers.map { (name: $0.0, value: $0.1) }, using: &random)
      if let simulator = upstream.simulator {
        return DialTarget(host: "127.0.0.1", port: simulator.port, tls: nil, opening: handshake, deflate: deflate)
      }
      return DialTarget(
        host: request.host, port: request.port, tls: isSecure ? upstream.tls : nil, opening: handshake, deflate: deflate)
    } catch {
      core.logger.warning("upstream request", metadata: ["route": "\(service.name)", "error": "\(error)"])
      throw Refusal(.misconfigured)
    }
  }
}
