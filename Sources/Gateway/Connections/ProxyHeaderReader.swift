/// Reads the PROXY header of one connection, however its bytes are cut, and decides whether it is believed.
struct ProxyHeaderReader {
  enum Action: Equatable {
    /// More is needed.
    case wait
    /// The connection goes on with these bytes and all that follow them.
    ///
    /// - Parameter header: nil where there is none, and need not be one.
    case proceed(header: ProxyHeader?, rest: [UInt8])
    case refuse(ProxyHeaderError)
  }

  private let isRequired: Bool
  private let isTrusted: Bool
  private let maximum: Int
  private var pending: [UInt8] = []

  /// - Parameters:
  ///   - isRequired: whether a connection without a header is refused.
  ///   - isTrusted: whether the peer is a proxy of ours. Nobody else may announce anything: not even a header that would be ignored goes
  ///     through, because what stands behind the gateway's decision would then be unclear.
  ///   - maximum: bytes of a version 2 header.
  init(isRequired: Bool, isTrusted: Bool, maximum: Int) {
    self.isRequired = isRequired
    self.isTrusted = isTrusted
    self.maximum = maximum
  }

  /// Takes what has arrived. Not to be called again after anything but `wait`.
  mutating func receive(_ bytes: some Sequence<UInt8>) -> Action {
    if isRequired, !isTrusted { return .refuse(.untrusted) }
    pending += bytes
    do throws(ProxyHeaderError) {
      switch try ProxyHeader.parse(pending, maximum: maximum) {
      case .incomplete where !isTrusted && hasMark: return .refuse(.untrusted)
      case .incomplete: return .wait
      case .absent where isRequired: return .refuse(.missing)
      case .absent: return .proceed(header: nil, rest: take(from: 0))
      case .header where !isTrusted: return .refuse(.untrusted)
      case .header(let header, let length): return .proceed(header: header, rest: take(from: length))
      }
    } catch {
      return .refuse(isTrusted ? error : .untrusted)
    }
  }

  /// Whether what came can be nothing but a header: `PROXY ` or the whole signature. No request and no TLS record begins so.
  private var hasMark: Bool { pending.count >= (pending.first == 0x0D ? 12 : 6) }

  private mutating func take(from start: Int) -> [UInt8] {
    defer { pending = [] }
    return Array(pending[start...])
  }
}
