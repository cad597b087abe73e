import Configuration
import YAML

/// The vendors that the gateway knows: those built in, and the user's own, which may replace a built-in one of the same name.
public struct Catalogue: Sendable {
  public private(set) var vendors: [String: VendorDescriptor]
  public private(set) var diagnostics: [Diagnostic]

  /// The built-in files alone.
  public static func builtIn() -> Catalogue {
    var catalogue = Catalogue(vendors: [:], diagnostics: [])
    for file in files {
      let loaded = Loader.load(file.bytes)
      catalogue.diagnostics += loaded.problems.map { Diagnostic($0, file: file.name) }
      guard let root = loaded.root else { continue }
      var reader = Reader(file: file.name)
      catalogue.vendors.merge(read(root, &reader)) { _, new in new }
      catalogue.diagnostics += reader.diagnostics
    }
    return catalogue
  }

  /// The built-in vendors and those of a `vendors:` section. What is wrong with the latter goes to the reader.
  public static func with(_ node: Node?, _ reader: inout Reader) -> Catalogue {
    var catalogue = builtIn()
    if let node { catalogue.vendors.merge(read(node, &reader)) { _, new in new } }
    return catalogue
  }

  public subscript(name: String) -> VendorDescriptor? { vendors[name] }

  /// In order.
  public var names: [String] { vendors.keys.sorted() }

  private static func read(_ node: Node, _ reader: inout Reader) -> [String: VendorDescriptor] {
    let place = Place.named("vendors")
    let type = ValueType<[String: VendorDescriptor]>.map(of: .section, noun: "vendor")
    guard let read = type.read(node, place, nil, &reader) else { return [:] }
    var vendors: [String: VendorDescriptor] = [:]
    for (name, descriptor) in read {
      var descriptor = descriptor
      descriptor.name = name
      if descriptor.title.isEmpty { descriptor.title = name }
      vendors[name] = descriptor
    }
    return vendors
  }

  struct File {
    var name: String
    var bytes: [UInt8]
  }

  /// One file for each vendor. SwiftPM embeds the directory as one constant a file and gives no list of them, so here is the list; a test
  /// compares it with the directory.
  static var files: [File] {
    [
      File(name: "deepgram.yaml", bytes: PackageResources.deepgram_yaml),
      File(name: "openai.yaml", bytes: PackageResources.openai_yaml),
    ]
  }
}
