"""Messages that break a rule of the audio, or use up a tier."""

import json

from websockets.exceptions import ConnectionClosedOK

from ends import Ends, main
from messages import passes as sends

PCM = bytes(range(256)) * 5


async def refused(ends, route, good, bad, code, reason, **error):
    """Good messages arrive; the bad one does not, and both ends hear why it is over."""
    client, upstream = await ends.pair(route)
    for message in good:
        await sends(client, upstream, message)
        await sends(upstream, client, "answer")
    await client.send(bad)
    told = json.loads(await client.recv())
    while told["type"] == "warning":
        told = json.loads(await client.recv())
    assert told["type"] == "error" and told["error"].items() >= error.items(), told
    await client.wait_closed()
    assert (client.protocol.close_rcvd.code, client.protocol.close_rcvd.reason) == (code, reason), client.protocol.close_rcvd
    await upstream.wait_closed()
    closed = upstream.protocol.close_rcvd
    assert (closed.code, closed.reason) == (1000, "Session ended"), closed
    try:
        assert False, await upstream.recv()
    except ConnectionClosedOK:
        return told


async def audio():
    async with Ends() as ends:
        told = await refused(
            ends, "/pcm", [PCM, "text", b"", PCM[:640]], PCM[:641], 1007, "audio rejected: partial_sample", type="audio_rejected",
            rule="partial_sample")
        assert told["error"]["expected"].startswith("a multiple of 2"), told
        await refused(
            ends, "/pcm", [], b"RIFF\x24\x00\x00\x00WAVEfmt " + PCM, 1007, "audio rejected: unexpected_container", rule="unexpected_container")


async def warned():
    async with Ends() as ends:
        client, upstream = await ends.pair("/warned")
        await sends(client, upstream, PCM[:641])
        await sends(client, upstream, PCM[:641])
        await client.close()


async def limits():
    async with Ends() as ends:
        await refused(ends, "/messages", ["a"] * 5, "b", 1013, "Too many messages", type="rate_limited", limit="messages")
        await refused(ends, "/bytes", ["a" * 1_000], "b" * 1_000, 1013, "Too many bytes", type="rate_limited", limit="bytes")
        await refused(ends, "/seconds", [bytes(16_000)], bytes(32_000), 1013, "Audio limit reached", type="rate_limited", limit="audio")


async def near():
    """A warning comes once, and the session goes on."""
    async with Ends() as ends:
        client, upstream = await ends.pair("/near")
        for _ in range(19):
            await sends(client, upstream, "a")
        told = json.loads(await client.recv())
        assert told == {"type": "warning", "warning": {"type": "limit_near", "limit": "messages", "remaining": 1}}, told
        await sends(client, upstream, "a")
        await client.close()


if __name__ == "__main__":
    main(globals())
