"""assemblyai: streaming speech to text, version 3."""

from assemblyai.streaming.v3 import StreamingClient, StreamingClientOptions, StreamingEvents, StreamingParameters

from gateway import HOST, TOKEN, finish, pieces

client = StreamingClient(StreamingClientOptions(api_key=TOKEN, api_host=f"ws://{HOST}/assemblyai"))
events = []
for kind in (StreamingEvents.Begin, StreamingEvents.Turn, StreamingEvents.Termination, StreamingEvents.Error):
    client.on(kind, lambda _, event: events.append(event))
client.connect(StreamingParameters(sample_rate=16000))
client.stream(pieces(speed=1.2))
client.disconnect(terminate=True)

names = [type(event).__name__ for event in events]
words = [event.transcript for event in events if hasattr(event, "transcript")]
finish(f"{names[0]} ... {names[-1]}: {words[-1:]}", names[0] == "BeginEvent" and names[-1] == "TerminationEvent" and any(words))
