import ArgumentParser
import Configuration
import Gateway
import Vendors

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs vendors' simulators alone.",
    discussion: "They demand a credential where the vendor wants it, and take any. Each listens on 127.0.0.1, from the given port on.")

  @Argument(help: "Entries such as deepgram.listen; all of the catalogue unless given.") var names: [String] = []
  @Option(help: "Port of the first one; the others follow. 0 takes ports that are free.") var port = 9_100
  @Option(help: "What to do wrong, such as refuse:429, close:3:1011, stall:2 or garbage:1.") var misbehave: String?
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
      guard let misbehaviour = Misbehaviour(text) else { throw ValidationError("'\(text)' is no misbehaviour; see --help for the forms") }
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
