"""Upstreams that refuse: the client hears that it did not work, and never a word of the upstream's."""

import asyncio
import json

from ends import Gateway, announce, main, number, told
from wire import ask, request, response

MARK = b"upstream-mark"
MARKED = f"X-Mark: {MARK.decode()}"


async def garbage(head, reader, writer):
    writer.write(bytes(range(256)) + MARK + b"\r\n\r\n")


async def nothing(head, reader, writer):
    writer.close()


async def silence(head, reader, writer):
    await reader.read()


async def half(head, reader, writer):
    """Ends inside its head."""
    writer.write(response(head)[:40])
    writer.close()


async def endless(head, reader, writer):
    """A head that never ends."""
    writer.write(b"HTTP/1.1 101 " + MARK + b"\r\n")
    while not writer.is_closing():
        writer.write(MARKED.encode() + b"\r\n")
        await writer.drain()


async def another_key(head, reader, writer):
    writer.write(response(request(key="c29tZSBvdGhlciBrZXkuLg=="), [MARKED]))


async def unasked_subprotocol(head, reader, writer):
    writer.write(response(head, [MARKED, "Sec-WebSocket-Protocol: " + MARK.decode()]))


async def unasked_extension(head, reader, writer):
    writer.write(response(head, [MARKED, "Sec-WebSocket-Extensions: permessage-deflate"]))


async def too_many_requests(head, reader, writer):
    writer.write(b"HTTP/1.1 429 " + MARK + b"\r\nRetry-After: 77\r\nContent-Length: 13\r\n\r\n" + MARK)


async def interim(head, reader, writer):
    """An interim answer before the 101 is legal (RFC 9110 section 15.2)."""
    writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </mark>\r\n\r\n" + response(head, [MARKED]))
    await reader.read()


UNREACHABLE = (502, "upstream_unreachable")
REFUSED = (502, "upstream_refused")
EXPECTED = {
    **{f"/own/{story.__name__}": UNREACHABLE
       for story in (garbage, nothing, half, endless, another_key, unasked_subprotocol, unasked_extension)},
    "/own/too_many_requests": REFUSED,
    "/hasty/silence": (504, "upstream_timeout"),
    "/nowhere": UNREACHABLE,
    **{f"/nginx/{status}": REFUSED for status in (200, 204, 301, 302, 307, 401, 403, 404, 429, 500, 503)},
    # nginx's way of closing without an answer.
    "/nginx/444": UNREACHABLE,
}


async def serve(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    try:
        await globals()[number(head.split()[1].decode())](head, reader, writer)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def refused():
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        announce(server.sockets[0].getsockname()[1])
        gateway = Gateway(await told())
        for route, expected in EXPECTED.items():
            status, head, body = await ask(gateway.port, request(route))
            error = json.loads(body)["error"]
            assert (status, error["type"]) == expected, (route, status, body)
            assert set(error) == {"type", "message", "session"}, body
            assert MARK not in head + body and b"ocation" not in head and b"77" not in head, (route, head, body)
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(request("/own/interim"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ") and MARK not in head, head
        writer.close()


if __name__ == "__main__":
    main(globals())
