import ArgumentParser
import Vendors

struct ListVendors: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vendors", abstract: "Prints the catalogue, or what one entry needs, accepts and limits.")

  @Argument(help: "An entry such as deepgram.listen.") var name: String?
  @Option(name: .customLong("config"), help: "A route table whose own vendors are listed as well.") var file: String?

  func run() throws {
    let catalogue = try file.map { try RouteTable($0).catalogue } ?? Catalogue.builtIn()
    guard let name else { return Console.out(VendorReport.list(catalogue)) }
    guard let descriptor = catalogue[name] else {
      throw ValidationError("no vendor '\(name)'; expected one of \(catalogue.names.joined(separator: ", "))")
    }
    Console.out(VendorReport.explain(descriptor))
  }
}
