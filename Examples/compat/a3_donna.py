"""A page that authenticates and connects by messages: rows N1 to N20. See rows.py."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from datetime import datetime

from rows import closing, equal, heard, holds, main, row, silent, soon, target

ORIGIN = "https://donna.example.com"
PATH = "/realtime"
KEY = os.environ["OPENAI_API_KEY"]


def token(secret=None, **claims):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": "donna", "exp": int(time.time()) + 60, **claims}
    head = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps(claims).encode())
    return head + "." + part(hmac.new((secret or os.environ["JWT_SECRET"]).encode(), head.encode(), hashlib.sha256).digest())


async def say(client, **message):
    await client.send(json.dumps(message))


async def known(gateway, path=PATH, **options):
    client = await gateway.open(path, origin=ORIGIN, **options)
    await say(client, type="authenticate", token=token())
    equal(await soon(client.recv()), '{"type":"auth_success","message":"Authentication successful"}')
    return client


async def connected(gateway, vendor):
    client = await known(gateway)
    await say(client, type="connect_realtime")
    upstream = await vendor.next()
    equal((await heard(upstream))["type"], "session.update")
    return client, upstream


@row("N1")
async def refusals(gateway, vendor):
    equal((await gateway.refused("/realtime/off", origin=ORIGIN)).status_code, 503)
    equal((await gateway.refused(PATH, origin="https://evil.example")).status_code, 403)
    # The switch comes before the origin, the origin before the rate: none of these refusals is counted against an address.
    source = gateway.another()
    equal((await gateway.refused("/realtime/off", origin="https://evil.example")).status_code, 503)
    for _ in range(12):
        equal((await gateway.refused(PATH, origin="https://evil.example", source=source)).status_code, 403)
    await (await gateway.open(PATH, origin=ORIGIN, source=source)).close()


@row("N2")
async def origins(gateway, vendor):
    await (await gateway.open(PATH)).close()
    await (await gateway.open(PATH, origin=ORIGIN)).close()


@row("N2 instead")
async def other_origins(gateway, vendor):
    # No entry is a suffix, and a sandboxed page is a page.
    for origin in ("https://evil-donna.example.com", "https://donna.example.com.evil.example", "http://donna.example.com", "null"):
        equal((await gateway.refused(PATH, origin=origin)).status_code, 403)


@row("N3")
async def rate(gateway, vendor):
    source = gateway.another()
    for _ in range(10):
        await (await gateway.open(PATH, origin=ORIGIN, source=source)).close()
    answer = await gateway.refused(PATH, origin=ORIGIN, source=source)
    equal(answer.status_code, 429)
    holds(0 < int(answer.headers["Retry-After"]) <= 60, answer.headers["Retry-After"])
    await (await gateway.open(PATH, origin=ORIGIN)).close()


@row("N4")
async def concurrent(gateway, vendor):
    source = gateway.another()
    clients = [await gateway.open(PATH, origin=ORIGIN, source=source) for _ in range(3)]
    equal((await gateway.refused(PATH, origin=ORIGIN, source=source)).status_code, 429)
    await clients.pop().close()
    for _ in range(5):
        try:
            clients.append(await gateway.open(PATH, origin=ORIGIN, source=source))
            break
        except Exception:  # The place is given back when the connection has ended on that side too.
            await asyncio.sleep(0.2)
    equal(len(clients), 3)
    for client in clients:
        await client.close()


@row("N5", "N8")
async def timeout(gateway, vendor):
    began = time.monotonic()
    idle = await gateway.open(PATH, origin=ORIGIN)
    # Without a secret as well, if the client says nothing.
    unasked = await gateway.open("/realtime/open", origin=ORIGIN)
    busy = await gateway.open(PATH, origin=ORIGIN)
    await say(busy, type="authenticate")
    equal(await soon(busy.recv()), '{"type":"auth_error","error":"Token required"}')
    for client in (idle, unasked, busy):
        equal(await closing(client), (4001, "Authentication timeout"))
    holds(9 < time.monotonic() - began < 15, time.monotonic() - began)


@row("N6")
async def authenticates(gateway, vendor):
    await (await known(gateway)).close()
    for claims in ({"sub": None, "userId": "u"}, {}):
        client = await gateway.open(PATH, origin=ORIGIN)
        await say(client, type="authenticate", token=token(**{k: v for k, v in claims.items() if v}))
        equal((await heard(client))["type"], "auth_success")
        await client.close()


@row("N7")
async def bad_tokens(gateway, vendor):
    for bad in ("bad", "a.b.c", token(secret="x" * 32), token(exp=1)):
        client = await gateway.open(PATH, origin=ORIGIN)
        await say(client, type="authenticate", token=bad)
        equal(await soon(client.recv()), '{"type":"auth_error","error":"Invalid token"}')
        equal(await closing(client), (4003, "Authentication failed"))


@row("N9")
async def not_configured(gateway, vendor):
    client = await gateway.open("/realtime/open", origin=ORIGIN)
    await say(client, type="authenticate", token=token())
    equal(await soon(client.recv()), '{"type":"auth_error","error":"Authentication not configured"}')
    await silent(client)
    await say(client, type="connect_realtime")
    equal((await heard(await vendor.next()))["type"], "session.update")
    await client.close()


@row("N10", "N11")
async def before_it_is_known(gateway, vendor):
    client = await gateway.open(PATH, origin=ORIGIN)
    for message in ({"type": "connect_realtime"}, {"type": "session.update"}, {}):
        await say(client, **message)
        equal(await soon(client.recv()), '{"type":"auth_required","error":"Please authenticate first"}')
    for message in ("not json", b"\x00\x01\xff", ""):
        await client.send(message)
        equal(await soon(client.recv()), '{"type":"error","error":"Invalid message format"}')
    await say(client, type="authenticate", token=token())
    equal((await heard(client))["type"], "auth_success")
    equal(vendor.arrived.qsize(), 0)
    for message in ("not json", b"\x00\x01\xff"):
        await client.send(message)
        equal(await soon(client.recv()), '{"type":"error","error":"Invalid message format"}')
    await client.close()


@row("N12")
async def connects(gateway, vendor):
    client = await known(gateway)
    await silent(client)
    equal(vendor.arrived.qsize(), 0)
    await say(client, type="connect_realtime")
    upstream = await vendor.next()
    equal(target(upstream), ("/v1/realtime", [("model", "gpt-realtime")]))
    equal(upstream.request.headers["Authorization"], "Bearer " + KEY)
    equal(upstream.request.headers.get("OpenAI-Beta"), None)
    session = (await heard(upstream))["session"]
    equal((session["type"], session["audio"]["output"]["voice"]), ("realtime", "alloy"))
    await silent(upstream)
    await silent(client)
    await client.close()


@row("N13 instead")
async def connects_twice(gateway, vendor):
    client, upstream = await connected(gateway, vendor)
    await say(client, type="connect_realtime")
    equal(await soon(client.recv()), '{"type":"error","error":"Already connected"}')
    equal(vendor.arrived.qsize(), 0)
    await silent(upstream)
    await client.close()


@row("N14")
async def relays(gateway, vendor):
    client = await known(gateway)
    # Dropped, as there is nobody to have it.
    await say(client, type="session.update", session={})
    await silent(client)
    await say(client, type="connect_realtime")
    upstream = await vendor.next()
    equal((await heard(upstream))["session"]["type"], "realtime")
    await silent(upstream)
    for message in ('{"type":"input_audio_buffer.append","audio":"AAAA"}', '{"type":"response.create"}'):
        await client.send(message)
        equal(await soon(upstream.recv()), message)
        await client.send(message.encode())
        equal(await soon(upstream.recv()), message)
    for message in ('{"type":"session.created"}', '{"type":"response.output_audio.delta","delta":"' + "A" * 100_000 + '"}'):
        await upstream.send(message)
        equal(await soon(client.recv()), message)
    await client.close()


@row("N14 differs")
async def early(gateway, vendor):
    vendor.delay = 0.4
    client = await known(gateway)
    await say(client, type="connect_realtime")
    for index in range(5):
        await say(client, type="response.create", index=index)
    upstream = await vendor.next()
    vendor.delay = 0
    equal((await heard(upstream))["type"], "session.update")
    for index in range(5):
        equal(await heard(upstream), {"type": "response.create", "index": index})
    await upstream.send(b"\x00")
    equal(await soon(client.recv()), b"\x00")
    await client.close()


@row("N15")
async def upstream_goes(gateway, vendor):
    client, upstream = await connected(gateway, vendor)
    await upstream.close(1001, "session expired")
    equal(await soon(client.recv()), '{"type":"realtime_disconnected"}')
    await silent(client)
    await say(client, type="response.create")
    await silent(client)
    await say(client, type="connect_realtime")
    upstream = await vendor.next()
    equal((await heard(upstream))["type"], "session.update")
    upstream.transport.abort()
    equal(await soon(client.recv()), '{"type":"error","error":"OpenAI connection error"}')
    equal(await soon(client.recv()), '{"type":"realtime_disconnected"}')
    with vendor.refusing(401, "secret reason of the vendor"):
        await say(client, type="connect_realtime")
        equal(await soon(client.recv()), '{"type":"error","error":"OpenAI connection error"}')
        equal(await soon(client.recv()), '{"type":"realtime_disconnected"}')
    await client.close()


@row("N16")
async def answers_speech(gateway, vendor):
    client, upstream = await connected(gateway, vendor)
    message = '{"type":"input_audio_buffer.speech_stopped","audio_end_ms":100}'
    await upstream.send(message)
    equal(await heard(upstream), {"type": "response.create"})
    equal(await soon(client.recv()), message)
    await client.close()


@row("N17")
async def client_goes(gateway, vendor):
    client, upstream = await connected(gateway, vendor)
    await client.close(1000)
    await soon(upstream.wait_closed())


@row("N18", "N19", "N20")
async def pages(gateway, vendor):
    async def page(path):
        status, _, body = await gateway.http("GET", path)
        equal(status, 200)
        return json.loads(body)

    service = "DONNA WebSocket Server"
    health = await page("/health")
    datetime.fromisoformat(health.pop("timestamp").replace("Z", "+00:00"))
    features = {name: True for name in ("websocket_proxy", "origin_validation", "jwt_auth", "rate_limiting")}
    equal(health, {"status": "ok", "service": service, "websocket_proxy": True, "features": features})
    equal(
        await page("/"),
        {"status": "ok", "service": service, "message": "WebSocket server is running", "websocket_url": "/realtime"})
    equal(
        await page("/test"),
        {"message": "DONNA WebSocket Server is running!", "websocket_url": f"ws://127.0.0.1:{gateway.port}/realtime",
         "security_enabled": {"authentication": True, "origin_validation": True, "rate_limiting": True}})


@row("N22")
async def cross_origin(gateway, vendor):
    for path in ("/health", "/test", "/"):
        status, headers, _ = await gateway.http("GET", path, {"Origin": ORIGIN})
        equal((status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Credentials"]), (200, ORIGIN, "true"))
        status, headers, _ = await gateway.http("GET", path, {"Origin": "https://evil.example"})
        equal((status, headers["Access-Control-Allow-Origin"]), (200, None))
        equal((await gateway.http("GET", path))[0], 200)


@row("N21")
async def page_limit(gateway, vendor):
    # The rows before have asked for pages too.
    for _ in range(21):
        status, headers, _ = await gateway.http("GET", "/test")
        equal(headers["RateLimit-Limit"], "20")
        if status == 429:
            break
    equal((status, headers["RateLimit-Remaining"]), (429, "0"))
    holds(0 < int(headers["Retry-After"]) <= 60 and headers["RateLimit-Reset"], "no time to wait")
    holds(not any(name.startswith("X-RateLimit") for name in headers), "the old names")
    equal((await gateway.http("GET", "/health"))[0], 200)


if __name__ == "__main__":
    main()
