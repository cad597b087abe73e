"""The dashboard in a real browser, with sessions that come and go meanwhile."""

import asyncio
import contextlib
import json
import sys
import wave

from chromium import Chromium
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 120


def speech(file):
    """Pieces of 100 ms of a recording."""
    with wave.open(file) as recording:
        size = recording.getframerate() // 10
        return [recording.readframes(size) for _ in range(recording.getnframes() // size)], recording.getframerate()


async def speaks(gateway, file, route="/deepgram"):
    """A session that goes on until somebody closes it; the code it is closed with."""
    pieces, rate = speech(file)
    async with connect(f"ws://127.0.0.1:{gateway}{route}?encoding=linear16&sample_rate={rate}") as socket:
        with_answers = asyncio.create_task(listen(socket))
        with contextlib.suppress(ConnectionClosed):
            while True:
                for piece in pieces:
                    await socket.send(piece)
                    await asyncio.sleep(0.1)
        await with_answers
        return socket.close_code


async def listen(socket):
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass


def said(chart):
    """What a chart shows, in words."""
    return f"(document.querySelectorAll('canvas')[{chart}].getAttribute('aria-label') ?? '')"


async def settle(page):
    await page.until("document.getElementById('state').textContent === 'live'")


async def numbers(gateway, admin, file):
    """Moving numbers under load, a session closed by its button, a route switched off and on."""
    sessions = [asyncio.create_task(speaks(gateway, file)) for _ in range(3)]
    async with Chromium() as browser:
        for address in ["", "dashboard"]:
            page = await browser.open(f"http://127.0.0.1:{admin}/{address}")
            await settle(page)
        tile = lambda name: f"document.querySelector('[data-name=\"{name}\"] dd').textContent"
        await page.until(f"{tile('sessions open')} === '3'")
        await page.until("parseFloat(document.querySelector('[data-name=\"messages a second\"] dd').textContent) > 10")
        await page.until("document.querySelectorAll('#sessions tbody .action button').length === 3")
        # What the charts show is said in words as well, and is drawn.
        await page.until(f"{said(0)}.includes('/deepgram: 3')")
        # Nobody has closed anything: audio counts while it passes. Three speak, each a second a second.
        await page.until(f"/to vendors: [23](\\.\\d+)?,/.test({said(3)})")
        before = await page.run("document.querySelectorAll('canvas')[4].toDataURL()")
        await page.until(f"document.querySelectorAll('canvas')[4].toDataURL() !== {json.dumps(before)}")
        await page.until("document.querySelector('#events tbody').textContent.includes('WS_CONNECTION_ESTABLISHED')")
        await page.until("document.querySelector('#upstreams tbody').textContent.includes('deepgram.listen')")

        await page.run("document.querySelector('#sessions .action button').click()")
        await page.until("document.getElementById('notice').textContent.includes('is being closed')")
        done, _ = await asyncio.wait(sessions, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1, "no session was closed"
        assert (code := done.pop().result()) == 1008, code
        await page.until(f"{tile('sessions open')} === '2'")

        switch = "document.querySelector('#routes .action button')"
        await page.run(f"{switch}.click()")
        await page.until("document.querySelector('#routes tbody').textContent.includes('off by admin')")
        try:
            await connect(f"ws://127.0.0.1:{gateway}/deepgram")
            raise AssertionError("the route is on")
        except Exception as error:
            assert "503" in str(error), error
        await page.run(f"{switch}.click()")
        await page.until("document.querySelector('#routes tbody').textContent.includes('on')")
        await page.until("document.querySelector('#events tbody').textContent.includes('BLOCKED_FEATURE_DISABLED')")
        assert page.problems == [], page.problems

        narrow = await browser.open(f"http://127.0.0.1:{admin}/", width=360, dark=True)
        await settle(narrow)
        assert await narrow.run("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone"
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)


PARTS = """(async () => {
  const wrong = [];
  const is = (name, found, wanted) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push(`${name}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  const {parse, total, by, buckets, quantile} = await import("/dashboard/prometheus.js");
  const {History} = await import("/dashboard/history.js");
  const {short} = await import("/dashboard/elements.js");
  const page = parse('# HELP a b\\n# TYPE a counter\\na{r="1"} 3\\na{r="2",s="x\\\\"y"} 4\\nh_bucket{le="1"} 5\\nh_bucket{le="2"} 10\\nh_bucket{le="+Inf"} 10\\nb 1e3\\n');
  is("sum", total(page, "a"), 7);
  is("one", total(page, "a", {s: 'x"y'}), 4);
  is("none", total(page, "c"), 0);
  is("by", [...by(page, "a", "r")], [["1", 3], ["2", 4]]);
  is("median", quantile(0.5, [], buckets(page, "h")), 1);
  is("95 %", quantile(0.95, [], buckets(page, "h")), 1.9);
  is("nothing grew", quantile(0.5, buckets(page, "h"), buckets(page, "h")), null);
  const history = new History();
  history.add(parse("voxgate_sessions_opened_total 5\\nx 10\\n"), 0);
  history.add(parse("voxgate_sessions_opened_total 5\\nx 30\\n"), 2);
  is("rate", history.rate("x"), [[2, 10]]);
  history.add(parse("voxgate_sessions_opened_total 5\\nx 31\\n"), 3);
  is("rate of five seconds", history.rate("x", {}, 5), [[2, 10], [3, 7]]);
  history.add(parse("voxgate_sessions_opened_total 1\\nx 1\\n"), 4);
  is("another process", [history.rate("x"), history.gauge("x")], [[], [[4, 1]]]);
  is("numbers", [0, 5, 0.5, 12.34, 999.6, 1500, 2.5e6].map(value => short(value, "B")),
    ["0 B", "5 B", "0.5 B", "12 B", "1000 B", "1.5 kB", "2.5 MB"]);
  is("times", [0, 0.0123, 1.5, 7500].map(value => short(value, "s")), ["0 s", "12 ms", "1.5 s", "7500 s"]);
  return wrong;
})()"""


async def login(gateway, admin, token):
    """With an admin token the page itself is open, and everything in it wants the token."""
    async with Chromium() as browser:
        page = await browser.open(f"http://127.0.0.1:{admin}/")
        await page.until("document.getElementById('state').textContent === 'token needed'")
        assert await page.run(PARTS) == []
        for given in ["wrong", token]:
            await page.run(f"document.getElementById('token').value = {json.dumps(given)}")
            await page.run("document.querySelector('#login button').click()")
            if given != token:
                await page.until("document.getElementById('login-note').textContent === 'The token was refused.'")
        await settle(page)
        assert await page.run("document.getElementById('login').hidden")
        await page.until(f"{said(3)} === 'Audio, seconds a second: No session yet whose route looks at audio.'")
        await page.until(f"{said(8)} === 'From the end of a turn to the answer: median: –, 95 %: –'")
        assert token not in await page.run("document.documentElement.outerHTML")
        await page.send("Page.reload")
        await asyncio.sleep(0.5)
        await settle(page)


if __name__ == "__main__":
    _, story, *arguments = sys.argv
    asyncio.run(asyncio.wait_for(globals()[story](*arguments), PATIENCE))
