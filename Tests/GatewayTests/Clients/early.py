"""What a client sends before it has its answer, while the upstream takes its time.

Arguments: the story, and a folder of certificates where both legs are TLS.
"""

import asyncio
import random
import struct
import sys

from ends import MIB, client_tls, main, server_tls
from wire import BINARY, CLOSE, TEXT, Ends, frame, response

FOLDER = sys.argv[2] if len(sys.argv) > 2 else None


def ends(answer):
    if FOLDER:
        return Ends(answer, server_tls(FOLDER), client_tls(FOLDER))
    return Ends(answer)


async def slowly(head, writer):
    """Answers after a second, and says something in the same breath."""
    await asyncio.sleep(1)
    writer.write(response(head) + frame(TEXT, b"greeting") + frame(BINARY, b"\1\2\3"))


async def ordered():
    async with ends(slowly) as bench:
        words = [f"word {number}".encode() for number in range(30)]
        early = b"".join(frame(TEXT, word, masked=True) for word in words[:10])
        client, arrived = await bench.call(early=early)
        for word in words[10:20]:
            client.send(TEXT, word)
            await asyncio.sleep(0.02)
        upstream = await arrived
        for word in words[20:]:
            client.send(TEXT, word)
        assert [await upstream.receive() for _ in words] == [(TEXT, word) for word in words]
        assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        assert [await client.receive() for _ in range(2)] == [(TEXT, b"greeting"), (BINARY, b"\1\2\3")]


async def flood():
    """Far more than is kept: the sender waits, the gateway's memory does not grow, and everything arrives."""
    clients, blocks = 4, [random.Random(seed).randbytes(MIB) for seed in range(16)]
    answering = asyncio.Event()

    async def late(head, writer):
        await answering.wait()
        writer.write(response(head))

    async with ends(late) as bench:
        before = bench.gateway.forget_peak()
        early = b"".join(frame(BINARY, block, masked=True) for block in blocks)
        calls = [await bench.call(early=early) for _ in range(clients)]
        await asyncio.sleep(1)
        grown = bench.gateway.memory("VmHWM") - before
        # Kept bytes, the kernel's read, and what TLS holds besides.
        allowed = clients * (256 << 10) + 6 * MIB
        print(f"{grown >> 10} KiB grown of {allowed >> 10}", flush=True)
        assert grown <= allowed, f"{grown} bytes more, {allowed} allowed"
        answering.set()
        for client, arrived in calls:
            upstream = await arrived
            for block in blocks:
                assert await upstream.receive() == (BINARY, block)


async def overfull():
    """More in the segment of the request than may be kept: refused, as what is not kept could not be relayed."""
    dialled = asyncio.Event()

    async def slowly(head, writer):
        dialled.set()
        await asyncio.sleep(1)
        writer.write(response(head))

    async with ends(slowly) as bench:
        client, arrived = await bench.call(early=frame(BINARY, bytes(1000), masked=True) * 100)
        answer = await client.reader.read()
        assert answer.startswith(b"HTTP/1.1 400 "), answer
        assert answer.count(b"HTTP/1.1 ") == 1 and b'"type":"bad_request"' in answer, answer
        if dialled.is_set():
            assert await (await arrived).receive() is None
        # Less than that is kept.
        client, upstream = await bench.pair(early=frame(BINARY, bytes(1000), masked=True))
        assert await upstream.receive() == (BINARY, bytes(1000))


async def brief():
    """An upstream that says all it has with its answer, and leaves."""

    async def answer(head, writer):
        text = [frame(TEXT, f"part {number}".encode()) for number in range(100)]
        writer.write(response(head) + b"".join(text) + frame(BINARY, bytes(60_000)) + frame(CLOSE, struct.pack("!H", 1000) + b"done"))
        writer.close()

    async with ends(answer) as bench:
        for _ in range(20):
            client, _ = await bench.pair()
            assert [await client.receive() for _ in range(100)] == [(TEXT, f"part {number}".encode()) for number in range(100)]
            assert await client.receive() == (BINARY, bytes(60_000))
            assert await client.receive() == (CLOSE, struct.pack("!H", 1000) + b"done")
            client.send(CLOSE, struct.pack("!H", 1000))
            assert await client.receive() is None


async def given_up():
    """A client that leaves while the upstream is dialled takes the dial with it."""

    async def never(head, writer):
        pass

    async with ends(never) as bench:
        for leave in ("finish", "reset"):
            client, arrived = await bench.call()
            upstream = await arrived
            getattr(client, leave)()
            try:
                assert await upstream.reader.read() == b""
            except ConnectionResetError:
                pass


if __name__ == "__main__":
    main(globals())
