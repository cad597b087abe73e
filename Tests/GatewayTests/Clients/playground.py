"""The playground in a real browser: what somebody does with it, and what has to be there then."""

import asyncio
import json
import sys

from chromium import Chromium
from firefox import Firefox

PATIENCE = 150


def text(name):
    return f"document.getElementById('{name}').textContent"


async def opened(browser, gateway, route, **options):
    """The page with a route chosen."""
    # A test that says nothing for long is taken to hang.
    print(route, flush=True)
    page = await browser.open(f"http://localhost:{gateway}/#{route}", **options)
    await page.until("document.body.dataset.session === 'idle'")
    assert (await page.run(text("about"))), "nothing is said of the route"
    return page


async def ended(page):
    await page.until("document.body.dataset.session === 'closed' && !document.getElementById('end').hidden", 60)
    return {name: await page.run(text(name)) for name in [
        "end-title", "end-text", "end-advice", "opened", "ready", "transcript-time", "audio-time", "sent-time", "heard-time", "words"]}


async def press(page, name):
    assert not await page.run(f"document.getElementById('{name}').disabled"), f"{name} cannot be pressed"
    await page.run(f"document.getElementById('{name}').click()")


def milliseconds(value):
    return float(value.removesuffix(" ms")) if value.endswith(" ms") else float(value.removesuffix(" s")) * 1000


def times(shown, *names):
    for name in names:
        assert 0 <= milliseconds(shown[name]) < 60_000, f"{name}: {shown}"


# The loudest that each meter has said, since what it says lasts for half a second.
LOUDEST = """(() => {
  window.loudest ??= {};
  for (const id of ["in", "out"]) {
    const meter = document.getElementById(id);
    window.loudest[id] = -60;
    new MutationObserver(() => { window.loudest[id] = Math.max(window.loudest[id], Number(meter.getAttribute("aria-valuenow"))); })
      .observe(meter, {attributes: true, attributeFilter: ["aria-valuenow"]});
  }
})()"""


async def speaks(page, route, answers):
    """The sample speech, to its regular end."""
    await page.run(LOUDEST)
    await press(page, "sample")
    await page.until("document.body.dataset.session === 'talking'")
    assert await page.run("document.getElementById('stop').disabled") is False
    print(f"{route} talks", flush=True)
    await page.until("document.querySelector('#words .client')")
    await page.until("window.loudest.in > -40")
    if answers:
        await page.until("window.loudest.out > -40")
    shown = await ended(page)
    assert shown["end-title"] == "Closed with 1000: normal end", f"{route}: {shown}"
    times(shown, "opened", "ready", "transcript-time", "sent-time")
    assert float(shown["sent-time"].removesuffix(" s")) >= 8, shown
    if answers:
        times(shown, "audio-time")
        assert float(shown["heard-time"].removesuffix(" s")) > 1, shown
        assert await page.run("document.querySelector('#words .vendor')") is not None, shown
    else:
        assert shown["audio-time"] == "–" and shown["heard-time"] == "–", shown
    # Messages are text, and only made when looked at.
    assert await page.run("document.querySelectorAll('#events li').length") > 3
    assert await page.run("document.querySelectorAll('#events pre').length") == 0
    unfolded = "(async () => { const it = document.querySelector('#events .down details'); it.open = true; " \
        "await new Promise(done => it.addEventListener('toggle', done, {once: true})); " \
        "return it.querySelector('pre').textContent; })()"
    assert json.loads(await page.run(unfolded)), "a message is no JSON"
    assert page.problems == [], page.problems


async def sample(gateway):
    async with Chromium() as browser:
        pages = [await opened(browser, gateway, route) for route in ["/deepgram", "/openai", "/agent", "/telephone"]]
        await asyncio.gather(
            speaks(pages[0], "/deepgram", False), speaks(pages[1], "/openai", True), speaks(pages[2], "/agent", True),
            speaks(pages[3], "/telephone", False))


async def microphone(gateway, speech):
    async with Chromium(speech) as browser:
        page = await opened(browser, gateway, "/openai")
        await press(page, "speak")
        await page.until("document.querySelector('#words .client')", 60)
        await page.until(f"{text('audio-time')} !== '–'")
        await press(page, "stop")
        shown = await ended(page)
        assert shown["end-title"] == "Closed with 1000: normal end", shown
        times(shown, "opened", "ready", "transcript-time", "audio-time")
        assert page.problems == [], page.problems
    async with Chromium() as browser:
        page = await opened(browser, gateway, "/deepgram")
        await press(page, "speak")
        shown = await ended(page)
        assert shown["end-title"] == "Not started" and "microphone" in shown["end-text"], shown


