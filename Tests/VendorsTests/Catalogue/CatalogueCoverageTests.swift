import Testing
@testable import Vendors

/// The endpoints that speak WebSocket, by the names of the research that the catalogue was written from.
@Suite struct CatalogueCoverageTests {
  static let endpoints: [String: [String]] = [
    "assemblyai-streaming-v3": ["assemblyai.streaming"], "assemblyai-tts-v1": ["assemblyai.tts"],
    "assemblyai-voice-agent": ["assemblyai.agent"], "aws-transcribe": ["aws.transcribe"], "azure-speech": ["azure.speech"],
    "fish-tts": ["fish.tts"], "iflytek-iat": ["xfyun.iat"], "tencent-asr": ["tencent.asr"], "volcengine-asr": ["volcengine.asr"],
    "azure-openai-realtime-ga": ["azure.realtime"],
    "azure-openai-realtime-preview": ["azure.realtime_preview"], "azure-voice-live": ["azure.voice_live"],
    "baseten": ["baseten.model"], "bland-tts": ["bland.tts"], "cartesia-agents": ["cartesia.agents"], "cartesia-stt": ["cartesia.stt"],
    "cartesia-stt-turns": ["cartesia.turns"], "cartesia-tts": ["cartesia.tts"],
    "dashscope-inference": ["dashscope.asr", "dashscope.tts"], "deepgram-agent-v1": ["deepgram.agent"],
    "deepgram-flux-v2": ["deepgram.flux"], "deepgram-listen-v1": ["deepgram.listen"], "deepgram-speak-v1": ["deepgram.speak"],
    "deepgram-speak-v2": ["deepgram.speak_flux"], "elevenlabs-agents": ["elevenlabs.agents"], "elevenlabs-scribe": ["elevenlabs.scribe"],
    "elevenlabs-tts": ["elevenlabs.tts"], "gemini-live": ["gemini.live"], "gladia-v2-live": ["gladia.live"],
    "gradium": ["gradium.asr", "gradium.tts"], "ibm-watson-stt": ["ibm.watson_stt"], "inworld-realtime": ["inworld.realtime"],
    "inworld-tts": ["inworld.tts"], "lmnt": ["lmnt.speech"], "localai": ["localai.realtime"],
    "mistral-realtime-stt": ["mistral.transcription"], "neuphonic-tts": ["neuphonic.tts"], "nvidia-riva-asr": ["nvidia.asr"],
    "nvidia-riva-tts": ["nvidia.tts"], "openai-live": ["openai.live"], "openai-realtime-beta": ["openai.realtime_beta"],
    "openai-realtime-ga": ["openai.realtime"], "qwen-omni-realtime": ["qwen.omni"], "resemble-tts": ["resemble.tts"],
    "rime-v1": ["rime.v1"], "rime-ws": ["rime.text"], "rime-ws3": ["rime.json"], "smallest-s2s": ["smallest.s2s"],
    "smallest-stt": ["smallest.stt"], "smallest-tts": ["smallest.tts"], "soniox-stt": ["soniox.stt"], "soniox-tts": ["soniox.tts"],
    "speaches": ["speaches.realtime"], "speechmatics-rt": ["speechmatics.realtime"], "telnyx-stt": ["telnyx.stt"],
    "telnyx-tts": ["telnyx.tts"], "together-stt": ["together.stt"], "together-tts": ["together.tts"], "ultravox": ["ultravox.call"],
    "vertex-gemini-live": ["vertex.live"], "vllm-realtime": ["vllm.realtime"], "xai-realtime": ["xai.realtime"], "xai-stt": ["xai.stt"],
    "xai-tts": ["xai.tts"],
  ]

  @Test func theCatalogueHasThemAll() {
    #expect(Self.endpoints.count == 64)
    #expect(Self.endpoints.values.flatMap { $0 }.sorted() == Catalogue.builtIn().names)
  }
}
