"""Sessions that are open while the gateway's configuration is replaced; the test says when that is over."""

import asyncio
import sys

from ends import client_tls, main, told
from wire import CLOSE, TEXT, Ends
from closes import over, payload

PAUSE = 0.2


async def held():
    """Numbered messages go both ways all the time; none is lost, none comes twice, nobody is closed."""
    count, folder = int(sys.argv[2]), sys.argv[3]
    async with Ends(client=client_tls(folder)) as ends:
        pairs = []
        while len(pairs) < count:
            pairs += await asyncio.gather(*(ends.pair() for _ in range(min(25, count - len(pairs)))))
        assert await common_name(ends.gateway.port, folder) == "localhost"
        is_over = asyncio.Event()

        async def exchange(client, upstream):
            number = 0
            while not is_over.is_set():
                message = b"%d" % number
                client.send(TEXT, message)
                assert await upstream.receive() == (TEXT, message)
                upstream.send(TEXT, message)
                assert await client.receive() == (TEXT, message)
                number += 1
                await asyncio.sleep(PAUSE)
            return number

        exchanges = asyncio.gather(*(exchange(*pair) for pair in pairs))
        print("open", flush=True)
        assert (await told()).strip() == "reloaded"
        is_over.set()
        numbers = await exchanges
        print("exchanged", sum(numbers), "in all, at least", min(numbers), flush=True)
        assert min(numbers) > 2
        assert await common_name(ends.gateway.port, folder) == "second"
        for client, upstream in pairs:
            client.send(CLOSE, payload(1000))
            assert await upstream.receive() == (CLOSE, payload(1000))
            upstream.send(CLOSE, payload(1000))
            assert await client.receive() == (CLOSE, payload(1000))
            await over(client, upstream)


async def common_name(port, folder):
    """Of the certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_tls(folder), server_hostname="localhost")
    subject = writer.get_extra_info("peercert")["subject"]
    writer.close()
    return next(value for fields in subject for name, value in fields if name == "commonName")


if __name__ == "__main__":
    main(globals(), patience=150)
