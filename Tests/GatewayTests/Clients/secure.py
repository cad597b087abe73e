"""Sessions over TLS. Arguments: the story, a folder of certificates, and what the story needs besides."""

import asyncio
import random
import sys

from websockets.exceptions import InvalidStatus

from ends import MIB, Ends, client_tls, main, server_tls, told
from messages import SIZES, exchange

FOLDER = sys.argv[2]


async def passes():
    """Third argument: the legs that are encrypted."""
    legs = sys.argv[3]
    upstream = server_tls(FOLDER) if legs in ("upstream", "both") else None
    client = client_tls(FOLDER) if legs in ("client", "both") else None

    async def converse(ends, number):
        client, upstream = await ends.pair()
        await exchange(client, upstream, f"{number}" * 1000)
        await client.close(3000 + number, "done")
        await upstream.wait_closed()
        assert (upstream.close_code, upstream.close_reason) == (3000 + number, "done")

    async with Ends(upstream, client) as ends:
        client, upstream = await ends.pair()
        for size in SIZES + [16 * MIB]:
            await exchange(client, upstream, random.Random(size).randbytes(size))
        for turn in range(300):
            await exchange(client, upstream, f"{turn}")
        await asyncio.gather(*(converse(ends, number) for number in range(50)))


async def refused():
    """Third argument: the certificate that the upstream shows, which the gateway must not take."""
    async with Ends(server_tls(FOLDER, sys.argv[3])) as ends:
        try:
            await ends.pair()
            assert False, "opened"
        except InvalidStatus as refusal:
            assert refusal.response.status_code == 502, refusal
            assert b'"type":"upstream_unreachable"' in refusal.response.body, refusal.response.body


async def replaced():
    """The files change while a session is open."""

    def shown(client):
        subject = client.transport.get_extra_info("ssl_object").getpeercert()["subject"]
        return dict(pair for part in subject for pair in part)["commonName"]

    async with Ends(client=client_tls(FOLDER), host="localhost") as ends:
        old = await ends.pair()
        assert shown(old[0]) == "localhost"
        print("open", flush=True)
        await told()
        new = await ends.pair()
        assert shown(new[0]) == "second"
        for pair in (old, new):
            await exchange(*pair, "still here")


if __name__ == "__main__":
    main(globals())
