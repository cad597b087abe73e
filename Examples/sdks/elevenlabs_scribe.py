"""elevenlabs: realtime speech to text (Scribe)."""

import asyncio
import base64

from elevenlabs import AudioFormat, ElevenLabs, RealtimeEvents

from gateway import HOST, TOKEN, finish, pieces


async def main():
    client = ElevenLabs(api_key=TOKEN, base_url=f"http://{HOST}/elevenlabs-scribe")
    options = {"model_id": "scribe_v2_realtime", "audio_format": AudioFormat.PCM_16000, "sample_rate": 16000}
    connection = await client.speech_to_text.realtime.connect(options)
    committed = asyncio.get_running_loop().create_future()
    started = []
    connection.on(RealtimeEvents.SESSION_STARTED, started.append)
    connection.on(RealtimeEvents.COMMITTED_TRANSCRIPT, lambda event: committed.done() or committed.set_result(event))
    for piece in pieces():
        await connection.send({"audio_base_64": base64.b64encode(piece).decode()})
        await asyncio.sleep(0)
    await connection.commit()
    event = await asyncio.wait_for(committed, 10)
    await connection.close()
    finish(event["text"], started and event["text"])


asyncio.run(main())
