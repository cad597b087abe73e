import Configuration
import Vendors

/// The credentials of one upstream as `check` sees them: fields that are not named, and what cannot be had here. No program is run.
struct RehearsedCredentials {
  let name: String
  let upstream: Upstream
  let descriptor: VendorDescriptor?
  /// Where the gateway runs: in development the vendor's simulator stands in for what is not set.
  let place: DeploymentEnvironment
  let environment: [String: String]

  /// Something that cannot be had here.
  private struct Gap {
    let path: [String]
    let text: String
    /// Nothing was set, which in development is no mistake.
    let isUnset: Bool
  }

  func findings() -> [Rehearsal.Finding] {
    var findings: [Rehearsal.Finding] = []
    var gaps: [Gap] = []
    var isIncomplete = false
    for (index, pooled) in upstream.credentials.enumerated() {
      let path = Upstream.path(name, credential: index)
      if let problem = flaw(of: pooled.secret) { findings.append(finding(problem.description, at: path + ["fields"], isError: true)) }
      let found = self.gaps(in: pooled.secret, at: path)
      // Half a credential is a mistake everywhere.
      if case .fields(let fields) = pooled.secret, !found.isEmpty, found.count < fields.count { isIncomplete = true }
      gaps += found
    }
    let isAnySet = upstream.credentials.contains { self.gaps(in: $0.secret, at: []).isEmpty }
    if standsIn, !isAnySet, !isIncomplete, gaps.allSatisfy(\.isUnset) { return findings }
    let end = isAnySet ? "the others will be used" : standsIn ? "its simulator will stand in" : "every session will be refused"
    return findings + gaps.map { finding("\($0.text): \(end)", at: $0.path, isError: false) }
  }

  private func finding(_ text: String, at path: [String], isError: Bool) -> Rehearsal.Finding {
    Rehearsal.Finding(path: path, isError: isError, text: "upstream '\(name)': \(text)")
  }

  /// Whether the vendor's simulator stands in for a credential that is not set.
  private var standsIn: Bool {
    descriptor?.simulation != nil && SimulationMode.inForce(nil, place) == .missing
  }

  /// Why the vendor's signatures cannot be made with this credential, whatever its values are.
  private func flaw(of reference: SecretReference) -> EndpointError? {
    guard let placement = descriptor?.credential.placements.first else { return nil }
    let secret: String
    switch reference {
    case .command, .vault, .awsSecret: return nil
    case .fields(let fields):
      // Names alone matter, and any text is a value.
      secret = "{" + fields.keys.map { "\"\($0.filter { $0 != "\"" && $0 != "\\" })\":\"x\"" }.joined(separator: ",") + "}"
    case .environment, .file:
      guard let value = try? reference.resolve(environment: environment) else { return nil }
      secret = value.reveal()
    }
    do throws(EndpointError) {
      try placement.check(secret: secret)
      return nil
    } catch {
      return error
    }
  }

  private func gaps(in reference: SecretReference, at path: [String]) -> [Gap] {
    switch reference {
    case .command, .vault, .awsSecret: return []
    case .fields(let fields):
      return fields.sorted { $0.key < $1.key }.flatMap { field, reference in
        gaps(in: reference, at: path + ["fields", field]).map { gap in
          Gap(path: gap.path, text: "field '\(field)': \(gap.text)", isUnset: gap.isUnset)
        }
      }
    case .environment, .file:
      do throws(SecretError) {
        _ = try reference.resolve(environment: environment)
        return []
      } catch {
        let isUnset = if case .unset = error { true } else { false }
        return [Gap(path: path, text: "\(error)", isUnset: isUnset)]
      }
    }
  }
}
