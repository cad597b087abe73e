"""speechmatics-rt: realtime speech to text."""

import asyncio
import io

from speechmatics.rt import AsyncClient, AudioEncoding, AudioFormat, ServerMessageType, TranscriptionConfig

from gateway import HOST, TOKEN, finish, samples


async def main():
    words, ended = [], []
    async with AsyncClient(api_key=TOKEN, url=f"ws://{HOST}/speechmatics/v2") as client:
        client.on(ServerMessageType.ADD_TRANSCRIPT, lambda message: words.append(message["metadata"]["transcript"]))
        client.on(ServerMessageType.END_OF_TRANSCRIPT, ended.append)
        await client.transcribe(
            io.BytesIO(samples()),
            transcription_config=TranscriptionConfig(language="en"),
            audio_format=AudioFormat(encoding=AudioEncoding.PCM_S16LE, sample_rate=16000),
            timeout=20,
        )
    finish(" ".join(words), any(words) and ended)


asyncio.run(main())
