"""deepgram-sdk: a voice agent."""

import threading
import time

from deepgram import DeepgramClient, DeepgramClientEnvironment
from deepgram.agent.v1.types import AgentV1Settings
from deepgram.core.events import EventType

from gateway import HOST, TOKEN, finish, pieces

url = f"ws://{HOST}/deepgram-agent"
rest = f"http://{HOST}/deepgram-agent"
client = DeepgramClient(api_key=TOKEN, environment=DeepgramClientEnvironment(base=rest, production=url, agent=url, agent_rest=rest))

settings = AgentV1Settings(
    audio={
        "input": {"encoding": "linear16", "sample_rate": 16000},
        "output": {"encoding": "linear16", "sample_rate": 24000, "container": "none"},
    },
    agent={
        "listen": {"provider": {"type": "deepgram", "version": "v1", "model": "nova-3"}},
        "think": {"provider": {"type": "open_ai", "model": "gpt-4o-mini"}},
        "speak": {"provider": {"type": "deepgram", "model": "aura-2-thalia-en"}},
    },
)

messages = []
done = threading.Event()


def take(message):
    messages.append(message)
    if getattr(message, "type", None) == "AgentAudioDone":
        done.set()


with client.agent.v1.connect() as socket:
    socket.on(EventType.MESSAGE, take)
    threading.Thread(target=socket.start_listening, daemon=True).start()
    socket.send_settings(settings)
    while not any(getattr(m, "type", None) == "SettingsApplied" for m in messages):
        time.sleep(0.05)
    for piece in pieces(speed=1.2):
        socket.send_media(piece)
    done.wait(10)

audio = sum(len(m) for m in messages if isinstance(m, bytes))
said = [m.content for m in messages if getattr(m, "type", None) == "ConversationText"]
finish(f"{audio} bytes of audio: {said}", audio > 0 and len(said) >= 2 and done.is_set())
