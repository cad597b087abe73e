/// What a peer did that ends the connection (RFC 6455 section 7.1.7), with the code and reason of the Close frame it gets.
///
/// One byte, so that a throw costs the hot path nothing. The raw value is the stable name.
public enum ProtocolViolation: String, Error, Sendable, Equatable, CaseIterable {
  case reservedBits = "reserved_bits"
  case reservedOpcode = "reserved_opcode"
  case fragmentedControl = "fragmented_control"
  case controlTooLong = "control_too_long"
  case unexpectedContinuation = "unexpected_continuation"
  case interruptedMessage = "interrupted_message"
  case unmaskedFrame = "unmasked_frame"
  case maskedFrame = "masked_frame"
  case lengthNotMinimal = "length_not_minimal"
  case lengthOutOfRange = "length_out_of_range"
  case frameTooBig = "frame_too_big"
  case messageTooBig = "message_too_big"
  case invalidText = "invalid_text"
  case badCompression = "bad_compression"
  case closeLength = "close_length"
  case closeCode = "close_code"
  case closeReason = "close_reason"

  /// Stable name for logs and metrics.
  public var name: String { rawValue }

  /// The code to close with (section 7.4.1).
  public var code: CloseCode {
    switch self {
    case .frameTooBig, .messageTooBig: .messageTooBig
    case .invalidText, .badCompression, .closeReason: .invalidPayload
    default: .protocolError
    }
  }

  /// The reason to close with: generic, at most 123 bytes.
  public var reason: String {
    switch self {
    case .reservedBits: "Reserved bits must be zero"
    case .reservedOpcode: "Reserved opcode"
    case .fragmentedControl: "Control frames must not be fragmented"
    case .controlTooLong: "Control frames carry at most 125 bytes"
    case .unexpectedContinuation: "Continuation without a message"
    case .interruptedMessage: "New message inside a fragmented message"
    case .unmaskedFrame: "Client frames must be masked"
    case .maskedFrame: "Server frames must not be masked"
    case .lengthNotMinimal: "Payload length is not minimally encoded"
    case .lengthOutOfRange: "Payload length is out of range"
    case .frameTooBig: "Frame too big"
    case .messageTooBig: "Message too big"
    case .invalidText: "Text is not valid UTF-8"
    case .badCompression: "Compressed data is malformed"
    case .closeLength: "Close payload of one byte"
    case .closeCode: "Invalid close code"
    case .closeReason: "Close reason is not valid UTF-8"
    }
  }
}
