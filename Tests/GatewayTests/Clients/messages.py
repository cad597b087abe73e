"""What passes between the two ends of an open session."""

import asyncio
import itertools
import random

from websockets.exceptions import ConnectionClosed

from ends import MIB, Ends, main

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, MIB]


async def exchange(one, other, message):
    await asyncio.gather(passes(one, other, message), passes(other, one, message))


async def passes(sender, receiver, message):
    sending = asyncio.create_task(sender.send(message))
    received = await receiver.recv()
    await sending
    assert type(received) is type(message), (type(received), type(message))
    assert received == message, f"{len(message)} sent, {len(received)} received"


async def text():
    async with Ends() as ends:
        client, upstream = await ends.pair()
        for size in SIZES:
            await exchange(client, upstream, "x" * size)
            await exchange(client, upstream, "ä€𝄞"[: size % 3 + 1] * (size // 4))


async def binary():
    async with Ends() as ends:
        client, upstream = await ends.pair()
        for size in SIZES:
            await exchange(client, upstream, random.Random(size).randbytes(size))


async def fragments():
    """Fragments pass as they come: the gateway neither joins nor cuts them."""

    async def passes_in_pieces(sender, receiver, pieces):
        sending = asyncio.create_task(sender.send(pieces))
        received = [piece async for piece in receiver.recv_streaming()]
        await sending
        # The library ends such a message with an empty piece.
        assert received == pieces + [type(pieces[0])()], received

    async with Ends() as ends:
        client, upstream = await ends.pair()
        noise = random.Random(7)
        for pieces in [["a", "", "bc"], [b"\0", b"\xff" * 70_000, b""], [noise.randbytes(noise.randrange(3_000)) for _ in range(100)]]:
            await passes_in_pieces(client, upstream, pieces)
            await passes_in_pieces(upstream, client, pieces)


async def largest():
    async with Ends() as ends:
        client, upstream = await ends.pair()
        await exchange(client, upstream, random.Random(1).randbytes(16 * MIB))
        await exchange(client, upstream, "€" * (16 * MIB // 3))


async def too_large():
    """One byte more than `messages` allows: 1009 to the sender, and the other end hears that the session broke."""
    async with Ends() as ends:
        whole, pieces = bytes(16 * MIB + 1), [bytes(16 * MIB), b"\1"]
        cases = [(whole, "Frame too big"), (pieces, "Message too big")]
        for from_client, (message, reason) in itertools.product((True, False), cases):
            client, upstream = await ends.pair()
            sender, receiver = (client, upstream) if from_client else (upstream, client)

            async def send():
                try:
                    await sender.send(message)
                except ConnectionClosed:
                    pass

            async def drain():
                try:
                    while True:
                        received = await receiver.recv()
                        assert False, f"{len(received)} bytes passed"
                except ConnectionClosed:
                    pass

            await asyncio.gather(send(), drain(), sender.wait_closed())
            told = (sender.protocol.close_rcvd.code, sender.protocol.close_rcvd.reason)
            assert told == (1009, reason), told
            other = (receiver.protocol.close_rcvd.code, receiver.protocol.close_rcvd.reason)
            assert other == (1011 if from_client else 1014, "Proxy error"), other


async def pings():
    async with Ends() as ends:
        for route, seen in [("/any", 0), ("/pings", 1)]:
            client, upstream = await ends.pair(route)
            await (await client.ping(b"from the client"))
            await (await upstream.ping(b"from the upstream"))
            await exchange(client, upstream, "between")
            assert (client.pings, upstream.pings) == (seen, seen), (route, client.pings, upstream.pings)


async def many():
    """Sessions at the same time don't mix."""

    async def converse(ends, number):
        client, upstream = await ends.pair()
        for turn in range(20):
            await passes(client, upstream, f"{number} asks {turn}")
            await passes(upstream, client, random.Random(number).randbytes(turn * 100))
        await client.close(3_000 + number, "done")
        await upstream.wait_closed()
        assert upstream.close_code == 3_000 + number, upstream.close_code

    async with Ends() as ends:
        await asyncio.gather(*(converse(ends, number) for number in range(200)))


async def subprotocols():
    """A plain upstream chooses among what the client offers; credentials in the offer stay here."""

    def choose(_, offered):
        return "b" if "b" in offered else None

    async with Ends(select_subprotocol=choose) as ends:
        for offered, arrives, answered in [
            (None, None, None), (["a"], "a", None), (["a", "b"], "a, b", "b"),
            (["token", "s3cret", "b"], "b", "b"), (["b", "bearer", "s3cret"], "b", "b"),
        ]:
            client, upstream = await ends.pair(subprotocols=offered)
            assert upstream.request.headers.get("Sec-WebSocket-Protocol") == arrives, upstream.request.headers
            assert client.subprotocol == answered, (offered, client.subprotocol)


async def targets():
    """The rest of the path and the query go on as they came, without the credential."""
    async with Ends() as ends:
        for query, arrives in [
            ("", ""), ("?a=1&a=2&b=%20%C3%A4+c", "?a=1&a=2&b=%20%C3%A4+c"), ("?token=s3cret", ""), ("?a=1&token=s3cret&b", "?a=1&b"),
            ("?%74oken=s3cret&c=d", "?c=d"), ("?empty=&flag", "?empty=&flag"),
        ]:
            client, upstream = await ends.pair("/any/deep/er", query)
            path, mark, rest = upstream.request.path.partition("?")
            assert mark + rest == arrives, (query, upstream.request.path)
            await exchange(client, upstream, "through")
            await client.close()


if __name__ == "__main__":
    main(globals())
