#!/usr/bin/env python3
"""Resident memory of idle sessions whose client compresses, per setting of the route. Needs the Python package `websockets`."""
import argparse
import asyncio
import logging
import subprocess
import tempfile
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

HERE = Path(__file__).resolve().parent
SETTINGS = {
    "not compressed": None,
    "12 bits, no takeover (default)": "window_bits: 12",
    "9 bits, takeover": "window_bits: 9, context_takeover: true",
    "12 bits, takeover": "window_bits: 12, context_takeover: true",
    "15 bits, takeover": "window_bits: 15, context_takeover: true",
}
EVENT = '{"type":"response.output_audio_transcript.delta","delta":"%d"}'


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def session(url, compresses):
    """An open session that has said something in both directions."""
    connection = await connect(url, ping_interval=None, compression="deflate" if compresses else None)
    for number in range(3):
        message = EVENT % number * 40
        await connection.send(message)
        assert await connection.recv() == message
    return connection


def resident(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


async def measure(gateway, compression, count, folder, port):
    """Kilobytes for each of `count` sessions, after as many that set the process up."""
    route = "" if compression is None else f", compression: {{client: on, {compression}}}"
    config = Path(folder) / "upstreams.yaml"
    config.write_text(f"""version: 1
listeners: [{{address: "127.0.0.1:18090"}}]
upstreams: {{echo: {{url: "ws://127.0.0.1:{port}"}}}}
routes: {{/echo: {{upstream: echo, authentication: none{route}}}}}
""")
    process = subprocess.Popen([gateway, "serve", "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await asyncio.sleep(2)
        before, sessions = 0, []
        for _ in range(2):
            before = resident(process)
            sessions += [await session("ws://127.0.0.1:18090/echo", compression is not None) for _ in range(count)]
            await asyncio.sleep(5)  # What the openings left is given back every two seconds.
        return (resident(process) - before) / count
    finally:
        process.kill()
        process.wait()


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", default=HERE.parent / ".build/release/voxgate", metavar="PATH", help="the voxgate binary")
    parser.add_argument("--sessions", type=int, default=300)
    chosen = parser.parse_args()
    logging.disable()  # The sessions end with the gateway.
    async with serve(echo, "127.0.0.1", 0, ping_interval=None, compression=None) as server:
        with tempfile.TemporaryDirectory() as folder:
            for name, compression in SETTINGS.items():
                port = server.sockets[0].getsockname()[1]
                print(f"{name:32} {await measure(chosen.gateway, compression, chosen.sessions, folder, port):7.1f} KB", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
