"""permessage-deflate on either leg of a route, or on both."""

import base64
import random
import zlib

from ends import MIB, Ends, main
from messages import SIZES, exchange
from wire import BINARY, CLOSE, TEXT, frame
from wire import Ends as WireEnds

# (route, what the client is answered, what the upstream is offered)
ROUTES = [
    ("/any", None, None),
    ("/client", "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
     "client_max_window_bits=12", None),
    ("/upstream", None, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
     "client_max_window_bits=12"),
    ("/both", "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
     "client_max_window_bits=12", "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
     "client_max_window_bits=12"),
    ("/context", "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9",
     "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9"),
    ("/inspected", "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
     "client_max_window_bits=12", "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
     "client_max_window_bits=12"),
]


async def passes():
    async with Ends() as ends:
        for route, answered, offered in ROUTES:
            client, upstream = await ends.pair(route)
            assert client.response.headers.get("Sec-WebSocket-Extensions") == answered, (route, client.response.headers)
            assert upstream.request.headers.get("Sec-WebSocket-Extensions") == offered, (route, upstream.request.headers)
            noise = random.Random(3)
            for size in SIZES:
                await exchange(client, upstream, "ä€𝄞"[: size % 4] + base64.b64encode(noise.randbytes(size * 3 // 4)).decode())
                await exchange(client, upstream, noise.randbytes(size & ~1))
            await client.close()


async def declines():
    """A client that offers nothing gets nothing."""
    async with Ends(compression=None) as ends:
        for route, _, _ in ROUTES:
            client, upstream = await ends.pair(route, compression=None)
            assert "Sec-WebSocket-Extensions" not in client.response.headers
            await exchange(client, upstream, "plain " * 1_000)
            await client.close()


def bomb():
    """A megabyte that becomes a gigabyte: blocks of one megabyte, each of which begins anew."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = compressor.compress(bytes(MIB)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return (block * 1_024)[:-4]


async def refused(ends, route, opcode, message):
    """Sends a compressed message; what the client is told at the end."""
    client, upstream = await ends.pair(route=route, headers=["Sec-WebSocket-Extensions: permessage-deflate"])
    bytes_sent = frame(opcode, message, masked=True)
    client.writer.write(bytes([bytes_sent[0] | 0x40]) + bytes_sent[1:])
    while (received := await upstream.receive())[0] != CLOSE:
        pass
    assert received[1] == (1011).to_bytes(2, "big") + b"Proxy error", received
    upstream.send(CLOSE, received[1])
    opcode, payload = await client.receive()
    assert opcode == CLOSE, opcode
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()


async def bombs():
    """Closed with 1009 before it costs memory."""
    message = bomb()
    assert MIB * 0.9 < len(message) < MIB * 1.1, len(message)
    async with WireEnds() as ends:
        for route in ["/client", "/inspected"]:
            # What a first session sets up is not what the message costs.
            await refused(ends, route, TEXT, b"\xff" * 300)
            before = ends.gateway.forget_peak()
            assert await refused(ends, route, BINARY, message) == (1009, "Message too big")
            grown = ends.gateway.memory("VmHWM") - before
            assert grown < 2 * MIB, grown


async def garbage():
    async with WireEnds() as ends:
        for opcode in [TEXT, BINARY]:
            assert await refused(ends, "/client", opcode, b"\xff" * 300) == (1007, "Compressed data is malformed")


if __name__ == "__main__":
    main(globals())
