/// What a vendor's endpoint does with audio.
public enum VendorKind: String, Sendable, CaseIterable {
  case speechToText = "speech_to_text"
  case textToSpeech = "text_to_speech"
  case speechToSpeech = "speech_to_speech"

  var title: String { rawValue.replacing("_", with: " ") }
}
