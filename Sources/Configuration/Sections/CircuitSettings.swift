import YAML

/// When an endpoint that fails is left alone.
public struct CircuitSettings: Section, Equatable {
  public var failures = 5
  public var within = Duration.seconds(30)
  public var rest = Duration.seconds(10)
  public var longestRest = Duration.seconds(300)

  public init() {}

  public static let section = SectionDescription<CircuitSettings>(
    "Circuit",
    """
    When an endpoint that fails is left alone. What counts as a failure: no address, no connection, TLS, no answer in time, 408 or 5xx. \
    After a rest one session tries it; the others go elsewhere until that one is open. With nowhere else to go, clients get 503 \
    `circuit_open` with `Retry-After`.
    """,
    fields: [
      Field("failures", \.failures, .integer(1...1_000), "Failures in a row that open the circuit. An answer of any kind ends the row."),
      Field(
        "within", \.within, .duration(.seconds(1) ... .seconds(3_600)), "Time in which they must have happened; older ones do not count."),
      Field("rest", \.rest, .duration(.milliseconds(100) ... .seconds(3_600)), "The first rest. Each failed trial doubles it."),
      Field("longest_rest", \.longestRest, .duration(.milliseconds(100) ... .seconds(86_400)), "The longest it becomes."),
    ]
  ) { circuit, node, place, reader in
    if circuit.longestRest < circuit.rest {
      reader.error(
        "'longest_rest' in \(place.owner) is shorter than 'rest'", at: (node["longest_rest"] ?? node["rest"])?.start ?? node.start)
    }
  }
}
