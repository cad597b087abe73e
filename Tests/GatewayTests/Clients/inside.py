"""Handshakes inside the socket over TLS. Arguments: the story, a folder of certificates, the legs that are encrypted, and a token."""

import asyncio
import contextlib
import json
import sys

from websockets.asyncio.client import connect

from ends import MIB, Ends, client_tls, main, server_tls

FOLDER, LEGS, TOKEN = sys.argv[2:5]
# A message is longer than a record of TLS, than a read of the gateway, and than what the sockets hold.
SIZES = [0, 1, 16_300, 16_400, 70_000, 4 * MIB]


class Room:
    """A client in the gateway's lobby."""

    def __init__(self, ends, number, client):
        self.ends, self.number, self.client = ends, number, client

    async def say(self, message, answer=None):
        await self.client.send(json.dumps(message))
        if answer:
            assert json.loads(await self.client.recv()) == answer

    async def connect(self):
        arrived = self.ends.waiting[self.number] = asyncio.get_running_loop().create_future()
        await self.say({"type": "connect_realtime"})
        return await arrived

    async def exchange(self, upstream):
        for size in SIZES:
            up, down = json.dumps({"up": "u" * size}), json.dumps({"down": "d" * size})
            await asyncio.gather(self.client.send(up), upstream.send(down))
            assert (await upstream.recv(), await self.client.recv()) == (up, down), size
        await upstream.send(b"\0" * 640)
        assert await self.client.recv() == b"\0" * 640


async def converse(ends, number):
    scheme, tls = ("wss", client_tls(FOLDER)) if LEGS in ("client", "both") else ("ws", None)
    async with connect(f"{scheme}://127.0.0.1:{ends.port}/inside/{number}", ssl=tls, max_size=None, ping_interval=None) as client:
        room = Room(ends, str(number), client)
        await room.say({"type": "connect_realtime"}, {"type": "auth_required", "error": "Please authenticate first"})
        await room.say({"type": "authenticate", "token": TOKEN}, {"type": "auth_success", "message": "Authentication successful"})
        for turn in range(3):
            upstream = await room.connect()
            await room.exchange(upstream)
            if turn == 1:
                # Lost, not closed.
                upstream.transport.abort()
                assert json.loads(await client.recv()) == {"type": "error", "error": "Own connection error"}
            elif turn == 0:
                await upstream.close(1000, "over")
            if turn < 2:
                assert json.loads(await client.recv()) == {"type": "realtime_disconnected"}
        await client.close(3000 + number, "done")
        await upstream.wait_closed()
        assert (upstream.close_code, upstream.close_reason) == (3000 + number, "done")


async def lobby():
    async with contextlib.AsyncExitStack() as stack:
        ends = await stack.enter_async_context(Ends(server_tls(FOLDER) if LEGS in ("upstream", "both") else None))
        await asyncio.gather(*(converse(ends, number) for number in range(8)))


if __name__ == "__main__":
    main(globals())
