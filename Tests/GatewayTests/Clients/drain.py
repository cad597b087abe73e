"""Sessions that are open when the gateway is asked to stop; the test says when it has been."""

import asyncio
import json
import sys
import time

from ends import main, told
from wire import CLOSE, TEXT, Ends, ask, page, request, response
from closes import over, payload

RETRY = b"Shutting down, try again"


async def ended():
    async with Ends() as ends:
        pairs = [await ends.pair() for _ in range(6)]
        print("open", flush=True)
        await told()

        for port in (ends.gateway.port, ends.gateway.admin):
            status, _, body = await ask(port, page("/ready"))
            assert (status, json.loads(body)) == (503, {"status": "draining"}), (status, body)
        status, head, body = await ask(ends.gateway.port, request("/any/more"))
        assert (status, json.loads(body)["error"]["type"]) == (503, "draining"), body
        assert b"\r\nretry-after: " in head.lower(), head

        # Open sessions go on, and may end by themselves.
        for client, upstream in pairs:
            client.send(TEXT, b"still here")
            assert await upstream.receive() == (TEXT, b"still here")
        client, upstream = pairs.pop()
        client.send(CLOSE, payload(1000, b"finished"))
        assert await upstream.receive() == (CLOSE, payload(1000, b"finished"))
        upstream.send(CLOSE, payload(1000))
        assert await client.receive() == (CLOSE, payload(1000))
        await over(client, upstream)

        # One end answers nothing, and holds nobody up.
        silent = pairs[0][0]
        for client, upstream in pairs:
            assert await client.receive() == (CLOSE, payload(1001, RETRY))
            assert await upstream.receive() == (CLOSE, payload(1000, b"Session ended"))
            upstream.send(CLOSE, payload(1000))
            if client is not silent:
                client.send(CLOSE, payload(1001))
                await over(client, upstream)
        assert await silent.receive() is None


async def late():
    """A session whose upstream answers only when the others are being closed is ended like them."""
    dialled = asyncio.Event()

    async def answer(head, writer):
        if b"X-Slow" in head:
            dialled.set()
            await asyncio.sleep(1)
        writer.write(response(head))

    async with Ends(answer) as ends:
        client, upstream = await ends.pair()
        waiting, arrived = await ends.call(headers=["X-Slow: 1"])
        await dialled.wait()
        print("open", flush=True)
        await told()
        assert await client.receive() == (CLOSE, payload(1001, RETRY))
        waiting.head = await waiting.reader.readuntil(b"\r\n\r\n")
        assert waiting.head.startswith(b"HTTP/1.1 101 "), waiting.head
        assert await waiting.receive() == (CLOSE, payload(1001, RETRY))
        assert await (await arrived).receive() == (CLOSE, payload(1000, b"Session ended"))


async def turns():
    """Every session is in the middle of a turn: each is told code and reason, none before the grace is over or after the stated time."""
    count, grace, spread, code = (int(word) for word in sys.argv[2:])
    async with Ends() as ends:
        pairs = []
        while len(pairs) < count:
            pairs += await asyncio.gather(*(ends.pair() for _ in range(min(50, count - len(pairs)))))
        closed = []

        async def speak(upstream):
            while True:
                upstream.send(TEXT, b"another word")
                await asyncio.sleep(0.5)

        async def listen(client):
            words = 0
            while (frame := await client.receive()) == (TEXT, b"another word"):
                words += 1
            closed.append(time.monotonic())
            assert frame == (CLOSE, payload(code, RETRY)), frame
            client.send(CLOSE, payload(code))
            assert await client.receive() is None
            client.finish()
            return words

        async def end(upstream):
            assert await upstream.receive() == (TEXT, b"go on")
            assert await upstream.receive() == (CLOSE, payload(1000, b"Session ended"))
            upstream.send(CLOSE, payload(1000))
            upstream.finish()

        for client, _ in pairs:
            client.send(TEXT, b"go on")
        speaking = [asyncio.create_task(speak(upstream)) for _, upstream in pairs]
        ending = asyncio.gather(*(listen(client) for client, _ in pairs))
        upstreams = [asyncio.create_task(end(upstream)) for _, upstream in pairs]
        for task, upstream in zip(speaking, upstreams):
            upstream.add_done_callback(lambda _, task=task: task.cancel())
        print("open", flush=True)
        began = time.monotonic()
        assert (await told()).strip() == "terminated"
        assert min(await ending) > 0
        await asyncio.gather(*upstreams)
        assert len(closed) == count
        assert min(closed) - began >= grace, (min(closed) - began, grace)
        assert max(closed) - min(closed) >= spread / 2, max(closed) - min(closed)
        print("closed within", max(closed) - began, flush=True)


async def quiet():
    """A session between two turns is closed without the grace; one that waits for an answer has all of it."""
    async with Ends() as ends:
        silent, asking = await ends.pair(), await ends.pair()
        for client, upstream in (silent, asking):
            client.send(TEXT, b"a question")
            assert await upstream.receive() == (TEXT, b"a question")
        silent[1].send(TEXT, b"the answer")
        assert await silent[0].receive() == (TEXT, b"the answer")
        print("open", flush=True)
        await told()
        client, upstream = silent
        assert await client.receive() == (CLOSE, payload(1001, RETRY))
        assert await upstream.receive() == (CLOSE, payload(1000, b"Session ended"))
        client.send(CLOSE, payload(1001))
        upstream.send(CLOSE, payload(1000))
        await over(client, upstream)
        # A turn that ends during the drain is the session's last.
        client, upstream = asking
        upstream.send(TEXT, b"the answer")
        assert await client.receive() == (TEXT, b"the answer")
        assert await client.receive() == (CLOSE, payload(1001, RETRY))
        assert await upstream.receive() == (CLOSE, payload(1000, b"Session ended"))
        client.send(CLOSE, payload(1001))
        upstream.send(CLOSE, payload(1000))
        await over(client, upstream)


async def delayed():
    """While load balancers are to notice, sessions are taken as before."""
    async with Ends() as ends:
        first = await ends.pair()
        print("open", flush=True)
        await told()
        status, _, body = await ask(ends.gateway.port, page("/ready"))
        assert (status, json.loads(body)) == (503, {"status": "draining"}), (status, body)
        second = await ends.pair()
        for client, upstream in (first, second):
            client.send(TEXT, b"here")
            assert await upstream.receive() == (TEXT, b"here")
        print("delayed", flush=True)
        await told()
        status, head, body = await ask(ends.gateway.port, request("/any/more"))
        assert (status, json.loads(body)["error"]["type"]) == (503, "draining"), body
        print("refused", flush=True)
        # Until somebody loses patience.
        for client, upstream in (first, second):
            assert await client.receive() == (CLOSE, payload(1001, RETRY))
            assert await upstream.receive() == (CLOSE, payload(1000, b"Session ended"))
            client.send(CLOSE, payload(1001))
            upstream.send(CLOSE, payload(1000))
            await over(client, upstream)


if __name__ == "__main__":
    main(globals())
