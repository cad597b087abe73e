"""Takes the pictures of the playground and the dashboard: `.build/venv/bin/python Docs/images/take.py [.build/release/voxgate]`.

Starts a gateway whose vendors are their simulators, gives it sessions for a while, and looks at it with a headless Chromium.
"""

import asyncio
import contextlib
import os
import pathlib
import random
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "Tests/GatewayTests/Clients"))

from chromium import Chromium
from dashboard import speaks
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

SPEECH = str(ROOT / "Examples/audio/booking.wav")
TABLE = """
version: 1
listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
tiers: {standard: {concurrent: {ip: 200}}}
upstreams:
  deepgram: {vendor: deepgram.listen, query: {defaults: {model: nova-3}}}
  agent: {vendor: deepgram.agent}
  openai: {vendor: openai.realtime}
defaults: {authentication: none, origins: ["*"], tier: standard, audio: {policy: warn}}
routes:
  /deepgram-proxy: {upstream: deepgram}
  /deepgram-agent: {upstream: agent}
  /openai-realtime: {upstream: openai}
  /members: {upstream: openai, authentication: [app]}
"""
SECONDS = 130


async def gateway(stack, binary):
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    table = pathlib.Path(folder, "upstreams.yaml")
    table.write_text(TABLE)
    process = await asyncio.create_subprocess_exec(
        binary, "serve", "--config", table, "--simulate", "all", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"JWT_SECRET": "of the pictures, and of nothing else"})

    async def end():
        process.terminate()
        await process.communicate()

    ports = {}
    while len(ports) < 2:
        line = (await process.stdout.readline()).decode()
        assert line, "the gateway did not start"
        if found := re.search(r'"message":"(admin )?listening".*"port":(\d+)', line):
            ports["admin" if found[1] else "clients"] = int(found[2])
    # Its log has to go somewhere.
    reader = asyncio.create_task(process.stdout.read())
    stack.push_async_callback(end)
    stack.callback(reader.cancel)
    return ports["clients"], ports["admin"]


async def calls(binary, port, route):
    """One call after the other, with pauses."""
    while True:
        await asyncio.sleep(random.uniform(0, 6))
        process = await asyncio.create_subprocess_exec(
            binary, "call", f"ws://127.0.0.1:{port}{route}", SPEECH, "--config", "/none", "--vendor",
            {"/deepgram-agent": "deepgram.agent", "/openai-realtime": "openai.realtime"}[route], "--out", "/dev/null",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()


async def listens(port):
    """Sessions of some length, one after the other."""
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(speaks(port, SPEECH, "/deepgram-proxy"), random.uniform(15, 60))
        await asyncio.sleep(random.uniform(0, 8))


async def strangers(port):
    while True:
        with contextlib.suppress(InvalidStatus):
            await connect(f"ws://127.0.0.1:{port}/members?token=wrong")
        await asyncio.sleep(random.uniform(4, 9))


async def picture(page, name):
    path = ROOT / "Docs/images" / name
    await page.screenshot(path)
    # Flat colours need no more than a palette.
    palette = "split[a][b];[a]palettegen=max_colors=128:reserve_transparent=0[p];[b][p]paletteuse=dither=none"
    process = await asyncio.create_subprocess_exec("ffmpeg", "-v", "error", "-y", "-i", path, "-vf", palette, f"{path}.png")
    assert await process.wait() == 0, "ffmpeg failed"
    os.replace(f"{path}.png", path)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


async def main(binary):
    async with contextlib.AsyncExitStack() as stack:
        port, admin = await gateway(stack, binary)
        browser = await stack.enter_async_context(Chromium(SPEECH))
        jobs = [asyncio.create_task(listens(port)) for _ in range(7)] + [asyncio.create_task(strangers(port))]
        for route in ["/deepgram-agent", "/openai-realtime"]:
            jobs += [asyncio.create_task(calls(binary, port, route)) for _ in range(2)]
        stack.callback(lambda: [job.cancel() for job in jobs])
        dashboard = await browser.open(f"http://127.0.0.1:{admin}/", width=1400)
        dark = await browser.open(f"http://127.0.0.1:{admin}/", width=1400, dark=True)

        page = await browser.open(f"http://localhost:{port}/#/openai-realtime", width=1200)
        await page.until("document.body.dataset.session === 'idle'")
        await page.run("document.getElementById('sample').click()")
        await page.until("Number(document.getElementById('out').getAttribute('aria-valuenow')) > -40", 60)
        await asyncio.sleep(2.5)
        await page.run("document.querySelector('#events .down details').open = true; document.getElementById('events').scrollTop = 0")
        await picture(page, "playground.png")

        phone = await browser.open(f"http://localhost:{port}/#/deepgram-proxy", width=390, height=844, dark=True)
        await phone.until("document.body.dataset.session === 'idle'")
        await phone.run("document.getElementById('speak').click()")
        await phone.until("document.querySelector('#words .client')", 60)
        await asyncio.sleep(4)
        await picture(phone, "playground-phone.png")
        await phone.run("document.getElementById('stop').click()")

        refused = await browser.open(f"http://localhost:{port}/#/members", width=1200)
        await refused.until("document.body.dataset.session === 'idle'")
        await refused.run("document.getElementById('token').value = 'wrong'; document.getElementById('token').oninput()")
        await refused.run("document.getElementById('sample').click()")
        await refused.until("document.body.dataset.session === 'closed' && !document.getElementById('end').hidden")
        await picture(refused, "playground-refused.png")

        await asyncio.sleep(SECONDS - 40)
        await picture(dashboard, "dashboard.png")
        await picture(dark, "dashboard-dark.png")


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/release/voxgate")))