async def tokens(gateway):
    async with Chromium() as browser:
        rows = [
            ("/jwt", "", "Refused: Authentication required", "HTTP 401"), ("/jwt", "wrong", "Refused: Invalid or expired token", "HTTP 401"),
            ("/closing", "", "Refused: Authentication required", "closed with 1008"),
            ("/closing", "no/token+text=", "Refused: Invalid or expired token", "closed with 1008"),
            ("/inside", "wrong", "Closed with 4003 “Authentication failed”", "the credential in the message was refused"),
            ("/gone", None, "Refused: Upstream could not be reached", "HTTP 502"),
        ]
        for route, token, title, reason in rows:
            page = await opened(browser, gateway, route)
            if token is not None:
                await page.run(f"document.getElementById('token').value = {json.dumps(token)}")
            await press(page, "sample")
            shown = await ended(page)
            assert shown["end-title"] == title and reason in shown["end-text"], f"{route} {token}: {shown}"
            assert shown["end-advice"].startswith("Try again"), shown
        for route in ["/jwt", "/ticket", "/closing", "/inside"]:
            page = await opened(browser, gateway, route)
            await press(page, "mint")
            await page.until("document.getElementById('token').value")
            await press(page, "sample")
            await page.until("document.body.dataset.session === 'talking'")
            await press(page, "stop")
            shown = await ended(page)
            assert shown["end-title"] == "Closed with 1000: normal end", f"{route}: {shown}"
            token = await page.run("document.getElementById('token').value")
            assert token not in await page.run("document.body.innerText"), "the token is shown"
        page = await opened(browser, gateway, "/foreign")
        assert "origins" in await page.run(text("caution")) and await page.run("document.getElementById('sample').disabled")
        page = await opened(browser, gateway, "/off")
        assert await page.run(text("caution")) == "The route is switched off."


