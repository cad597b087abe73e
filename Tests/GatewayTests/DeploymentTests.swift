import FoundationEssentials
import TestSupport
import Testing
import YAML

/// `Examples/deploy`: what can be said of it without the systems it is for. The proxies run in `AddressesProxiesTests` and
/// `SessionsNginxTests`.
@Suite struct DeploymentTests {
  private static let folder = "Examples/deploy/"

  // MARK: systemd

  /// systemd's own checker, with the program that was built in the place of the installed one.
  @Test func systemdAcceptsTheUnit() throws {
    let folder = TemporaryFolder()
    let unit = try Repository.text(Self.folder + "systemd/voxgate.service").replacing("/usr/bin/voxgate", with: Repository.voxgate)
    let file = try folder.write("voxgate.service", unit)
    let verify = try ChildProcess(["systemd-analyze", "verify", "--man=no", file])
    #expect(try verify.finish() == 0 && verify.text.isEmpty, "\(verify.text)")
    // Of ten; what is left is the network, which is what it is for.
    let security = try ChildProcess(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", file])
    #expect(try security.finish() == 0, "\(security.text)")
    let lines = unit.split(separator: "\n")
    for line in ["Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "WatchdogSec=30s", "RestartPreventExitStatus=64 78"] {
      #expect(lines.contains { $0 == line }, "\(line)")
    }
  }

  // MARK: Container

  private struct Instruction {
    let name: String
    let words: [String]
  }

  private func containerfile() throws -> [Instruction] {
    let text = try Repository.text(Self.folder + "Containerfile").replacing("\\\n", with: " ")
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let words = line.split(separator: " ").map { String($0) }
      return Instruction(name: words[0], words: Array(words.dropFirst()))
    }
  }

  private func packages(_ instructions: some Sequence<Instruction>) -> Set<String> {
    Set(
      instructions.filter { $0.name == "RUN" }.flatMap { instruction in
        instruction.words.split(separator: "&&").filter { $0.starts(with: ["apt-get", "install"]) }.flatMap { command in
          command.dropFirst(2).filter { !$0.hasPrefix("-") }
        }
      })
  }

  /// Every file that is copied is there, every package exists, and the program finds the libraries that it was linked with.
  @Test func theImageHasWhatItNeeds() throws {
    let instructions = try containerfile()
    let sources = instructions.filter { $0.name == "COPY" && !$0.words[0].hasPrefix("--from") }.flatMap { $0.words.dropLast() }
    let ignored = try Repository.text(".gitignore").split(separator: "\n")
    for source in sources {
      #expect(FileManager.default.fileExists(atPath: Repository.root + source), "\(source)")
      #expect(!ignored.contains { $0 == source }, "\(source) is in no clone")
    }
    // The package's targets, tests among them, have to be where it says even where they are not built.
    #expect(Set(sources).isSuperset(of: ["Package.swift", "Sources", "Tests"]))
    let last = try #require(instructions.lastIndex { $0.name == "FROM" })
    let (building, running) = (packages(instructions[..<last]), packages(instructions[last...]))
    for package in building.union(running) {
      let known = try ChildProcess.run(["apt-cache", "showpkg", package])
      #expect(known.hasPrefix("Package: "), "\(package)")
    }
    // Those that every Debian has are not named.
    let present = running.union(["libc6", "libgcc-s1"])
    var found: Set<String> = []
    for line in try ChildProcess.run(["ldd", Repository.voxgate]).split(separator: "\n") where line.contains("=> /") {
      let library = line.split(separator: " ")[2]
      // The standard library is linked in.
      guard !library.contains("/swift/") else { continue }
      let name = library.split(separator: "/").last.map { String($0) } ?? ""
      // Releases after Debian 12 mark libraries with times of 64 bits; the package of the image's release has no mark.
      let owners = try ChildProcess.run(["dpkg", "-S", "*/\(name)"]).split(separator: "\n").map { line in
        let owner = line.prefix { $0 != ":" }
        return String(owner.hasSuffix("t64") ? owner.dropLast(3) : owner)
      }
      #expect(owners.contains { present.contains($0) }, "\(name) of \(owners)")
      found.formUnion(owners)
    }
    #expect(found.contains("libssl3") && running.isSubset(of: found.union(["ca-certificates"])), "\(found)")
  }

  @Test func theImageIsNobodys() throws {
    let instructions = try containerfile()
    #expect(instructions.last { $0.name == "USER" }?.words == ["10001:10001"])
    let entry = try #require(instructions.last { $0.name == "ENTRYPOINT" }).words + #require(instructions.last { $0.name == "CMD" }).words
    #expect(entry == ["[\"/usr/bin/voxgate\"]", "[\"serve\",", "\"--config\",", "\"/etc/voxgate/upstreams.yaml\"]"])
  }

