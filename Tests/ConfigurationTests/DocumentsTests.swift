import Configuration
import Glibc
import JSON
import Testing

/// The committed schema and reference page are what the fields say. To write them anew:
/// `VOXGATE_WRITE_DOCS=1 swift test --filter DocumentsTests`.
@Suite struct DocumentsTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

  @Test(arguments: [
    ("Docs/upstreams.schema.json", GatewayConfiguration.schemaText()), ("Docs/Configuration.md", GatewayConfiguration.referencePage()),
  ])
  func committedDocuments(name: String, text: String) throws {
    let path = Self.root + "/" + name
    if unsafe getenv("VOXGATE_WRITE_DOCS") != nil { Self.write(text, to: path) }
    #expect(String(decoding: try SmallFile.read(path), as: UTF8.self) == text, "\(name) is not what the fields say")
  }

  private static func write(_ text: String, to path: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
  }

  @Test func schemaIsWhole() throws {
    let schema = try JSONValue.parse(GatewayConfiguration.schemaText())
    let definitions = try #require(schema["$defs"]?.objectValue)
    let references = collect("$ref", in: schema).compactMap(\.stringValue)
    #expect(Set(references) == Set(definitions.names.map { "#/$defs/\($0)" }))
    #expect(schema.at("$defs.Route.required") == ["upstream"])
    #expect(schema.at("$defs.Defaults.required") == nil)
    #expect(schema.at("$defs.Defaults.properties.upstream") == nil)
    #expect(schema.at("$defs.Upstream.allOf.0.oneOf.1.required") == ["url"])
    #expect(schema.at("$defs.Timeouts.properties.head.default") == "10s")
    #expect(schema.at("$defs.JWTMethod.properties.type.enum") == ["jwt"])
    #expect(schema["additionalProperties"] == false)
  }

  private func collect(_ name: String, in value: JSONValue) -> [JSONValue] {
    switch value {
    case .object(let object): object.members.flatMap { ($0.name == name ? [$0.value] : []) + collect(name, in: $0.value) }
    case .array(let items): items.flatMap { collect(name, in: $0) }
    default: []
    }
  }

  /// Every key a user can write has a sentence.
  @Test func everyFieldIsDocumented() throws {
    let schema = try JSONValue.parse(GatewayConfiguration.schemaText())
    let sections = [schema] + (schema["$defs"]?.objectValue?.members.map(\.value) ?? [])
    for section in sections {
      #expect(section["description"]?.stringValue?.hasSuffix(".") == true)
      for member in section["properties"]?.objectValue?.members ?? [] {
        let text = member.value["description"]?.stringValue ?? ""
        #expect(text.hasSuffix("."), "\(member.name): \(text)")
      }
    }
  }
}