async def layout(gateway):
    """On a phone and on a desk, light and dark: nothing runs out of the page, everything has a name."""
    async with Chromium() as browser:
        for width, dark in [(360, False), (360, True), (1280, False)]:
            page = await opened(browser, gateway, "/openai", width=width, dark=dark)
            assert await page.run("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"
            nameless = "[...document.querySelectorAll('input, select, button')].filter(it => !it.labels?.length && " \
                "!it.ariaLabel && !it.textContent.trim()).map(it => it.id)"
            assert await page.run(nameless) == []
            assert page.problems == [], page.problems
        # The content policy holds: what a page of others could slip in does not run.
        await page.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
        await asyncio.sleep(0.3)
        assert await page.run("window.ran") is None
        assert any("Content Security Policy" in problem or "onerror" in problem for problem in page.problems), page.problems


PARTS = """(async () => {
  const wrong = [];
  const is = (name, found, wanted) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push(`${name}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  const {encode, decode, encodeMulaw, decodeMulaw, encodeAlaw, decodeAlaw, toBase64, fromBase64} = await import("/playground/samples.js");
  const {valuesAt, matches, put, render, Memory} = await import("/playground/message.js");
  const {Resampler} = await import("/playground/resampler.js");
  const {explain} = await import("/playground/closes.js");

  // G.711: every code is one that its own sample is written as; mu-law has two zeros.
  for (let code = 0; code < 256; code += 1) {
    is(`mulaw ${code}`, encodeMulaw(decodeMulaw(code)), code === 0x7F ? 0xFF : code);
    is(`alaw ${code}`, encodeAlaw(decodeAlaw(code)), code);
  }
  is("mulaw of ITU-T G.191", [0, 1000, -1000, 32767, -32768].map(encodeMulaw), [0xFF, 0xCE, 0x4E, 0x80, 0x00]);
  is("alaw of ITU-T G.191", [0, 1000, -1000, 32767, -32768].map(encodeAlaw), [0xD5, 0xFA, 0x7A, 0xAA, 0x2A]);
  is("pcm16", [...encode(Float32Array.of(0, 1, -1, 2), {encoding: "pcm_s16le", channels: 1})], [0, 0, 255, 127, 1, 128, 255, 127]);
  is("two channels", encode(Float32Array.of(0, 0), {encoding: "pcm_s16be", channels: 2}).length, 8);
  for (const encoding of ["pcm_s8", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "mulaw", "alaw"]) {
    const [back] = decode(encode(Float32Array.of(0.5), {encoding, channels: 1}), {encoding, channels: 1});
    if (Math.abs(back - 0.5) > 0.02) wrong.push(`${encoding}: ${back}`);
  }
  is("base64", toBase64(Uint8Array.of(0, 255, 254)), "AP/+");
  is("base64 for URLs", [...fromBase64("AP_-")], [0, 255, 254]);
  is("no base64", fromBase64("?"), null);

  // What is below half of the new rate stays as it is, what is above goes.
  for (const [tone, wanted] of [[1000, 1], [10_000, 0]]) {
    const resampler = new Resampler(48_000, 16_000);
    const out = [];
    for (let block = 0; block < 48; block += 1) {
      out.push(...resampler.process(Float32Array.from({length: 1000}, (_, index) => Math.sin(2 * Math.PI * tone * (block * 1000 + index) / 48_000))));
    }
    const peak = Math.max(...out.slice(1000, 15_000));
    if (Math.abs(peak - wanted) > 0.01 || Math.abs(out.length - 16_000) > 40) wrong.push(`${tone} Hz: ${peak}, ${out.length}`);
  }

  is("path", valuesAt(["a", "*", "b"], {a: [{b: 1}, {b: null}, 2]}), [1, null]);
  is("put", put({type: "x"}, ["a", 0, "b"], 5), {type: "x", a: [{b: 5}]});
  const match = (test, value) => matches([{path: ["v"], test, value}], {v: 1});
  is("tests", [match("equals", 1), match("not", 1), match("exists", true), match("nonzero", null), match("one_of", [2, 1]), match("prefix", "1")],
    [true, false, true, true, true, false]);
  is("nothing is null", matches([{path: ["none"], test: "equals", value: null}], {}), true);
  is("template", render({json: {a: "{x}", b: "n{x}", c: "{none}"}}, name => name === "x" ? 7 : undefined), '{"a":7,"b":"n7","c":null}');
  const memory = new Memory({id: {of: "vendor", path: ["session", "id"]}});
  is("too early", memory.text({json: {id: "{id}"}}), null);
  memory.note("client", {session: {id: "mine"}});
  memory.note("vendor", {session: {id: "theirs"}});
  memory.noteBinary();
  is("memory", memory.text({json: {id: "{id}", pieces: "{binary_messages}"}}), '{"id":"theirs","pieces":1}');

  const codes = [{code: 1011, reason: "NET", class: "client", meaning: "no audio came"}];
  const said = async close => (({title, text}) => `${title} / ${text}`)(await explain({wasOpen: true, wasReady: true, codes, ...close}));
  is("vendor's", await said({code: 1011, reason: "NET-0001"}), "Closed with 1011 “NET-0001”: internal error / The vendor: no audio came.");
  const idle = await said({code: 1001, reason: "Client idle"});
  if (!idle.includes("The gateway: nothing came from the client")) wrong.push(idle);
  const rule = await said({code: 1007, reason: "audio rejected: partial_sample"});
  if (!rule.includes("The gateway: audio.policy: reject")) wrong.push(rule);
  is("unknown", await said({code: 4711, reason: ""}), "Closed with 4711 / The vendor closed; what its code means is not in the catalogue.");
  return wrong;
})()"""


async def parts(gateway):
    """The scripts' parts by themselves."""
    async with Chromium() as browser:
        page = await opened(browser, gateway, "/openai")
        assert await page.run(PARTS) == []


async def firefox(gateway):
    print("firefox", flush=True)
    async with Firefox() as browser:
        page = await opened(browser, gateway, "/openai")
        await speaks(page, "/openai", True)
        page = await opened(browser, gateway, "/jwt")
        await page.run("document.getElementById('token').value = 'wrong'")
        await press(page, "sample")
        shown = await ended(page)
        assert shown["end-title"] == "Refused: Invalid or expired token", shown


if __name__ == "__main__":
    _, story, *arguments = sys.argv
    asyncio.run(asyncio.wait_for(globals()[story](*arguments), PATIENCE))
