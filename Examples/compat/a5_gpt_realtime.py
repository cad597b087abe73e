"""A page with a short-lived token in its socket's URL: rows E1 to E9. See rows.py."""

import asyncio
import base64
import json
import os
import re
from datetime import datetime, timedelta, timezone

from rows import closing, equal, heard, holds, main, row, soon, target

ORIGIN = "http://localhost:4200"
WS = "/api/realtime/ws"
KEY = os.environ["OPENAI_API_KEY"]


async def fetch(gateway, path="/api/token"):
    status, _, body = await gateway.http("GET", path, {"Origin": ORIGIN})
    equal(status, 200)
    return json.loads(body)["token"]


async def session(gateway, vendor, token, path=WS):
    client = await gateway.open(f"{path}?token={token}", origin=ORIGIN)
    upstream = await vendor.next()
    equal((await heard(upstream))["type"], "session.update")
    return client, upstream


@row("E1")
async def tokens(gateway, vendor):
    before = datetime.now(timezone.utc)
    status, headers, body = await gateway.http("GET", "/api/token", {"Origin": ORIGIN})
    answer = json.loads(body)
    equal((status, sorted(answer)), (200, ["expiresAt", "token"]))
    holds(re.fullmatch(r"[A-Za-z0-9_-]{43}", answer["token"]), answer["token"])
    equal(len(base64.urlsafe_b64decode(answer["token"] + "=")), 32)
    holds(answer["expiresAt"].endswith("Z"), answer["expiresAt"])
    lifetime = datetime.fromisoformat(answer["expiresAt"].replace("Z", "+00:00")) - before
    holds(timedelta(seconds=298) < lifetime < timedelta(seconds=310), lifetime)
    equal(headers["Cache-Control"], "no-store")
    holds(answer["token"] != await fetch(gateway), "the same token twice")


@row("E2 instead")
async def single_use(gateway, vendor):
    token = await fetch(gateway)
    client, _ = await session(gateway, vendor, token)
    equal((await gateway.refused(f"{WS}?token={token}", origin=ORIGIN)).status_code, 401)
    await client.close()
    equal((await gateway.refused(f"{WS}?token={token}", origin=ORIGIN)).status_code, 401)


@row("E2")
async def reusable(gateway, vendor):
    token = await fetch(gateway, "/api/reusable-token")
    for _ in range(3):
        client, _ = await session(gateway, vendor, token, "/api/realtime/reusable")
        await client.close()


@row("E3")
async def refused(gateway, vendor):
    for query in ("", "?token=", "?token=unknown", "?token=" + "A" * 43):
        equal((await gateway.refused(WS + query, origin=ORIGIN)).status_code, 401)
    token = await fetch(gateway, "/api/brief-token")
    await asyncio.sleep(10.5)
    equal((await gateway.refused(f"/api/realtime/brief?token={token}", origin=ORIGIN)).status_code, 401)
    equal(vendor.arrived.qsize(), 0)


@row("E3 differs")
async def plain(gateway, vendor):
    equal((await gateway.http("GET", WS))[0], 426)


@row("E4")
async def raw_tokens(gateway, vendor):
    # Nothing in base64url needs encoding, so what the page leaves out does no harm.
    for _ in range(30):
        client, _ = await session(gateway, vendor, await fetch(gateway))
        await client.close()


@row("E5")
async def cross_origin(gateway, vendor):
    for origin in ("http://localhost:4200", "https://localhost:4200"):
        for method in ("OPTIONS", "GET"):
            status, headers, _ = await gateway.http(method, "/api/token", {"Origin": origin, "Access-Control-Request-Method": "GET"})
            equal(status, 200)
            equal(headers["Access-Control-Allow-Origin"], origin)
            equal(headers["Access-Control-Allow-Credentials"], "true")
    status, headers, _ = await gateway.http("OPTIONS", "/api/token", {"Origin": "http://localhost:4201"})
    equal((status, headers["Access-Control-Allow-Origin"]), (403, None))


@row("E6")
async def upstream(gateway, vendor):
    client = await gateway.open(f"{WS}?token={await fetch(gateway)}", origin=ORIGIN)
    upstream = await vendor.next()
    equal(target(upstream), ("/v1/realtime", [("model", "gpt-realtime")]))
    equal(upstream.request.headers["Authorization"], "Bearer " + KEY)
    # The vendor closes sockets that still send it.
    equal(upstream.request.headers.get("OpenAI-Beta"), None)
    update = await heard(upstream)
    equal(update["type"], "session.update")
    audio = update["session"]["audio"]
    equal((audio["input"]["format"], audio["output"]["format"]), ({"type": "audio/pcm", "rate": 24000},) * 2)
    equal(
        audio["input"]["turn_detection"],
        {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500})
    await client.close()


@row("E7 instead", "E9")
async def relays(gateway, vendor):
    client, upstream = await session(gateway, vendor, await fetch(gateway))
    for size in (10, 4_095, 8_193, 200_000):
        chunk = base64.b64encode(os.urandom(size)).decode()
        message = json.dumps({"type": "input_audio_buffer.append", "audio": chunk})
        await client.send(message)
        equal(await soon(upstream.recv()), message)
        message = json.dumps({"type": "response.output_audio.delta", "delta": chunk})
        await upstream.send(message)
        equal(await soon(client.recv()), message)
    await client.close(1000, "Session ended")
    equal(await closing(upstream), (1000, "Session ended"))


if __name__ == "__main__":
    main()
