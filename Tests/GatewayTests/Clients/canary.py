"""Secrets of all kinds go through routes of all kinds; then everything that came out anywhere is searched for them.

Arguments: the story, a folder of certificates, the two vendors' keys and the secret that signs tokens. Each secret that is used
is printed as `secret X`, for the test to search the log.
"""

import asyncio
import sys

from canaries import keep, token
from ends import Gateway, announce, main, server_tls, told
from wire import BINARY, CLOSE, TEXT, ask, frame, header, page, request, response

FOLDER, DEEPGRAM_KEY, OPENAI_KEY, SIGNING = sys.argv[2:6]
COOKIE, FORWARDED, PAYLOAD, QUERY = "canary-cookie-7f3", "203.0.113.77", "canary-payload-88e", "canary-query-1c2"

GOOD = token(SIGNING, "caller-1")
BAD = {
    "expired": token(SIGNING, "caller-2", lifetime=-600),
    "forged": token("another secret of thirty-two bytes", "caller-3"),
    "junk": "canary-junk-token-55a",
}
ALWAYS = [
    f"Cookie: session={COOKIE}", f"X-Forwarded-For: {FORWARDED}", f"X-Real-IP: {FORWARDED}", f"Forwarded: for={FORWARDED}",
    "X-Trace-Id: trace-1",
]

# Route, query, headers: each in a place where clients put their credential.
OPENED = [
    ("/deepgram", "", [f"Authorization: Bearer {GOOD}"]),
    ("/deepgram", "", [f"Authorization: Token {GOOD}"]),
    ("/deepgram", f"?token={GOOD}&tag=t", []),
    ("/deepgram", "", [f"Sec-WebSocket-Protocol: token, {GOOD}"]),
    ("/closing", f"?token={GOOD}", []),
    ("/openai", "", [f"Authorization: Bearer {GOOD}"]),
    ("/openai", "", [f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{GOOD}"]),
    ("/simulated", f"?token={GOOD}", []),
    ("/plain/a", f"?token={QUERY}&api_key={QUERY}", [f"Authorization: Bearer {BAD['junk']}"]),
]
REFUSED = [
    (route, query, headers)
    for route in ("/deepgram", "/openai", "/closing", "/disabled", "/nowhere")
    for bad in BAD.values()
    for query, headers in [
        (f"?token={bad}", []), ("", [f"Authorization: Bearer {bad}"]), ("", [f"Sec-WebSocket-Protocol: token, {bad}"]),
        (f"?token={bad}", [f"Authorization: Bearer {GOOD}"]),
    ]
] + [("/lost", f"?token={GOOD}", [])]


class Upstream:
    """Takes what it is sent, whole, and plays both vendors."""

    def __init__(self):
        self.requests, self.messages = [], []

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.decode())
        writer.write(response(head) + frame(TEXT, PAYLOAD.encode()))
        await keep(self.messages, reader, writer, head)


async def session(port, target, headers, ending, leaves=False):
    """The head of the answer and all frames that came; `leaves`: without waiting for them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(target, ALWAYS + headers) + frame(TEXT, f'{{"type":"{PAYLOAD}"}}'.encode(), True) + ending)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), (target, head)
    body = b"" if leaves else await reader.read()
    writer.close()
    return target, head, body


async def silent():
    for secret in (DEEPGRAM_KEY, OPENAI_KEY, SIGNING, GOOD, *BAD.values(), COOKIE, FORWARDED, PAYLOAD, QUERY):
        print("secret", secret, flush=True)
    upstream = Upstream()
    tls = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, ssl=server_tls(FOLDER))
    plain = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    announce(plain.sockets[0].getsockname()[1], "plain")
    announce(tls.sockets[0].getsockname()[1])
    gateway = Gateway(await told())

    seen = []
    goodbye = frame(CLOSE, b"\x03\xe8", True)
    for route, query, headers in OPENED:
        # A Close, a violation of the protocol, and a frame that is cut off.
        seen.append(await session(gateway.port, route + query, headers, frame(BINARY, PAYLOAD.encode(), True) + goodbye))
        seen.append(await session(gateway.port, route + query, headers, frame(3, PAYLOAD.encode(), True)))
        seen.append(await session(gateway.port, route + query, headers, frame(BINARY, PAYLOAD.encode(), True)[:-3], leaves=True))
    for number, (route, query, headers) in enumerate(REFUSED):
        data = request(route + query, ALWAYS + headers)
        if route == "/closing":
            data += frame(CLOSE, b"\x03\xe8", True)
        # Wrong credentials are limited per address.
        status, head, body = await ask(gateway.port, data, f"127.0.1.{number + 1}")
        assert status in (101, 401, 404, 502, 503), (route, status)
        seen.append((route, head, body))
    pages = [(gateway.port, "/ready"), (gateway.port, "/health"), (gateway.port, f"/{PAYLOAD}?token={GOOD}"), (gateway.admin, "/metrics")]
    for port, path in pages:
        seen.append((path, *(await ask(port, page(path, *ALWAYS, f"Authorization: Bearer {GOOD}")))[1:]))

    # What clients got: the upstream's payload is theirs, and nothing else.
    for route, head, body in seen:
        for secret in (DEEPGRAM_KEY, OPENAI_KEY, SIGNING, GOOD, *BAD.values(), COOKIE, FORWARDED, QUERY):
            assert secret.encode() not in head + body, f"{route}: {secret} in {head + body}"
        assert PAYLOAD.encode() not in head, f"{route}: payload in {head}"
        if route.startswith(("/ready", "/health", "/metrics", f"/{PAYLOAD}")):
            assert PAYLOAD.encode() not in body, f"{route}: payload in {body}"

    # What upstreams got: their own key in its place, once, and nothing of the client's.
    counts = {"deepgram": 0, "openai": 0, "plain": 0}
    for head in upstream.requests:
        for secret in (SIGNING, GOOD, *BAD.values(), COOKIE, FORWARDED, QUERY):
            assert secret not in head, f"{secret} went upstream: {head}"
        for name in ("Cookie", "X-Forwarded-For", "X-Real-IP", "Forwarded", "Sec-WebSocket-Protocol"):
            assert header(head.encode(), name) is None, f"{name} went upstream: {head}"
        if head.startswith("GET /v1/listen?"):
            vendor, key, place = "deepgram", DEEPGRAM_KEY, f"Token {DEEPGRAM_KEY}"
        elif head.startswith("GET /v1/realtime?"):
            vendor, key, place = "openai", OPENAI_KEY, f"Bearer {OPENAI_KEY}"
        else:
            vendor, key, place = "plain", "", None
        counts[vendor] += 1
        assert header(head.encode(), "Authorization") == place, head
        for other in {DEEPGRAM_KEY, OPENAI_KEY}:
            assert head.count(other) == (other == key), f"{other}: {head}"
        assert header(head.encode(), "X-Trace-Id") == ("trace-1" if vendor == "plain" else None), head
    assert counts == {"deepgram": 15, "openai": 6, "plain": 3}, counts
    for _, message in upstream.messages:
        assert DEEPGRAM_KEY.encode() not in message and GOOD.encode() not in message, message


if __name__ == "__main__":
    main(globals())
