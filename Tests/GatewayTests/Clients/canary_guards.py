"""Secrets of all kinds pass every way of authentication, accepted and refused; then everything that came out is searched for them.

Arguments: the story, a folder of certificates, the vendor's key, the secret that signs tokens, the gateway's secret at the issuer, the
operator's token, and an API key. Each secret that is used is printed as `secret X`, for the test to search the log. What the program is
told beside the gateway is the port of its TLS listener.
"""

import asyncio
import json
import ssl
import struct
import sys

from canaries import keep, token
from ends import Gateway, announce, main, told
from wire import BINARY, CLOSE, TEXT, Wire, ask, frame, header, request, response

FOLDER, VENDOR_KEY, SIGNING, ISSUER, OPERATOR, API_KEY = sys.argv[2:8]
UP, DOWN, QUERY, TLV = "canary-payload-up-1d", "canary-payload-down-2e", "canary-query-3f", "canary-proxy-tlv-4a"
COOKIE, OPAQUE, REVOKED, GUESS = "canary-cookie-5b", "canary-opaque-6c", "canary-revoked-7d", "canary-guess-8e"
FORWARDED = "203.0.113.77"

GOOD, EXPIRED = token(SIGNING, "caller-1"), token(SIGNING, "caller-2", lifetime=-600)
FORGED = token("another secret of thirty-two bytes", "caller-3")
SECRETS = [VENDOR_KEY, SIGNING, ISSUER, OPERATOR, API_KEY, UP, DOWN, QUERY, TLV, COOKIE, OPAQUE, REVOKED, GUESS]
for jwt in (GOOD, EXPIRED, FORGED):
    # The first part is the same for all tokens of all issuers.
    SECRETS += jwt.split(".")[1:]
HEADERS = [f"Cookie: session={COOKIE}", f"X-Forwarded-For: {FORWARDED}", f"X-Secret: {GUESS}"]


def bearer(credential):
    return [f"Authorization: Bearer {credential}"]


def own(headers):
    """With those that every client sends; of cookies there is one line."""
    names = {line.partition(":")[0] for line in headers}
    return [line for line in HEADERS if line.partition(":")[0] not in names] + [*headers]


def placed(credential):
    """The same credential in every place where it is looked for."""
    return [
        (f"?token={credential}&tag={QUERY}", []), ("", bearer(credential)), ("", [f"Authorization: Token {credential}"]),
        ("", [f"Sec-WebSocket-Protocol: bearer, {credential}"]), ("", [f"Cookie: token={credential}; session={COOKIE}"]),
    ]


