import Glibc

/// What the system says of this process, under the names that Prometheus' own client libraries have.
///
/// Read from /proc when it is asked for; what cannot be read is left out of the page.
public struct ProcessMetrics: Metric {
  private static let cpu = MetricSummary(
    "process_cpu_seconds_total", .counter, "Processor time of the process, in the kernel and outside of it.")
  private static let openDescriptors = MetricSummary("process_open_fds", .gauge, "Open file descriptors.")
  private static let mostDescriptors = MetricSummary("process_max_fds", .gauge, "Most file descriptors that the process may have open.")
  private static let virtualMemory = MetricSummary("process_virtual_memory_bytes", .gauge, "Address space in use.")
  private static let residentMemory = MetricSummary("process_resident_memory_bytes", .gauge, "Memory in use.")
  private static let start = MetricSummary("process_start_time_seconds", .gauge, "When the process was started, in seconds since 1970.")

  private let folder: String

  /// - Parameter folder: of the process, in the form of proc(5).
  public init(folder: String = "/proc/self") {
    self.folder = folder
  }

  public var summaries: [MetricSummary] {
    [Self.openDescriptors, Self.mostDescriptors, Self.cpu, Self.virtualMemory, Self.residentMemory, Self.start]
  }

  public func expose(in page: inout Exposition) {
    if let descriptors = openDescriptors { write(Self.openDescriptors, Double(descriptors), &page) }
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      write(Self.mostDescriptors, Double(limit.rlim_cur), &page)
    }
    guard let status = ProcessStatus(Self.read(folder + "/stat")) else { return }
    let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    write(Self.cpu, Double(status.ticks) / ticks, &page)
    write(Self.virtualMemory, Double(status.virtualBytes), &page)
    write(Self.residentMemory, Double(status.residentPages) * Double(sysconf(Int32(_SC_PAGESIZE))), &page)
    var (wall, sinceBoot) = (timespec(), timespec())
    unsafe clock_gettime(CLOCK_REALTIME, &wall)
    unsafe clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
    let boot = wall.tv_sec - sinceBoot.tv_sec
    write(Self.start, Double(boot) + (Double(status.startTicks) / ticks).rounded(), &page)
  }

  private func write(_ metric: MetricSummary, _ value: Double, _ page: inout Exposition) {
    page.header(metric)
    page.sample(metric.name, [], value)
  }

  /// Since Linux 6.2 the size of the folder is the number of its entries; before, they have to be counted.
  private var openDescriptors: Int? {
    var status = stat()
    guard unsafe stat(folder + "/fd", &status) == 0 else { return nil }
    if status.st_size > 0 { return Int(status.st_size) }
    guard let list = unsafe opendir(folder + "/fd") else { return nil }
    defer { unsafe closedir(list) }
    var count = 0
    while unsafe readdir(list) != nil { count += 1 }
    // Not itself, its parent, and the descriptor of this very list.
    return max(0, count - 3)
  }

  /// The text of a small file; empty where it cannot be read.
  private static func read(_ path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1_024)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress, $0.count) }
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}

/// The line of `/proc/PID/stat` (proc(5)), as far as it is of interest here.
struct ProcessStatus: Equatable {
  /// In the kernel and outside of it.
  let ticks: UInt64
  /// From the system's start to the process's.
  let startTicks: UInt64
  let virtualBytes: UInt64
  let residentPages: UInt64

  init?(_ line: String) {
    // The name of the program stands in parentheses and may itself have blanks and parentheses.
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split(separator: " ")
    // proc(5) counts fields from 1; the first one here is its third.
    func field(_ number: Int) -> UInt64? { number - 3 < fields.count ? UInt64(fields[number - 3]) : nil }
    guard let user = field(14), let system = field(15), let start = field(22), let virtual = field(23), let resident = field(24) else {
      return nil
    }
    (ticks, startTicks, virtualBytes, residentPages) = (user + system, start, virtual, resident)
  }
}
