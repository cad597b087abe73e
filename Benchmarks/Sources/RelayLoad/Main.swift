import CLoadLinux
import Glibc

/// `relay-load echo ...` and `relay-load load ...`; see README.md.
@main
struct Main {
  static let usage = """
    usage: relay-load echo [--listen HOST:PORT] [--certificate FILE --key FILE]
           relay-load load --url URL [--mode closed|paced|idle|hold|open|churn] [--connections N]
                           [--payload binary|json] [--bytes N] [--opens N] [--seconds S] [--warm-up S]
                           [--interval-ms N] [--ca FILE] [--watch PID]...
    """

  static func main() {
    signal(SIGPIPE, SIG_IGN)  // OpenSSL writes without MSG_NOSIGNAL.
    raiseDescriptorLimit()
    do {
      try run(CommandLine.arguments.dropFirst())
    } catch let failure {
      write("relay-load: \(failure.text)\n", to: STDERR_FILENO)
      exit(failure.code)
    }
  }

  private static func run(_ words: ArraySlice<String>) throws(Failure) {
    switch words.first {
    case "echo": try echo(try Arguments(words.dropFirst(), known: ["listen", "certificate", "key"]))
    case "load": try load(try LoadPlan(try Arguments(words.dropFirst(), known: LoadPlan.options)))
    default: throw .usage("expected 'echo' or 'load'\n\(usage)")
    }
  }

  private static func echo(_ arguments: Arguments) throws(Failure) {
    var tls: TLSContext?
    if let certificate = arguments.text("certificate") {
      tls = try TLSContext(certificate: certificate, key: try arguments.required("key"))
    }
    let server = try EchoServer(try Endpoint(authority: arguments.text("listen") ?? "127.0.0.1:0"), tls: tls)
    write("{\"port\":\(server.port)}\n", to: STDOUT_FILENO)
    try server.run()
  }

  private static func load(_ plan: LoadPlan) throws(Failure) {
    load_sharpen_timers()
    try LoadGenerator(plan).run { report throws(Failure) in
      guard let line = try? report.line() else { throw .unavailable("the report cannot be written as JSON") }
      write(line + "\n", to: STDOUT_FILENO)
    }
  }

  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
