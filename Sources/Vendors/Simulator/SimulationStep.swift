import Configuration
import JSON
import YAML

/// One thing that a simulator does on an occasion.
public struct SimulationStep: Sendable, Equatable {
  public enum Command: String, Sendable, CaseIterable {
    /// Ends the turn: its transcript is final.
    case commit
    /// Answers the last turn with audio.
    case respond
    /// Breaks off the answer under way.
    case cancel
    /// Forgets what was heard since the last turn.
    case clear
  }

  public enum Memory: Sendable, Equatable {
    /// Merges the value at a path of the scope (`message.session`).
    case path(JSONPath)
    /// Sets this.
    case value(MessageTemplate)
  }

  public enum Action: Sendable, Equatable {
    case send(MessageTemplate)
    /// The current piece of the answer as a binary message.
    case audio
    case close(CloseFrame)
    case run(Command)
    /// Answers with this text.
    case say(TextTemplate)
    case remember([String: Memory])
  }

  public var action: Action
  /// Done only where this matches the scope: `message`, `query` and the simulation's variables.
  public var condition: MessageMatch?

  public init(_ action: Action, if condition: MessageMatch? = nil) {
    self.action = action
    self.condition = condition
  }

  private enum Audio: String, CaseIterable { case binary }

  private struct Form: Section {
    var send: MessageTemplate?
    var audio: Audio?
    var close: CloseFrame?
    var run: Command?
    var say: TextTemplate?
    var remember: [String: Memory]?
    var condition: MessageMatch?

    var action: Action? {
      if let send { return .send(send) }
      if audio != nil { return .audio }
      if let close { return .close(close) }
      if let run { return .run(run) }
      if let say { return .say(say) }
      return remember.map { .remember($0) }
    }

    static let section = SectionDescription<Form>(
      "VendorSimulationStep", "One thing that the simulator does.",
      fields: [
        Field("send", \.send, ValueTypes.message, "Sends a message; `{name}` places are filled."),
        Field("audio", \.audio, .choice, "Sends the current piece of the answer as a binary message."),
        Field("close", \.close, .section, "Closes."),
        Field("run", \.run, .choice, "Ends a turn, answers it, breaks an answer off, or forgets what was heard."),
        Field("say", \.say, ValueTypes.template, "Answers with a text."),
        Field("remember", \.remember, .map(of: memory), "Variable -> path whose value is merged into it, or a mapping that it is set to."),
        Field("if", \.condition, ValueTypes.match, "Only where `message`, `query` and variables match."),
      ],
      rules: [.exactlyOne(["send", "audio", "close", "run", "say", "remember"])])

    static let memory = ValueType<Memory>("path or mapping", shape: .anything) { node, place, _, reader in
      if node.mapping != nil { return ValueTypes.message.read(node, place, nil, &reader).map { .value($0) } }
      return ValueTypes.path.read(node, place, nil, &reader).map { .path($0) }
    }
  }

  static let type = ValueType<SimulationStep>(
    "VendorSimulationStep", shape: .section(name: "VendorSimulationStep") { Form.section.shape(defaults: Form()) }
  ) { node, place, _, reader in
    guard let form = reader.read(Form.self, from: node, at: place), let action = form.action else { return nil }
    return SimulationStep(action, if: form.condition)
  }

  static let list = ValueType<[SimulationStep]>.list(of: type, noun: "step")
}
