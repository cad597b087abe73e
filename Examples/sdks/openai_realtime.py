"""openai: the realtime API."""

import asyncio
import base64

from openai import AsyncOpenAI

from gateway import HOST, TOKEN, finish, pieces


async def main():
    client = AsyncOpenAI(api_key=TOKEN, websocket_base_url=f"ws://{HOST}/openai/v1")
    audio, transcript, tokens = 0, "", 0
    async with client.realtime.connect(model="gpt-realtime") as connection:
        session = {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}
        await connection.session.update(session=session)
        for piece in pieces(24_000):
            await connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        async for event in connection:
            if event.type == "response.output_audio.delta":
                audio += len(base64.b64decode(event.delta))
            elif event.type == "response.output_audio_transcript.delta":
                transcript += event.delta
            elif event.type == "response.done":
                tokens = event.response.usage.total_tokens
                break
    finish(f"{audio} bytes of audio, {tokens} tokens: {transcript}", audio > 0 and transcript and tokens > 0)


asyncio.run(main())
