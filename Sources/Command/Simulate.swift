import ArgumentParser
import Configuration
import Gateway
import Vendors

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs vendors' simulators alone.",
    discussion: """
      They demand a credential where the vendor wants it, and take any. Each listens on 127.0.0.1, from the given port on; the log says \
      at which URL, where a {name} stands for anything.

      --misbehave takes one of

      refuse:503 - the upgrade is refused with this status.
      close:3:1011 - at the client's third message the session is closed with this code.
      stall:2 - from the client's second message on nothing is said; stall:0 is never a word.
      garbage:1 - from the client's first message on the answers are broken.
      """)

  @Argument(help: "Entries such as deepgram.listen; all of the catalogue unless given.") var names: [String] = []
  @Option(help: "Port of the first one; the others follow. 0 takes ports that are free.") var port = 9_100
  @Option(help: "What to do wrong: refuse:STATUS, close:N:CODE, stall:N or garbage:N.") var misbehave: String?
  @Option(name: .customLong("config"), help: "A route table whose own vendors can be simulated as well.") var file: String?

  func run() async throws {
    let catalogue = try file.map { try RouteTable($0).catalogue } ?? Catalogue.builtIn()
    let descriptors = try (names.isEmpty ? catalogue.names : names).map { name in
      guard let descriptor = catalogue[name] else {
        throw ValidationError("no vendor '\(name)'; expected one of \(catalogue.names.joined(separator: ", "))")
      }
      return descriptor
    }
    let misbehaviour = try misbehave.map { text in
      guard let misbehaviour = Misbehaviour(text) else {
        throw ValidationError("'\(text)' is no misbehaviour; expected refuse:STATUS, close:N:CODE, stall:N or garbage:N")
      }
      return misbehaviour
    }
    let logger = Log.logger(LogSettings())
    do {
      try await Log.run([SimulatorService(descriptors, firstPort: port, misbehaviour: misbehaviour, logger: logger)], logger)
    } catch {
      logger.critical("cannot simulate", metadata: ["error": "\(error)"])
      throw ExitCode.unavailable
    }
  }
}
