"""A page that is connected by `session.create`: rows R1 to R9. See rows.py."""

import json
import os
from datetime import datetime

from rows import equal, heard, main, row, silent, soon, target

PATH = "/openai-realtime"
KEY = os.environ["OPENAI_API_KEY"]
CREATE = '{"type":"session.create","session":{"voice":"alloy"}}'
LOST = '{"type":"error","error":{"message":"OpenAI connection lost. Please reconnect.","type":"connection_lost"}}'


async def connected(gateway, vendor):
    client = await gateway.open(PATH, origin="https://any.example")
    await client.send(CREATE)
    upstream = await vendor.next()
    equal(await soon(upstream.recv()), CREATE)
    return client, upstream


@row("R1", "R2")
async def connects(gateway, vendor):
    client = await gateway.open(PATH, origin="https://any.example")
    await silent(client)
    equal(vendor.opened, 0)
    await client.send(CREATE)
    upstream = await vendor.next()
    equal(target(upstream), ("/v1/realtime", [("model", "gpt-realtime")]))
    equal(upstream.request.headers["Authorization"], "Bearer " + KEY)
    equal(upstream.request.headers.get("OpenAI-Beta"), None)
    equal(await soon(upstream.recv()), CREATE)
    await client.close()


@row("R2")
async def first_of_all(gateway, vendor):
    # What comes while the vendor is dialled waits behind it.
    vendor.delay = 0.3
    client = await gateway.open(PATH)
    for message in (CREATE, '{"type":"first"}', b"\x01", '{"type":"third"}'):
        await client.send(message)
    upstream = await vendor.next()
    vendor.delay = 0
    for message in (CREATE, '{"type":"first"}', b"\x01", '{"type":"third"}'):
        equal(await soon(upstream.recv()), message)
    await client.close()


@row("R3", "R6 instead")
async def relays(gateway, vendor):
    client = await gateway.open(PATH)
    await client.send(b"\x00\x01")
    await silent(client)
    await client.send(CREATE)
    upstream = await vendor.next()
    equal(await soon(upstream.recv()), CREATE)
    await silent(upstream)
    for sender, receiver in ((client, upstream), (upstream, client)):
        for message in ('{"type":"response.create"}', b"\x00\x01", '{"type":"response.done"}', os.urandom(50_000)):
            await sender.send(message)
            equal(await soon(receiver.recv()), message)
    await client.close()


@row("R4")
async def unconnected(gateway, vendor):
    client = await gateway.open(PATH)
    for _ in range(3):
        await client.send('{"type":"input_audio_buffer.append","audio":""}')
        equal(await soon(client.recv()), LOST)
    await client.close()


@row("R5")
async def upstream_goes(gateway, vendor):
    client, upstream = await connected(gateway, vendor)
    await upstream.close(1001, "session expired")
    await silent(client)
    await client.send('{"type":"response.create"}')
    equal(await soon(client.recv()), LOST)
    await client.send(CREATE)
    upstream = await vendor.next()
    equal(await soon(upstream.recv()), CREATE)
    await upstream.send('{"type":"session.created"}')
    equal(await heard(client), {"type": "session.created"})
    await client.close()


@row("R5 instead")
async def upstream_errors(gateway, vendor):
    client = await gateway.open(PATH)
    with vendor.refusing(429, "secret reason of the vendor"):
        await client.send(CREATE)
        equal(
            await soon(client.recv()), '{"type":"error","error":{"message":"OpenAI connection error","type":"connection_error"}}')
    await client.send(CREATE)
    equal(await soon((await vendor.next()).recv()), CREATE)
    await client.close()


@row("R7")
async def client_goes(gateway, vendor):
    client, upstream = await connected(gateway, vendor)
    await client.close(1000)
    await soon(upstream.wait_closed())
    equal(upstream.close_code, 1000)


@row("R9")
async def pages(gateway, vendor):
    status, _, body = await gateway.http("GET", "/health")
    health = json.loads(body)
    datetime.fromisoformat(health.pop("timestamp").replace("Z", "+00:00"))
    equal((status, health), (200, {"status": "OK"}))
    status, _, body = await gateway.http("GET", "/")
    equal((status, json.loads(body)), (200, {"message": "Air Assist Backend Server is running!", "status": "OK"}))


if __name__ == "__main__":
    main()