class Others:
    """The vendor, the server that is asked by `forward`, and the issuer."""

    def __init__(self):
        self.requests, self.messages, self.asked = [], [], []

    async def vendor(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.decode())
        writer.write(response(head) + frame(TEXT, f'{{"type":"event","text":"{DOWN}"}}'.encode()) + frame(BINARY, DOWN.encode()))
        await keep(self.messages, reader, writer, head)

    async def judge(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        path, status, more, body = head.split()[1], "200 OK", "", b""
        if path == "/forward":
            status = "200 OK" if COOKIE in head and OPAQUE in head else "401 Unauthorized"
            more = f"X-Subject: caller-4\r\nSet-Cookie: session={COOKIE}\r\n"
            body = f"{GUESS} {COOKIE}".encode()
        else:
            form = await reader.readexactly(int(header(head.encode(), "Content-Length")))
            self.asked.append(form.decode())
            body = json.dumps({"active": OPAQUE in form.decode(), "sub": "caller-5", "secret": GUESS}).encode()
        writer.write(f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()


def announced(source):
    """A PROXY header of version 2 with a value of the proxy's own, and what it must be to be one."""
    address = bytes(map(int, source.split("."))) + bytes([127, 0, 0, 1]) + struct.pack("!HH", 1234, 80)
    value = TLV.encode()
    rest = address + struct.pack("!BH", 0xE0, len(value)) + value
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(rest)) + rest


class Run:
    def __init__(self, gateway, secure):
        self.gateway, self.secure = gateway, secure
        self.seen = []
        self.tls = ssl.create_default_context(cafile=f"{FOLDER}/ca.pem")
        self.tls.load_cert_chain(f"{FOLDER}/alice.pem", f"{FOLDER}/alice.key")

    async def connect(self, secure=False):
        options = {"ssl": self.tls, "server_hostname": "localhost"} if secure else {}
        return await asyncio.open_connection("127.0.0.1", self.secure if secure else self.gateway.port, **options)

    async def opened(self, path, headers=(), secure=False, before=b"", status=b"101"):
        """A session with payload both ways, or the answer of a refusal; both with everything a client may send along."""
        reader, writer = await self.connect(secure)
        said = frame(TEXT, f'{{"type":"{UP}"}}'.encode(), True) + frame(BINARY, UP.encode(), True)
        writer.write(before + request(path, own(headers)) + said)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.split()[1] == status, (path, head)
        body = b""
        if status == b"101":
            while DOWN.encode() not in body.partition(DOWN.encode())[2] and (more := await reader.read(4096)):
                body += more
            writer.write(frame(CLOSE, b"\x03\xe8bye", True))
        body += await reader.read()
        writer.close()
        self.seen.append((path, head, body.replace(DOWN.encode(), b"")))

    async def closed(self, path, headers, code):
        """A refusal by `refuse: close`."""
        reader, writer = await self.connect()
        writer.write(request(path, own(headers)))
        head = await reader.readuntil(b"\r\n\r\n")
        wire = Wire(reader, writer, True, head)
        opcode, payload = await wire.receive()
        assert (opcode, struct.unpack("!H", payload[:2])[0]) == (CLOSE, code), (path, opcode, payload)
        writer.close()
        self.seen.append((path, head, payload))

    async def plain(self, port, method, path, headers=(), body=b""):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *HEADERS, *headers, f"Content-Length: {len(body)}", "", ""]
        status, head, text = await ask(port, "\r\n".join(lines).encode() + body)
        return status, head, text

    async def inside(self, messages, path="/inside"):
        """Says these in the lobby; the answers until the end, or until there are as many."""
        reader, writer = await self.connect()
        writer.write(request(path, HEADERS))
        head = await reader.readuntil(b"\r\n\r\n")
        wire = Wire(reader, writer, True, head)
        answers = []
        for message, count in messages:
            wire.send(TEXT, message if isinstance(message, bytes) else json.dumps(message).encode())
            for _ in range(count):
                answers.append(await wire.receive())
        wire.send(CLOSE, b"\x03\xe8")
        while received := await wire.receive():
            answers.append(received)
            if received[0] == CLOSE:
                break
        writer.close()
        text = b" ".join(payload for _, payload in answers)
        self.seen.append((path, head, text.replace(DOWN.encode(), b"")))
        return text


async def credentials(run):
    for query, headers in placed(GOOD):
        await run.opened(f"/jwt{query}", headers)
    for bad in (EXPIRED, FORGED, GUESS):
        for query, headers in placed(bad):
            await run.opened(f"/jwt{query}", headers, status=b"401")
            await run.closed(f"/closing{query}", headers, 1008)
        await run.opened(f"/jwt?token={bad}", bearer(GOOD), status=b"401")
    for query, headers in placed(API_KEY)[:4]:
        await run.opened(f"/keys{query}", headers)
    for query, headers in placed(GUESS)[:4]:
        await run.opened(f"/keys{query}", headers, status=b"401")
    await run.opened("/forward", bearer(OPAQUE))
    await run.opened("/forward", bearer(REVOKED), status=b"401")
    await run.opened("/inspect", bearer(OPAQUE))
    await run.opened(f"/inspect?token={REVOKED}", status=b"401")
    await run.opened("/cert", secure=True)
    await run.opened("/jwt", bearer(FORGED), secure=True, status=b"401")
    await run.opened("/jwt", bearer(GOOD), secure=True)
    for path, status in (("/off", b"503"), ("/lost", b"502"), (f"/{QUERY}?token={GOOD}", b"404")):
        await run.opened(path, bearer(GOOD), status=status)
    await run.opened("/jwt", [*bearer(GOOD), "Origin: https://evil.example"], status=b"403")


async def session_tokens(run):
    """Whoever fetches a token sees it, and nobody else."""
    tokens = []
    for method, headers in (("POST", bearer(GOOD)), ("GET", bearer(GOOD)), ("POST", bearer(API_KEY))):
        status, head, body = await run.plain(run.gateway.port, method, "/api/token", headers, UP.encode() if method == "POST" else b"")
        assert status == 200, (status, body)
        tokens.append(json.loads(body)["token"])
        print("secret", tokens[-1], flush=True)
        run.seen.append(("/api/token", head, body.replace(tokens[-1].encode(), b"")))
    for bad in (FORGED, GUESS, OPAQUE):
        run.seen.append(("/api/token", *(await run.plain(run.gateway.port, "POST", f"/api/token?token={bad}"))[1:]))
    for credential, place in zip(tokens, placed("{}")):
        query, headers = place[0].format(credential), [line.format(credential) for line in place[1]]
        await run.opened(f"/page{query}", headers)
        await run.opened(f"/page{query}", headers, status=b"401")
    SECRETS.extend(tokens)


