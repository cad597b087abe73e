"""Sessions that are open when the gateway is asked to stop; the test says when it has been."""

import asyncio
import json

from ends import main, told
from wire import CLOSE, TEXT, Ends, ask, page, request, response
from closes import over, payload


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
            assert await client.receive() == (CLOSE, payload(1001, b"Going away"))
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
        assert await client.receive() == (CLOSE, payload(1001, b"Going away"))
        waiting.head = await waiting.reader.readuntil(b"\r\n\r\n")
        assert waiting.head.startswith(b"HTTP/1.1 101 "), waiting.head
        assert await waiting.receive() == (CLOSE, payload(1001, b"Going away"))
        assert await (await arrived).receive() == (CLOSE, payload(1000, b"Session ended"))


if __name__ == "__main__":
    main(globals())
