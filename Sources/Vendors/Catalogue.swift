import Configuration
import YAML

/// The vendors that the gateway knows: those built in, and the user's own, which may replace a built-in one of the same name.
public struct Catalogue: Sendable {
  public private(set) var vendors: [String: VendorDescriptor]
  public private(set) var diagnostics: [Diagnostic]

  /// The built-in files alone.
  public static func builtIn() -> Catalogue { loaded }

  /// Constant, so read once.
  private static let loaded = load()

  private static func load() -> Catalogue {
    var catalogue = Catalogue(vendors: [:], diagnostics: [])
    let documents = files.map { (file: $0, document: Loader.load($0.bytes)) }
    let likeness = Likeness(nodes: nodes)
    for (file, document) in documents {
      catalogue.diagnostics += document.problems.map { Diagnostic($0, file: file.name) }
      guard let root = document.root else { continue }
      var reader = Reader(file: file.name)
      catalogue.vendors.merge(read(root, likeness, &reader)) { _, new in new }
      catalogue.diagnostics += reader.diagnostics
    }
    return catalogue
  }

  /// The built-in descriptors as they are written, for those that are `like` them.
  private static let nodes = files.reduce(into: [String: Node]()) { nodes, file in
    for entry in Loader.load(file.bytes).root?.mapping ?? [] { nodes[entry.name] = entry.value }
  }

  /// The built-in vendors and those of a `vendors:` section. What is wrong with the latter goes to the reader.
  public static func with(_ node: Node?, _ reader: inout Reader) -> Catalogue {
    var catalogue = builtIn()
    guard let node else { return catalogue }
    // A replacement may be like the one that it replaces.
    var known = nodes
    for entry in node.mapping ?? [] where entry.value["like"]?.text != entry.name { known[entry.name] = entry.value }
    catalogue.vendors.merge(read(node, Likeness(nodes: known), &reader)) { _, new in new }
    return catalogue
  }

  public subscript(name: String) -> VendorDescriptor? { vendors[name] }

  /// In order.
  public var names: [String] { vendors.keys.sorted() }

  private static func read(_ node: Node, _ likeness: Likeness, _ reader: inout Reader) -> [String: VendorDescriptor] {
    let place = Place.named("vendors")
    let type = ValueType<[String: VendorDescriptor]>.map(of: .section, noun: "vendor")
    var node = node
    if let entries = node.mapping {
      node.content = .mapping(
        entries.map { entry in
          let place = place.entry(entry.name, noun: "vendor")
          return Node.Entry(key: entry.key, value: likeness.resolved(entry.value, place, &reader))
        })
    }
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
      File(name: "alibaba.yaml", bytes: PackageResources.alibaba_yaml),
      File(name: "assemblyai.yaml", bytes: PackageResources.assemblyai_yaml),
      File(name: "aws.yaml", bytes: PackageResources.aws_yaml),
      File(name: "azure.yaml", bytes: PackageResources.azure_yaml),
      File(name: "baseten.yaml", bytes: PackageResources.baseten_yaml),
      File(name: "bland.yaml", bytes: PackageResources.bland_yaml),
      File(name: "cartesia.yaml", bytes: PackageResources.cartesia_yaml),
      File(name: "deepgram.yaml", bytes: PackageResources.deepgram_yaml),
      File(name: "elevenlabs.yaml", bytes: PackageResources.elevenlabs_yaml),
      File(name: "fish.yaml", bytes: PackageResources.fish_yaml),
      File(name: "gladia.yaml", bytes: PackageResources.gladia_yaml),
      File(name: "google.yaml", bytes: PackageResources.google_yaml),
      File(name: "gradium.yaml", bytes: PackageResources.gradium_yaml),
      File(name: "ibm.yaml", bytes: PackageResources.ibm_yaml),
      File(name: "inworld.yaml", bytes: PackageResources.inworld_yaml),
      File(name: "lmnt.yaml", bytes: PackageResources.lmnt_yaml),
      File(name: "localai.yaml", bytes: PackageResources.localai_yaml),
      File(name: "mistral.yaml", bytes: PackageResources.mistral_yaml),
      File(name: "neuphonic.yaml", bytes: PackageResources.neuphonic_yaml),
      File(name: "nvidia.yaml", bytes: PackageResources.nvidia_yaml),
      File(name: "openai.yaml", bytes: PackageResources.openai_yaml),
      File(name: "resemble.yaml", bytes: PackageResources.resemble_yaml),
      File(name: "rime.yaml", bytes: PackageResources.rime_yaml),
      File(name: "smallest.yaml", bytes: PackageResources.smallest_yaml),
      File(name: "soniox.yaml", bytes: PackageResources.soniox_yaml),
      File(name: "speaches.yaml", bytes: PackageResources.speaches_yaml),
      File(name: "speechmatics.yaml", bytes: PackageResources.speechmatics_yaml),
      File(name: "telnyx.yaml", bytes: PackageResources.telnyx_yaml),
      File(name: "tencent.yaml", bytes: PackageResources.tencent_yaml),
      File(name: "together.yaml", bytes: PackageResources.together_yaml),
      File(name: "ultravox.yaml", bytes: PackageResources.ultravox_yaml),
      File(name: "vllm.yaml", bytes: PackageResources.vllm_yaml),
      File(name: "volcengine.yaml", bytes: PackageResources.volcengine_yaml),
      File(name: "xai.yaml", bytes: PackageResources.xai_yaml),
      File(name: "xfyun.yaml", bytes: PackageResources.xfyun_yaml),
    ]
  }
}
