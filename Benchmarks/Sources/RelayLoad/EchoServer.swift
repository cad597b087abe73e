import CLoadLinux
import Glibc

/// A WebSocket echo server on one thread.
final class EchoServer {
  private static let listenerToken = UInt64.max

  private let listener: Int32
  private let tls: TLSContext?
  private let epoll: Epoll
  private var sessions: [EchoSession?] = []
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 64)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024 + 16, alignment: 64)
  let port: UInt16

  init(_ endpoint: Endpoint, tls: TLSContext?) throws(Failure) {
    self.tls = tls
    (listener, port) = try endpoint.listen()
    epoll = try Epoll()
    epoll.add(listener, token: Self.listenerToken, interest: Epoll.readable)
  }

  deinit {
    close(listener)
    input.deallocate()
    output.deallocate()
  }

  func run() throws(Failure) -> Never {
    while true {
      let count = epoll.wait(nanoseconds: -1)
      for index in 0..<count {
        let token = epoll.token(at: index)
        if token == Self.listenerToken { try accept() } else { serve(Int(token)) }
      }
    }
  }

  @inline(__always)
  private func serve(_ descriptor: Int) {
    guard let session = sessions[descriptor] else { return }
    let interest = session.interest
    if !session.serve(input: input, output: output) {
      sessions[descriptor] = nil
    } else if session.interest != interest {
      epoll.modify(session.transport.descriptor, token: UInt64(descriptor), interest: session.interest)
    }
  }

  private func accept() throws(Failure) {
    while case let descriptor = load_accept(listener), descriptor >= 0 {
      Transport.disableDelay(descriptor)
      let session = EchoSession(try Transport(descriptor: descriptor, tls: tls))
      while sessions.count <= descriptor { sessions.append(nil) }
      sessions[Int(descriptor)] = session
      epoll.add(descriptor, token: UInt64(descriptor), interest: session.interest)
    }
    if errno == EMFILE { throw .unavailable("echo: out of file descriptors at \(sessions.count)") }
  }
}
