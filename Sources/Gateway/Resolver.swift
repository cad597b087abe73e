import Glibc
import NIOCore
import NIOPosix

/// Host names to addresses through the system's resolver, off the event loop.
enum Resolver {
  struct Failure: Error, Equatable {
    /// The resolver's own words, such as `Name or service not known`.
    let reason: String
  }

  /// Every stream address of `host`, in the system's order of preference (RFC 6724).
  static func addresses(of host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
    if let address = try? SocketAddress(ipAddress: host, port: port) { return loop.makeSucceededFuture([address]) }
    return NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try lookUp(host, port: port) }
  }

  private static func lookUp(_ host: String, port: Int) throws -> [SocketAddress] {
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
