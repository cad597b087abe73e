"""elevenlabs: text to speech while the text comes in. The SDK insists on wss: `VOXGATE_HOST` is a TLS listener."""

from elevenlabs.client import ElevenLabs

from gateway import HOST, TOKEN, finish

client = ElevenLabs(api_key=TOKEN, base_url=f"https://{HOST}/elevenlabs")
text = iter(["Good morning. ", "How are you today?"])
audio = b"".join(
    client.text_to_speech.convert_realtime("voice", text=text, model_id="eleven_flash_v2_5", output_format="pcm_16000")
)
finish(f"{len(audio) / 32000} seconds of audio", len(audio) > 16_000)
