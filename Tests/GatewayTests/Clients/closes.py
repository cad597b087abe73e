"""How sessions end, as seen on bare sockets."""

import asyncio
import struct

from ends import main
from wire import BINARY, CLOSE, TEXT, Ends, frame

# RFC 6455 section 7.4: those that a Close frame may hold.
MAY_TRAVEL = [*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)]
MAY_NOT = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65_535]
REASONS = [b"", b"a reason", "Gründe genug".encode(), b"x" * 123]


def payload(code, reason=b""):
    return struct.pack("!H", code) + reason


async def over(client, upstream):
    """Nothing is left to say; servers are the first to leave (RFC 6455 section 7.1.1)."""
    upstream.writer.write_eof()
    assert (await client.receive(), await upstream.receive()) == (None, None)
    client.finish()
    upstream.finish()


async def close_with(ends, content, from_client):
    client, upstream = await ends.pair()
    sender, receiver = (client, upstream) if from_client else (upstream, client)
    sender.send(CLOSE, content)
    assert await receiver.receive() == (CLOSE, content), content
    receiver.send(CLOSE, content)
    assert await sender.receive() == (CLOSE, content), content
    await over(client, upstream)


async def mirrored():
    """Every code that may travel reaches the other end with its reason, and so does the answer."""
    async with Ends() as ends:
        places = asyncio.Semaphore(32)

        async def close(content, from_client):
            async with places:
                await close_with(ends, content, from_client)

        contents = [payload(code, REASONS[code % len(REASONS)]) for code in MAY_TRAVEL] + [b""]
        await asyncio.gather(*(close(content, side) for content in contents for side in (True, False)))


async def forbidden():
    """Codes that may not travel break the protocol, and the other end never sees them."""
    async with Ends() as ends:
        contents = [(payload(code, b"why"), b"Invalid close code") for code in MAY_NOT] + [(b"\3", b"Close payload of one byte")]
        for content, reason in contents:
            for from_client in (True, False):
                client, upstream = await ends.pair()
                sender, receiver = (client, upstream) if from_client else (upstream, client)
                sender.send(CLOSE, content)
                assert await receiver.receive() == (CLOSE, payload(1011 if from_client else 1014, b"Proxy error")), content
                receiver.send(CLOSE, payload(1000))
                assert await sender.receive() == (CLOSE, payload(1002, reason)), content
                await over(client, upstream)


async def lost():
    """An end that leaves without a Close is 1011 to the other one, behind all it had said before."""
    async with Ends() as ends:
        for from_client in (True, False):
            for leave in ("finish", "reset"):
                client, upstream = await ends.pair()
                sender, receiver = (client, upstream) if from_client else (upstream, client)
                sender.send(TEXT, b"last words")
                assert await receiver.receive() == (TEXT, b"last words")
                getattr(sender, leave)()
                assert await receiver.receive() == (CLOSE, payload(1011, b"Proxy error")), (from_client, leave)
                receiver.send(CLOSE, payload(1011))
                if receiver is upstream:
                    upstream.writer.write_eof()
                assert await receiver.receive() is None


async def cut():
    """Nothing may be said inside a frame: an end that leaves in the midst of one is not followed by a Close."""
    async with Ends() as ends:
        for from_client in (True, False):
            client, upstream = await ends.pair()
            sender, receiver = (client, upstream) if from_client else (upstream, client)
            start = frame(BINARY, bytes(1000), masked=from_client)[:500]
            sender.writer.write(start)
            await sender.writer.drain()
            sender.finish()
            assert await receiver.reader.read() == start


async def greeted():
    """The upstream of a client that never answers."""
    async with Ends() as ends:
        ends.waiting["0"] = asyncio.get_running_loop().create_future()
        upstream = await ends.waiting["0"]
        upstream.send(TEXT, b"hello curl")
        upstream.send(CLOSE, payload(1000, b"that was all"))
        assert await upstream.receive() == (CLOSE, payload(1000, b"that was all"))
        upstream.writer.write_eof()
        assert await upstream.receive() is None


async def untouched():
    """An upstream that nobody is to reach."""
    async with Ends() as ends:
        assert not ends.waiting


if __name__ == "__main__":
    main(globals())
