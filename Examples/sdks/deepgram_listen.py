"""deepgram-sdk: live transcription."""

import threading

from deepgram import DeepgramClient, DeepgramClientEnvironment
from deepgram.core.events import EventType

from gateway import HOST, TOKEN, finish, pieces

url = f"ws://{HOST}/deepgram"
environment = DeepgramClientEnvironment(base=f"http://{HOST}/deepgram", production=url, agent=url, agent_rest=f"http://{HOST}/deepgram")
client = DeepgramClient(api_key=TOKEN, environment=environment)

messages = []
with client.listen.v1.connect(model="nova-3", encoding="linear16", sample_rate=16000, interim_results="true") as socket:
    socket.on(EventType.MESSAGE, messages.append)
    reader = threading.Thread(target=socket.start_listening, daemon=True)
    reader.start()
    for piece in pieces(speed=1.2):
        socket.send_media(piece)
    socket.send_close_stream()
    reader.join(10)

words = [m.channel.alternatives[0].transcript for m in messages if m.type == "Results" and m.is_final]
finish(f"{len(messages)} messages: {' '.join(words)}", any(words) and messages[-1].type == "Metadata")
