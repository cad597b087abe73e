"""cartesia: text to speech while the text comes in."""

from cartesia import Cartesia

from gateway import HOST, TOKEN, finish

client = Cartesia(api_key=TOKEN, websocket_base_url=f"ws://{HOST}/cartesia")
with client.tts.websocket_connect() as socket:
    context = socket.context(
        model_id="sonic-3",
        voice={"mode": "id", "id": "a-voice"},
        output_format={"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000},
    )
    context.push("Good morning. ")
    context.push("How are you today?")
    context.no_more_inputs()
    answers = list(context.receive())

audio = sum(len(answer.audio or b"") for answer in answers if answer.type == "chunk")
finish(f"{audio / 48000} seconds of audio", audio > 24_000 and answers[-1].type == "done")
