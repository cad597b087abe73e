"""A client behind a proxy that announces it by the PROXY protocol; the port that this program is told is the proxy's.

Argument: a folder of certificates.
"""

import random
import sys

from ends import Ends, client_tls, main
from messages import exchange

ADDRESS = "127.9.8.7"


async def passes(tls):
    async with Ends(client=tls) as ends:
        pairs = [
            await ends.pair(local_addr=(ADDRESS, 0), additional_headers={"X-Forwarded-For": "198.51.100.1"}) for _ in range(3)]
        for client, upstream in pairs:
            for size in (0, 1, 100, 70_000, 1 << 20):
                await exchange(client, upstream, random.Random(size).randbytes(size))
            assert "X-Forwarded-For" not in upstream.request.headers
            await client.close(3210, "enough")
            await upstream.wait_closed()
            assert (upstream.close_code, upstream.close_reason) == (3210, "enough")


async def plain():
    await passes(None)


async def secure():
    await passes(client_tls(sys.argv[2]))


if __name__ == "__main__":
    main(globals())