async def lobby(run):
    good = {"type": "authenticate", "token": GOOD}
    connect = {"type": "connect_realtime"}
    text = await run.inside([({"type": UP}, 1), (UP.encode(), 1), ({"type": "authenticate"}, 1), (good, 1), (connect, 2), (good, 1)])
    assert b"auth_success" in text and DOWN.encode() in text, text
    for bad in (EXPIRED, FORGED, GUESS):
        assert b"Invalid token" in await run.inside([({"type": "authenticate", "token": bad}, 2)])
    await run.inside([(good, 1), (connect, 2)], "/inside/lost")


async def proxied(run):
    await run.opened("/jwt", bearer(GOOD), before=announced("198.51.100.7"))
    await run.opened(f"/jwt?token={FORGED}", before=announced("198.51.100.7"), status=b"401")
    for broken in (b"PROXY TCP4 " + GUESS.encode() + b"\r\n", announced("198.51.100.7")[:-4].replace(b"\x21", b"\x31", 1)):
        reader, writer = await run.connect()
        writer.write(broken + request("/jwt", bearer(GOOD)))
        run.seen.append(("PROXY", b"", await reader.read()))
        writer.close()


async def pages(run):
    """The operator's pages, while a session is open; and the clients' own."""
    reader, writer = await run.connect()
    writer.write(request(f"/jwt?tag={QUERY}", [*HEADERS, *bearer(GOOD)]))
    await reader.readuntil(b"\r\n\r\n")
    known = bearer(OPERATOR)
    for method, path in [("GET", path) for path in ("/metrics", "/routes", "/sessions", "/events", "/upstreams", "/ready", "/", f"/{QUERY}")] + [
            ("PUT", "/routes/jwt/enabled"), ("POST", "/reload"), ("DELETE", f"/sessions/{GUESS}")]:
        status, head, body = await run.plain(run.gateway.admin, method, path, known, GUESS.encode() if method == "PUT" else b"")
        run.seen.append((path, head, body))
        assert status != 401, path
        run.seen.append((path, *(await run.plain(run.gateway.admin, method, path, bearer(GUESS)))[1:]))
    for path in ("/health", "/ready", "/info", f"/info?token={GOOD}", "/api/token", f"/{QUERY}?token={GOOD}"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            run.seen.append((path, *(await run.plain(run.gateway.port, method, path, [*bearer(GUESS), "Origin: https://evil.example"]))[1:]))
    writer.write(frame(CLOSE, b"\x03\xe8", True))
    run.seen.append(("/jwt", b"", (await reader.read()).replace(DOWN.encode(), b"")))
    writer.close()


async def guarded():
    others = Others()
    vendor = await asyncio.start_server(others.vendor, "127.0.0.1", 0)
    judge = await asyncio.start_server(others.judge, "127.0.0.1", 0)
    announce(judge.sockets[0].getsockname()[1], "judge")
    announce(vendor.sockets[0].getsockname()[1])
    gateway = Gateway(await told())
    for secret in SECRETS:
        print("secret", secret, flush=True)
    run = Run(gateway, int(await told()))
    for story in (credentials, session_tokens, lobby, proxied, pages):
        try:
            await story(run)
        except Exception as error:
            raise RuntimeError(story.__name__) from error

    assert len(run.seen) > 100, len(run.seen)
    for where, head, body in run.seen:
        for secret in SECRETS:
            assert secret.encode() not in (head + body), f"{where}: {secret} in {head + body}"
    # The vendor gets its own key, once, and nothing of the client's but messages.
    assert len(others.requests) == 19, len(others.requests)
    for head in others.requests:
        assert head.count(VENDOR_KEY) == 1 and header(head.encode(), "Authorization") == f"Bearer {VENDOR_KEY}", head
        for secret in SECRETS:
            assert secret in (VENDOR_KEY, QUERY) or secret not in head, f"{secret} went upstream: {head}"
    for _, message in others.messages:
        assert not any(secret.encode() in message for secret in SECRETS if secret != UP), message
    # Whoever is asked hears the credential that it is asked about, and the gateway's own for it.
    assert len(others.asked) >= 6, others.asked
    for text in others.asked:
        for secret in SECRETS:
            assert secret in (COOKIE, OPAQUE, REVOKED, ISSUER) or secret not in text, f"{secret} in {text}"


if __name__ == "__main__":
    main(globals())
