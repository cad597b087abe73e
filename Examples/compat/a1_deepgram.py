"""Deepgram's voice component behind its own proxy: rows D1 to D26. See rows.py."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time

from rows import closing, equal, heard, holds, main, row, silent, soon, target

ORIGIN = "http://localhost:5173"
SETTINGS = json.dumps({"type": "Settings", "audio": {"input": {"encoding": "linear16", "sample_rate": 16000}}})
KEY = os.environ["DEEPGRAM_API_KEY"]


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": "visitor", "exp": int(time.time()) + 60, **claims}
    head = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps(claims).encode())
    return head + "." + part(hmac.new(os.environ["JWT_SECRET"].encode(), head.encode(), hashlib.sha256).digest())


async def agent(gateway, vendor, path="/deepgram-proxy", first=SETTINGS, **options):
    client = await gateway.open(path, origin=ORIGIN, **options)
    await client.send(first)
    upstream = await vendor.next()
    equal(await soon(upstream.recv()), first)
    return client, upstream


@row("D1", "D3", "D5", "D7", "D24")
async def connects(gateway, vendor):
    client, upstream = await agent(gateway, vendor)
    equal(client.subprotocol, None)
    equal(target(upstream), ("/v1/agent/converse", []))
    # The vendor takes the key as a header as well as in a subprotocol.
    equal(upstream.request.headers["Authorization"], "Token " + KEY)
    holds(KEY not in upstream.request.path, "the key is in the vendor's URL")
    holds(KEY not in str(client.response.headers), "the key is in the answer")
    await client.close()


@row("D2")
async def other_paths(gateway, vendor):
    for path in ("/other", "/deepgram-prox", "/deepgram-proxy/x", "/Deepgram-Proxy", "/"):
        equal((await gateway.refused(path, origin=ORIGIN)).status_code, 404)
        equal((await gateway.http("GET", path))[0], 404)


@row("D4", "D20")
async def tokens(gateway, vendor):
    for query in ("", "?token=" + token()):
        client, upstream = await agent(gateway, vendor, "/deepgram-proxy" + query)
        equal(target(upstream)[1], [])
        await client.close()
    for bad in ("invalid", "invalid-token", "malformed-token", "expired-1", token(exp=1)):
        equal((await gateway.refused("/deepgram-proxy?token=" + bad, origin=ORIGIN)).status_code, 401)
    for origin in ("http://blocked-site.example", "https://blocked-", "blocked-origin"):
        equal((await gateway.refused("/deepgram-proxy", origin=origin)).status_code, 403)


@row("D5", "D6")
async def query(gateway, vendor):
    path = f"/deepgram-proxy?service=transcription&model=nova-3&keyterm=a&token={token()}&keyterm=b%20c&service=agent"
    client, upstream = await agent(gateway, vendor, path, '{"type":"KeepAlive"}')
    equal(target(upstream), ("/v1/listen", [("model", "nova-3"), ("keyterm", "a"), ("keyterm", "b c")]))
    await client.close()
    client, upstream = await agent(gateway, vendor, "/deepgram-proxy/transcription?model=nova-3", '{"type":"KeepAlive"}')
    equal(target(upstream)[0], "/v1/listen")
    await client.close()
    client, upstream = await agent(gateway, vendor, "/deepgram-proxy?service=agent&tag=x&tag=y")
    equal(target(upstream), ("/v1/agent/converse", [("tag", "x"), ("tag", "y")]))
    await client.close()


@row("D9")
async def signed(gateway, vendor):
    path = "/deepgram-proxy/signed"
    for query, reason in (("", "Authentication required"), ("?token=bad", "Invalid token"), ("?token=" + token(exp=1), "Invalid token")):
        equal(await closing(await gateway.open(path + query, origin=ORIGIN)), (1008, reason))
    client, upstream = await agent(gateway, vendor, path + "?token=" + token())
    equal(target(upstream), ("/v1/agent/converse", []))
    await client.close()


@row("D10")
async def types(gateway, vendor):
    client, upstream = await agent(gateway, vendor)
    for sender, receiver in ((client, upstream), (upstream, client)):
        for message in ("text", "", b"\x00\xff", b"", b'{"type":"looks like text"}', "x" * 100_000, os.urandom(300_000), "{}"):
            await sender.send(message)
            equal(await soon(receiver.recv()), message)
    await client.close()


@row("D11")
async def early(gateway, vendor):
    messages = [SETTINGS] + [os.urandom(640) if index % 3 else json.dumps({"type": "KeepAlive", "index": index}) for index in range(60)]
    for first in (messages, messages[::-1], [b"\x01\x02"] + messages):
        vendor.delay = 0.5
        client = await gateway.open("/deepgram-proxy", origin=ORIGIN)
        for message in first:
            await client.send(message)
        upstream = await vendor.next()
        for message in first:
            equal(await soon(upstream.recv()), message)
        vendor.delay = 0
        await client.close()


@row("D12")
async def vendor_speaks_first(gateway, vendor):
    client = await gateway.open("/deepgram-proxy", origin=ORIGIN)
    await client.send(SETTINGS)
    upstream = await vendor.next()
    for index in range(20):
        await upstream.send(str(index))
    for index in range(20):
        equal(await soon(client.recv()), str(index))
    await client.close()


CLOSES = ((1000, "done"), (1000, ""), (1001, "away"), (1008, "policy"), (1011, "NET-0001"), (3000, "own"), (4321, "café"), (4999, ""))


@row("D13")
async def upstream_closes(gateway, vendor):
    for code, reason in CLOSES:
        client, upstream = await agent(gateway, vendor)
        await upstream.close(code, reason)
        equal(await closing(client), (code, reason))


@row("D14")
async def client_closes(gateway, vendor):
    for code, reason in CLOSES:
        client, upstream = await agent(gateway, vendor)
        await client.close(code, reason)
        equal(await closing(upstream), (code, reason))


@row("D13 differs")
async def other_ends(gateway, vendor):
    # A Close without a code stays one; a lost vendor is no normal end.
    client, upstream = await agent(gateway, vendor)
    upstream.transport.write(b"\x88\x00")
    await soon(client.wait_closed())
    equal(client.close_code, 1005)
    client, upstream = await agent(gateway, vendor)
    upstream.transport.abort()
    equal(await closing(client), (1011, "Proxy error"))


@row("D15 instead")
async def upstream_errors(gateway, vendor):
    with vendor.refusing(403, "secret reason of the vendor"):
        client = await gateway.open("/deepgram-proxy", origin=ORIGIN)
        await client.send(SETTINGS)
        equal(await closing(client), (1011, "Proxy error"))
        equal(await closing(await gateway.open("/deepgram-proxy/signed?token=" + token(), origin=ORIGIN)), (1011, "Proxy error"))


@row("D16")
async def pings(gateway, vendor):
    client, upstream = await agent(gateway, vendor)
    seen = asyncio.Queue()
    respond = upstream.protocol.recv_frame

    def watch(frame):
        if frame.opcode == 9:
            seen.put_nowait(bytes(frame.data))
        respond(frame)

    upstream.protocol.recv_frame = watch
    pong = await client.ping(b"are you there")
    equal(await soon(seen.get()), b"are you there")
    await soon(pong)
    await client.close()


@row("D18 differs")
async def no_injection(gateway, vendor):
    client, upstream = await agent(gateway, vendor)
    await client.send(b"\x00" * 640)
    await soon(upstream.recv())
    text = '{"type":"ConversationText","role":"assistant","content":"Hello"}'
    await upstream.send(text)
    equal(await soon(client.recv()), text)
    await silent(client)
    await client.close()


@row("D19")
async def settings_first(gateway, vendor):
    client, upstream = await agent(gateway, vendor)
    await silent(client)
    await silent(upstream)
    await upstream.send('{"type":"SettingsApplied"}')
    equal(await heard(client), {"type": "SettingsApplied"})
    await client.send('{"type":"InjectUserMessage","content":"Hi"}')
    equal((await heard(upstream))["type"], "InjectUserMessage")
    await client.close(1000, "Closed by client")
    equal(await closing(upstream), (1000, "Closed by client"))


@row("D21")
async def plain(gateway, vendor):
    for path in ("/deepgram-proxy", "/openai"):
        status, headers, body = await gateway.http("GET", path)
        equal(status, 404)
        holds(headers["Content-Type"].startswith("text/plain"), headers["Content-Type"])
        holds(body, "no body")
        equal(headers["X-Content-Type-Options"], "nosniff")
        equal(headers["X-Frame-Options"], "DENY")
        equal(headers["X-XSS-Protection"], "1; mode=block")
        # Browsers ignore it here; over TLS it is there.
        equal(headers["Strict-Transport-Security"], None)


@row("D22", "D23")
async def preflight(gateway, vendor):
    for path in ("/deepgram-proxy", "/openai", "/health", "/ready"):
        asks = {"Access-Control-Request-Method": "GET"}
        status, headers, _ = await gateway.http("OPTIONS", path, {"Origin": ORIGIN, **asks})
        equal(status, 200)
        equal(headers["Access-Control-Allow-Origin"], ORIGIN)
        equal(headers["Access-Control-Allow-Credentials"], "true")
        equal(headers["Access-Control-Allow-Methods"], "GET, POST, OPTIONS")
        equal(headers["Access-Control-Allow-Headers"], "Content-Type, Authorization, X-Trace-Id, X-Request-Id")
        status, headers, body = await gateway.http("OPTIONS", path, {"Origin": "http://blocked-site.example", **asks})
        equal(status, 403)
        equal(headers["Access-Control-Allow-Origin"], None)
        equal(json.loads(body)["error"]["message"], "Origin not allowed")


@row("D25")
async def health(gateway, vendor):
    status, _, body = await gateway.http("GET", "/health")
    equal((status, json.loads(body)), (200, {"status": "ok"}))


@row("D26")
async def ready(gateway, vendor):
    status, _, body = await gateway.http("GET", "/ready")
    answer = json.loads(body)
    equal((status, answer["status"], answer["port"], answer["https"]), (200, "ready", gateway.port, False))
    equal(answer["services"]["deepgram"], {"enabled": True, "path": "/deepgram-proxy"})
    equal(answer["services"]["openai"], {"enabled": False, "path": None})


if __name__ == "__main__":
    main()
