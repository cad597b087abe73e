import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import TLS
import WebSocket

/// Whom to dial and what to say: one upgrade request.
struct DialTarget: Sendable {
  /// A name or an IP literal without brackets.
  var host: String
  var port: Int
  /// Nil for a plain connection.
  var tls: TLSContext?
  /// The request; its `Host`, key and headers are complete.
  var opening: ClientOpening
  /// What its offer of permessage-deflate was made from; nil where it makes none.
  var deflate: DeflateSettings?
}

/// An upstream that has answered 101 and waits to be handed over. Bound to its event loop.
final class DialedEnd {
  /// What it agreed to.
  struct Agreement: Sendable {
    let subprotocol: String?
    let deflate: DeflateParameters?
  }

  let end: ChannelEnd
  let agreement: Agreement

  init(_ end: ChannelEnd, _ agreement: Agreement) {
    self.end = end
    self.agreement = agreement
  }
}

/// Opens upstreams on one event loop: resolve, connect, TLS, upgrade, all within one budget.
struct Dialer: Sendable {
  let loop: any EventLoop
  /// Bytes of a response head, and bytes an upstream may send right behind it.
  var maximumHead = 32 << 10
  var maximumEarly = 1 << 20

  /// Tries the host's addresses in order until one answers the upgrade.
  ///
  /// A refusal by the upstream is final; only a connection that failed moves on to the next address.
  func dial(_ target: DialTarget, budget: TimeAmount) async throws(DialFailure) -> NIOLoopBound<DialedEnd> {
    let deadline = NIODeadline.now() + budget
    let addresses: [SocketAddress]
    do {
      addresses = try await Resolver.addresses(of: target.host, port: target.port, on: loop)
        .get(by: deadline, else: DialFailure.timedOut)
    } catch let failure as DialFailure {
      throw failure
    } catch {
      throw .unresolved((error as? Resolver.Failure)?.reason ?? "\(error)")
    }
    var failure = DialFailure.unresolved("no address")
    for (index, address) in addresses.enumerated() {
      if Task.isCancelled { throw .cancelled }
      let rest = deadline - .now()
      guard rest > .nanoseconds(0) else { throw .timedOut }
      // A silent address must leave time for the ones after it.
      let share = index == addresses.count - 1 ? rest : .nanoseconds(rest.nanoseconds / 2)
      do throws(DialFailure) {
        return try await attempt(target, address, within: share)
      } catch {
        failure = error
        switch error {
        case .unreachable, .timedOut: continue
        default: throw error
        }
      }
    }
    throw failure
  }

  private func attempt(_ target: DialTarget, _ address: SocketAddress, within budget: TimeAmount) async throws(DialFailure) -> NIOLoopBound<
    DialedEnd
  > {
    let answered = loop.makePromise(of: DialedEnd.Agreement.self)
    let slot = NIOLoopBoundBox<ChannelEnd?>.makeEmptyBox(valueType: ChannelEnd.self, eventLoop: loop)
    let deadline = NIODeadline.now() + budget
    let connected = ClientBootstrap(group: loop)
      .connectTimeout(budget)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let end = ChannelEnd(
            channel, gate: Gate(.response, maximumHead: maximumHead, maximumKept: maximumEarly),
            tls: try target.tls?.makeClientSession(serverName: target.host, port: target.port))
          try end.install()
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(HTTPRequestEncoder())
          try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
          try pipeline.addHandler(DialHandler(target, answered: answered))
          slot.value = end
        }
      }
      .connect(to: address)
    let channel: any Channel
    do {
      channel = try await connected.get()
    } catch let error as TLSError {
      answered.fail(DialFailure.cancelled)
      throw .tls(error.name)
    } catch {
      answered.fail(DialFailure.cancelled)
      throw .unreachable(Self.words(error))
    }
    do {
      let agreement = try await withTaskCancellationHandler {
        try await answered.futureResult.get(by: deadline, else: DialFailure.timedOut)
      } onCancel: {
        channel.close(promise: nil)
      }
      return try await loop.submit {
        guard let end = slot.value else { throw DialFailure.closedEarly }
        return NIOLoopBound(DialedEnd(end, agreement), eventLoop: loop)
      }.get()
    } catch {
      channel.close(promise: nil)
      throw Task.isCancelled ? .cancelled : error as? DialFailure ?? .closedEarly
    }
  }

  /// The system's words for why there is no connection.
  static func words(_ error: any Error) -> String {
    switch error {
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
    case is ChannelError: "connection timed out"
    default: "\(error)"
    }
  }
}
