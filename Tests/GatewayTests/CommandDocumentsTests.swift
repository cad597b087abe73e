import FoundationEssentials
import TestSupport
import Testing

/// What the pages tell people to write works.
@Suite struct CommandDocumentsTests {
  /// Route tables pass `check` as they are; files that they name are laid beside them.
  @Test func everyExampleIsATable() throws {
    var tables = 0, vendors = 0
    for page in try Repository.pages {
      for block in try Repository.blocks("yaml", of: page) {
        let folder = TemporaryFolder()
        var text = block
        if block.hasPrefix("version:") {
          tables += 1
          // What `check` reads has to be what the table says it is.
          let own = CertificateFolder.shared
          for (name, file) in [("tls.crt", "localhost.pem"), ("tls.key", "localhost.key"), ("clients-ca.pem", "ca.pem")] {
            try folder.write(name, String(contentsOfFile: own.file(file), encoding: .utf8))
          }
          let hash = String(repeating: "0", count: 64)
          try folder.write("api-keys.yaml", "keys: [{sha256: \"\(hash)\", subject: partner}]\n")
          text = block.replacing("/etc/voxgate/", with: folder.file(""))
        } else if block.hasPrefix("vendors:") {
          vendors += 1
          text =
            "version: 1\nlisteners: [{address: \"127.0.0.1:0\"}]\n" + block
            + "upstreams: {a: {url: \"ws://127.0.0.1:9/\"}}\nroutes: {/a: {upstream: a, authentication: none}}\n"
        } else {
          continue
        }
        let run = try CommandRun(
          ["check", folder.write("upstreams.yaml", text)], environment: ["JWT_SECRET": "0123456789abcdef0123456789abcdef"])
        #expect(run.status == 0, "\(page): \(run.text)")
      }
    }
    #expect(tables > 0 && vendors > 0)
  }

  /// Commands in `sh` blocks and in the text are commands that exist; files that they name are there.
  @Test func everyCommandExists() throws {
    var found: Set<String> = []
    for page in try Repository.pages {
      let spans = try Repository.text(page).split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 && $0.element.hasPrefix("voxgate ") }.map { String($0.element) }
      let lines = try Repository.blocks("sh", of: page).flatMap { $0.split(separator: "\n").map { String($0) } }
      for line in spans + lines {
        let words = line.split(separator: " ").map { String($0) }
        guard let first = words.first else { continue }
        if first == "make", words.count > 1 {
          #expect(try Repository.text("Makefile").contains("\n\(words[1]):"), "\(page): \(line)")
        } else if first == "voxgate" || first.hasSuffix("/voxgate"), words.count > 1 {
          found.insert(words[1])
        }
        for word in words.dropFirst()
        where word.contains("/") && !word.contains("://") && !word.hasPrefix("/") && !word.hasPrefix(".build/") {
          #expect(FileManager.default.fileExists(atPath: Repository.root + word), "\(page): \(line)")
        }
      }
    }
    #expect(found.isSuperset(of: ["check", "call", "vendors", "probe", "token"]))
    for command in found { #expect(try CommandRun([command, "--help"]).status == 0, "\(command)") }
  }

  /// Pages that link to each other find each other.
  @Test func everyLinkLeadsSomewhere() throws {
    for page in try Repository.pages {
      let folder = page.hasPrefix("Docs/") ? "Docs/" : ""
      for part in try Repository.text(page).split(separator: "](").dropFirst() {
        let target = part.prefix { $0 != ")" && $0 != "#" }
        guard !target.isEmpty, !target.contains("://") else { continue }
        #expect(FileManager.default.fileExists(atPath: Repository.root + folder + target), "\(page): \(target)")
      }
    }
  }
}
