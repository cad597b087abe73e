import Configuration
import YAML

/// Every `{name}` in a simulation has to mean something.
enum SimulationCheck {
  /// What templates may name beside `message.…`, `query.…` and the simulation's own variables.
  static let names: Set<String> = [
    "uuid", "hex", "session_id", "request_id", "item_id", "previous_item_id", "response_id", "reply_id", "created", "unix",
    "expires_at", "sequence", "turn", "start", "end", "duration", "start_ms", "end_ms", "duration_ms",
    "start_ticks", "end_ticks", "duration_ticks", "seconds", "seconds_ms",
    "whole_seconds", "channels", "audio_messages",
    "characters", "total_characters", "spoken", "spoken_ms", "transcript", "words", "word", "delta", "reply", "audio", "input_tokens",
    "output_tokens", "tokens", "by_request", "by_itself",
    "heard", "pending", "speaking", "error", "param", "message", "query",
  ]

  static func check(_ value: Simulation, _ node: Node, _ place: Place, _ reader: inout Reader) {
    let remembered = value.on.values.flatMap { $0 } + value.messages.flatMap(\.steps)
    var known = names.union(value.variables.keys)
    for case .remember(let map) in remembered.map(\.action) { known.formUnion(map.keys) }
    // What the default texts name is never an error, and is nothing where no step remembers it.
    known.insert("typed")
    walk(node, known, place, &reader)
  }

  private static func walk(_ node: Node, _ known: Set<String>, _ place: Place, _ reader: inout Reader) {
    switch node.content {
    case .scalar(let scalar):
      for name in TextTemplate(scalar.text).variables {
        let root = String(name.prefix { $0 != "." })
        guard !known.contains(root) else { continue }
        let suggestion = Suggestion.nearest(to: root, among: known)
        reader.error("unknown variable '{\(Quote.plain(name))}' in \(place.owner)", at: node.start, suggestion: suggestion)
      }
    case .sequence(let nodes):
      for node in nodes { walk(node, known, place, &reader) }
    case .mapping(let entries):
      for entry in entries {
        walk(entry.key, known, place, &reader)
        walk(entry.value, known, place, &reader)
      }
    }
  }
}
