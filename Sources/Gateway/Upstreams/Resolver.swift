import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Host names to addresses, off the event loop: one lookup of a name at a time, whose answer all that ask meanwhile share.
///
/// It has threads of its own, as the system's resolver may block for as long as a name server is silent.
final class Resolver: Sendable {
  struct Failure: Error, Equatable {
    /// The resolver's own words, such as `Name or service not known`.
    let reason: String

    static let busy = Failure(reason: "too many names are being looked up")
  }

  private struct Name: Hashable {
    let host: String
    let port: Int
  }

  /// The system's resolver. One for the process, as that is.
  static let system = Resolver { host, port throws(Failure) in try lookUp(host, port: port) }

  private let pool: NIOThreadPool
  private let most: Int
  private let lookUp: @Sendable (_ host: String, _ port: Int) throws(Failure) -> [SocketAddress]
  /// Who waits for each name.
  private let flights = Mutex<[Name: [EventLoopPromise<[SocketAddress]>]]>([:])

  /// - Parameters:
  ///   - threads: names that are looked up at once.
  ///   - most: names that are looked up or wait for it; beyond, a name fails at once.
  init(threads: Int = 4, most: Int = 256, lookUp: @escaping @Sendable (_ host: String, _ port: Int) throws(Failure) -> [SocketAddress]) {
    pool = NIOThreadPool(numberOfThreads: threads)
    (self.most, self.lookUp) = (most, lookUp)
    pool.start()
  }

  /// Ends its threads; names that wait are not looked up.
  func stop() async { try? await pool.shutdownGracefully() }

  /// Every stream address of `host`, in the system's order of preference (RFC 6724).
  func addresses(of host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
    if let address = try? SocketAddress(ipAddress: host, port: port) { return loop.makeSucceededFuture([address]) }
    let (name, promise) = (Name(host: host, port: port), loop.makePromise(of: [SocketAddress].self))
    let isFirst: Bool? = flights.withLock { flights in
      if flights[name]?.append(promise) != nil { return false }
      guard flights.count < most else { return nil }
      flights[name] = [promise]
      return true
    }
    switch isFirst {
    case nil: promise.fail(Failure.busy)
    case false?: break
    case true?:
      pool.submit { [self] state in
        guard case .active = state else { return land(name, .failure(Failure.busy)) }
        do throws(Failure) { land(name, .success(try lookUp(name.host, name.port))) } catch { land(name, .failure(error)) }
      }
    }
    return promise.futureResult
  }

  private func land(_ name: Name, _ result: Result<[SocketAddress], any Error>) {
    for promise in flights.withLock({ $0.removeValue(forKey: name) }) ?? [] { promise.completeWith(result) }
  }

  private static func lookUp(_ host: String, port: Int) throws(Failure) -> [SocketAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var first: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, nil, &hints, &first)
    guard status == 0 else { throw unsafe Failure(reason: String(cString: gai_strerror(status))) }
    defer { unsafe freeaddrinfo(first) }
    var addresses: [SocketAddress] = []
    var next = unsafe first
    while let entry = unsafe next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let named = unsafe getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      if named == 0 {
        let end = text.firstIndex(of: 0) ?? text.endIndex
        let literal = String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let address = try? SocketAddress(ipAddress: literal, port: port), !addresses.contains(address) { addresses.append(address) }
      }
      unsafe next = entry.pointee.ai_next
    }
    return addresses
  }
}
