import Configuration
import Tokens
import YAML

/// The whole of the file.
struct APIKeyList: Section {
  var keys: [APIKey] = []

  static let section = SectionDescription<APIKeyList>(
    "APIKeys", "Keys of the gateway's own.",
    fields: [Field("keys", \.keys, .list(of: .section, noun: "key"), required: true, "The keys; an empty list lets nobody in.")]
  ) { _, node, _, reader in
    let entries = node["keys"]?.sequence ?? []
    if entries.count > APIKeySet.maximumCount {
      reader.error("the file has \(entries.count) keys; at most \(APIKeySet.maximumCount) are read", at: node["keys"]?.start)
    }
    var places: [Fingerprint: Mark] = [:]
    for entry in entries {
      guard let value = entry["sha256"], let fingerprint = value.text.flatMap({ Fingerprint(hex: $0) }) else { continue }
      if let first = places[fingerprint] {
        // Whose key it is, and what it opens, would depend on the order of the file.
        reader.error("the key is given twice", at: value.start, related: .init(mark: first, note: "first given here"))
      } else {
        places[fingerprint] = value.start
      }
    }
  }
}
