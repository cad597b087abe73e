"""A client behind a reverse proxy that ends TLS; the port that this program is told is the proxy's. Argument: a folder of certificates."""

import random
import sys

from ends import Ends, client_tls, main
from messages import exchange

ADDRESS = "127.9.8.7"


async def forwarded():
    async with Ends(client=client_tls(sys.argv[2])) as ends:
        client, upstream = await ends.pair(local_addr=(ADDRESS, 0), additional_headers={"X-Forwarded-For": "198.51.100.1"})
        for size in (0, 100, 70_000, 1 << 20):
            await exchange(client, upstream, random.Random(size).randbytes(size))
        assert "X-Forwarded-For" not in upstream.request.headers
        await client.close(3210, "enough")
        await upstream.wait_closed()
        assert (upstream.close_code, upstream.close_reason) == (3210, "enough")


if __name__ == "__main__":
    main(globals())