  /// A process with no rights beyond anybody's, as in a container or a unit, serves and dials.
  @Test func runsWithoutRights() throws {
    let gateway = try GatewayProcess(
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      upstreams: {deepgram: {vendor: deepgram.listen, query: {defaults: {model: nova-3}}}}
      defaults: {authentication: none, origins: ["*"]}
      routes: {/listen: {upstream: deepgram}}
      """, arguments: ["--simulate", "all"], hasRights: false)
    let rights = try String(contentsOfFile: "/proc/\(gateway.pid)/status", encoding: .utf8).split(separator: "\n")
    #expect(rights.contains("CapEff:\t0000000000000000"))
    #expect(try gateway.get("/ready").status == 200)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/listen")).status == 101, "\(gateway.log)")
    #expect(try gateway.stop() == 0)
  }

  // MARK: Kubernetes

  private static func manifests() throws -> [String: Node] {
    let path = Repository.root + folder + "kubernetes"
    var manifests: [String: Node] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      let loaded = Loader.load(try Repository.text(folder + "kubernetes/" + name))
      #expect(loaded.problems.isEmpty, "\(name): \(loaded.problems)")
      let root = try #require(loaded.root)
      manifests[try #require(root["kind"]?.text)] = root
    }
    return manifests
  }

  private func deployment() throws -> (pod: Node, container: Node) {
    let pod = try #require(Self.manifests()["Deployment"]?.descendant(["spec", "template", "spec"]))
    return (pod, try #require(pod["containers"]?.sequence?.first))
  }

  /// The API's own schemas take every manifest, and none with a misspelled field.
  @Test func theSchemasTakeEveryManifest() throws {
    let manifests = try Self.manifests()
    #expect(Set(manifests.keys) == ["ConfigMap", "Deployment", "Ingress", "NetworkPolicy", "PodDisruptionBudget", "Service"])
    for (kind, root) in manifests { #expect(root.descendant(["metadata", "name"])?.text == "voxgate", "\(kind)") }
    let path = Repository.root + Self.folder + "kubernetes/"
    let files = try FileManager.default.contentsOfDirectory(atPath: path).map { path + $0 }
    let validate = ["env", "PYTHONDONTWRITEBYTECODE=1", Repository.python, "-m", "kubernetes_validate", "--strict"]
    let run = try ChildProcess(validate + files)
    #expect(try run.finish() == 0, "\(run.text)")
    let folder = TemporaryFolder()
    let text = try Repository.text(Self.folder + "kubernetes/deployment.yaml").replacing("replicas:", with: "replica:")
    let refused = try ChildProcess(validate + [folder.write("deployment.yaml", text)])
    #expect(try refused.finish() != 0 && refused.text.contains("'replica' was unexpected"), "\(refused.text)")
  }

  /// Whoever selects pods selects these.
  @Test func selectorsMatch() throws {
    let manifests = try Self.manifests()
    let labels = try #require(manifests["Deployment"]?.descendant(["spec", "template", "metadata", "labels"]))
    let selectors = [
      ("Deployment", ["spec", "selector", "matchLabels"]), ("PodDisruptionBudget", ["spec", "selector", "matchLabels"]),
      ("Service", ["spec", "selector"]), ("NetworkPolicy", ["spec", "podSelector", "matchLabels"]),
    ]
    for (kind, path) in selectors {
      let selector = try #require(manifests[kind]?.descendant(path)?.mapping)
      #expect(!selector.isEmpty)
      for entry in selector { #expect(labels[entry.name]?.text == entry.value.text, "\(kind): \(entry.name)") }
    }
    let spread = try #require(deployment().pod["topologySpreadConstraints"]?.sequence?.first)
    #expect(spread.descendant(["labelSelector", "matchLabels"]) == labels)
  }

  /// Ports by their names lead to ports of the container, and those are the route table's.
  @Test func portsMatch() throws {
    let manifests = try Self.manifests()
    let container = try deployment().container
    let ports = try #require(container["ports"]?.sequence)
    let names = Set(ports.compactMap { $0["name"]?.text })
    var used = ["startupProbe", "livenessProbe", "readinessProbe"].compactMap { container.descendant([$0, "httpGet", "port"])?.text }
    #expect(used.count == 3)
    let service = try #require(manifests["Service"]?.descendant(["spec", "ports"])?.sequence)
    used += service.compactMap { $0["targetPort"]?.text }
    let rules = try #require(manifests["NetworkPolicy"]?.descendant(["spec", "ingress"])?.sequence)
    used += rules.flatMap { $0["ports"]?.sequence ?? [] }.compactMap { $0["port"]?.text }
    #expect(used.count == 6 && names.isSuperset(of: used), "\(used) of \(names)")
    let backend = manifests["Ingress"]?.descendant(["spec", "rules"])?.sequence?.first?.descendant(["http", "paths"])?.sequence?.first?
      .descendant(["backend", "service"])
    #expect(backend?["name"]?.text == "voxgate")
    #expect(service.contains { $0["name"] == backend?.descendant(["port", "name"]) })
    let table = try #require(Loader.load(self.table()).root)
    let listeners = (table["listeners"]?.sequence ?? []).compactMap { $0["address"]?.text }
    #expect(listeners + [table.descendant(["admin", "address"])?.text] == ports.map { "0.0.0.0:\($0["containerPort"]?.text ?? "")" })
    let annotations = manifests["Deployment"]?.descendant(["spec", "template", "metadata", "annotations"])
    #expect(annotations?["prometheus.io/port"]?.text == "9090")
  }

  private func table() throws -> String {
    try #require(Self.manifests()["ConfigMap"]?.descendant(["data", "upstreams.yaml"])?.text)
  }

  /// The route table is one, its secrets are where the volume puts them, and probes ask for pages that there are.
  @Test func theTableRuns() throws {
    let container = try deployment().container
    let mounts = try #require(container["volumeMounts"]?.sequence)
    #expect(mounts.allSatisfy { $0["subPath"] == nil && $0["readOnly"]?.text == "true" })
    #expect(mounts.compactMap { $0["mountPath"]?.text } == ["/etc/voxgate", "/run/secrets/voxgate"])
    #expect(container["args"]?.sequence?.compactMap(\.text) == ["serve", "--config", "/etc/voxgate/upstreams.yaml"])

    let folder = TemporaryFolder()
    for name in ["admin-token", "jwt-secret", "deepgram"] { try folder.write(name, "0123456789abcdef0123456789abcdef") }
    let table = try table().replacing("/run/secrets/voxgate/", with: folder.file(""))
    let run = try CommandRun(["check", folder.write("upstreams.yaml", table)])
    #expect(run.status == 0 && !run.text.contains("warning:"), "\(run.text)")

    let gateway = try GatewayProcess(table.replacing(":8080", with: ":0").replacing(":9090", with: ":0"))
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
      let path = try #require(container.descendant([probe, "httpGet", "path"])?.text)
      #expect(try gateway.get(path).status == 200, "\(path)")
    }
    #expect(try gateway.get("/metrics", port: gateway.adminPort).status == 401)
    let token = [("Authorization", "Bearer 0123456789abcdef0123456789abcdef")]
    #expect(try gateway.get("/metrics", port: gateway.adminPort, token).status == 200)
    #expect(try gateway.stop() == 0)
  }

  /// Nobody kills a pod that still drains.
  @Test func thereIsTimeToDrain() throws {
    let (pod, container) = try deployment()
    let seconds = { (text: String?) in Int(text?.prefix { $0.isNumber } ?? "") ?? 0 }
    let drain = try #require(Loader.load(table()).root?["drain"])
    let stop = container.descendant(["lifecycle", "preStop", "exec", "command"])?.sequence
    #expect(stop?.first?.text == "sleep")
    let needed = seconds(stop?.last?.text) + ["delay", "grace", "spread"].reduce(6) { $0 + seconds(drain[$1]?.text) }
    #expect(seconds(pod["terminationGracePeriodSeconds"]?.text) > needed)
  }

  @Test func thePodIsNobodys() throws {
    let (pod, container) = try deployment()
    #expect(pod.descendant(["securityContext", "runAsNonRoot"])?.text == "true")
    #expect(pod.descendant(["securityContext", "runAsUser"])?.text == "10001")
    #expect(pod["automountServiceAccountToken"]?.text == "false")
    #expect(container.descendant(["securityContext", "readOnlyRootFilesystem"])?.text == "true")
    #expect(container.descendant(["securityContext", "allowPrivilegeEscalation"])?.text == "false")
    #expect(container.descendant(["securityContext", "capabilities", "drop"])?.sequence?.map(\.text) == ["ALL"])
    let volumes = try #require(pod["volumes"]?.sequence).compactMap { $0["name"]?.text }
    let mounted = try #require(container["volumeMounts"]?.sequence).compactMap { $0["name"]?.text }
    #expect(volumes == mounted)
  }
}
