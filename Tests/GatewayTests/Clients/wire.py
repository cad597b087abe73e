"""WebSocket on bare sockets, for what a library would not send or would hide."""

import asyncio
import base64
import hashlib
import itertools
import os
import socket
import struct

from ends import Gateway, announce, number, told

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def request(target="/", headers=(), host="localhost", key="dGhlIHNhbXBsZSBub25jZQ=="):
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    return "\r\n".join(lines + [f"Sec-WebSocket-Key: {key}", *headers, "", ""]).encode()


def accept_value(key):
    return base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def response(request, headers=()):
    """The 101 to a request's bytes."""
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join(lines + [f"Sec-WebSocket-Accept: {accept_value(header(request, 'Sec-WebSocket-Key'))}", *headers, "", ""]).encode()


def header(head, name):
    """The one value of a header; None without it."""
    values = [line.partition(":")[2].strip() for line in head.decode().split("\r\n")[1:] if line.lower().startswith(name.lower() + ":")]
    assert len(values) <= 1, (name, values)
    return values[0] if values else None


def frame(opcode, payload=b"", masked=False, fin=True, key=None):
    """`key`: the mask; a zero one leaves the payload as it is."""
    first = opcode | (0x80 if fin else 0)
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, bit | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(payload))
    if not masked:
        return head + payload
    key = key or os.urandom(4)
    return head + key + mask(payload, key)


def mask(payload, key):
    if not any(key):
        return payload
    length = len(payload)
    whole = int.from_bytes(key * (length // 4 + 1), "big") >> 8 * (4 - length % 4)
    return (int.from_bytes(payload, "big") ^ whole).to_bytes(length, "big")


async def ask(port, data, address="127.0.0.1"):
    """Sends a request from a loopback address and reads the whole answer: status, head and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(data)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), head + b"\r\n", body


def page(path, *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


class Wire:
    """One end of a session."""

    def __init__(self, reader, writer, is_client, head):
        self.reader, self.writer, self.is_client, self.head = reader, writer, is_client, head

    def send(self, opcode, payload=b"", fin=True):
        self.writer.write(frame(opcode, payload, self.is_client, fin))

    async def receive(self):
        """Opcode and payload of a frame; None at a FIN between frames."""
        try:
            first = await self.reader.readexactly(2)
        except asyncio.IncompleteReadError as end:
            assert not end.partial, "ended inside a header"
            return None
        assert bool(first[1] & 0x80) != self.is_client, "only the client's frames are masked"
        length = first[1] & 0x7F
        if length > 125:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
        key = bytes(4) if self.is_client else await self.reader.readexactly(4)
        return first[0] & 0x0F, mask(await self.reader.readexactly(length), key)

    def finish(self):
        self.writer.close()

    def reset(self):
        """Leaves so that the other end gets a reset, not a FIN."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Ends:
    """Both ends on bare sockets; `answer` writes the upstream's answer to a request."""

    def __init__(self, answer=None, tls=None, client=None):
        self.answer, self.tls, self.client_tls = answer, tls, client
        self.waiting, self.numbers = {}, itertools.count()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.tls)
        announce(self.server.sockets[0].getsockname()[1])
        self.gateway = Gateway(await told())
        return self

    async def __aexit__(self, *error):
        self.server.close()

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if self.answer:
            await self.answer(head, writer)
        else:
            writer.write(response(head))
        self.waiting.pop(number(head.split()[1].decode())).set_result(Wire(reader, writer, False, head))

    async def call(self, route="/any", query="", early=b"", headers=()):
        """Sends a request, with `early` in the same segment: the client before its answer, and what will be the upstream."""
        name = str(next(self.numbers))
        arrived = self.waiting[name] = asyncio.get_running_loop().create_future()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.gateway.port, ssl=self.client_tls, server_hostname="localhost" if self.client_tls else None)
        writer.write(request(f"{route}/{name}{query}", headers) + early)
        return Wire(reader, writer, True, b""), arrived

    async def pair(self, **options):
        client, arrived = await self.call(**options)
        client.head = await client.reader.readuntil(b"\r\n\r\n")
        assert client.head.startswith(b"HTTP/1.1 101 "), client.head
        return client, await arrived
