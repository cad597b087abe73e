import CLinux
import Configuration
import Glibc
import Guards

/// What the system lets this process have, and how many sessions that is.
struct Capacity: Sendable {
  /// Most file descriptors.
  let descriptors: Int
  /// Bytes of memory: the machine's, or the control group's where that is less; nil where nobody says.
  let memory: Int?

  /// Sessions cost two descriptors each, and the soft limit of a login shell is far below what the system allows: it is raised to that.
  static func claim() -> Capacity {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return Capacity(descriptors: 2_048, memory: availableMemory)
    }
    let soft = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = soft }
    return Capacity(descriptors: Int(clamping: limit.rlim_cur), memory: availableMemory)
  }

  /// Descriptors for connections; the others are for threads, listeners, dials and files.
  private var connections: Int { descriptors - 64 - 8 * Int(clinux_processors()) }

  /// What strangers may hold. Sessions have two descriptors each, strangers one: neither can take those of the other.
  func handshakes(_ section: Handshakes) -> HandshakeGuard.Limits {
    var limits = HandshakeGuard.Limits()
    limits.total = max(8, min(section.total, connections / 4))
    // A share of all stays a share of all.
    limits.perAddress = max(min(section.perAddress, 8), section.perAddress * limits.total / section.total)
    limits.bytes = section.bytes
    return limits
  }

  /// Sessions at once, beside so many strangers.
  func sessions(beside handshakes: HandshakeGuard.Limits) -> Int { max(16, (connections - handshakes.total) / 2) }

  private static var availableMemory: Int? {
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    // cgroup v2, then v1, as they are seen from inside a container. `max`, and v1's 9223372036854771712, mean no limit.
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    let limits = files.compactMap { file -> Int? in
      guard let bytes = try? SmallFile.read(file, limit: 64) else { return nil }
      return Int(String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber })
    }
    return ((pages > 0 ? [pages] : []) + limits).min()
  }
}
