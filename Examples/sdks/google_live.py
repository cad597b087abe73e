"""google-genai: the live API. The SDK insists on wss: `VOXGATE_HOST` is a TLS listener."""

import asyncio

from google import genai
from google.genai import types

from gateway import HOST, TOKEN, finish, pieces


async def main():
    options = types.HttpOptions(base_url=f"https://{HOST}/google", api_version="v1beta")
    client = genai.Client(api_key=TOKEN, http_options=options)
    config = {"response_modalities": ["AUDIO"], "input_audio_transcription": {}, "output_audio_transcription": {}}
    audio, heard, said = 0, "", ""
    async with client.aio.live.connect(model="gemini-live-2.5-flash-preview", config=config) as session:
        for piece in pieces():
            await session.send_realtime_input(audio=types.Blob(data=piece, mime_type="audio/pcm;rate=16000"))
        async for message in session.receive():
            audio += len(message.data or b"")
            content = message.server_content
            if content and content.input_transcription:
                heard += content.input_transcription.text or ""
            if content and content.output_transcription:
                said += content.output_transcription.text or ""
    finish(f"{audio} bytes of audio to '{heard}': {said}", audio > 0 and heard and said)


asyncio.run(main())
