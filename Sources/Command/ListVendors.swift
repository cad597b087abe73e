import ArgumentParser
import Configuration
import JSON
import Vendors

struct ListVendors: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vendors", abstract: "Prints the catalogue, or what one entry needs, accepts and limits.",
    discussion: """
      The last line counts the endpoints: declarative ones are described by data alone, coded ones name something in their descriptor that \
      is programmed. With --new a commented descriptor is printed, to be filled in and pasted under 'vendors' of a route table; \
      'voxgate check' says what is still missing.
      """)

  @Argument(help: "An entry such as deepgram.listen.") var name: String?
  @Option(name: .customLong("config"), help: "A route table whose own vendors are listed as well.") var file: String?
  @Option(name: .customLong("new"), help: "Prints a descriptor to fill in, of this name, such as example.stt.") var newName: String?
  @Flag(help: "One JSON object per entry, and one with the counts at the end.") var json = false

  func validate() throws {
    guard let newName else { return }
    guard name == nil, !json else { throw ValidationError("'--new' goes with neither an entry nor '--json'") }
    let isName =
      !newName.isEmpty && newName.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || [0x2E, 0x5F].contains($0) }
    guard isName else {
      throw ValidationError("'\(newName)' is no name of an endpoint; expected a-z, 0-9, '_' and '.', such as example.stt")
    }
  }

  func run() throws {
    let catalogue = try file.map { try RouteTable($0).catalogue } ?? Catalogue.builtIn()
    if let newName {
      guard catalogue[newName] == nil else {
        throw ValidationError("'\(newName)' is in the catalogue already; 'voxgate vendors \(newName)' explains it")
      }
      return Console.out(VendorTemplate.text(newName), terminator: "")
    }
    guard let name else {
      if json {
        for name in catalogue.names { catalogue[name].map { Console.out(VendorReport.json($0).text()) } }
        return Console.out(VendorTally(catalogue).json.text())
      }
      return Console.out(VendorReport.list(catalogue) + "\n" + VendorTally(catalogue).text)
    }
    guard let descriptor = catalogue[name] else {
      throw ValidationError("no vendor '\(name)'; expected one of \(catalogue.names.joined(separator: ", "))")
    }
    Console.out(json ? VendorReport.json(descriptor).text() : VendorReport.explain(descriptor))
  }
}
