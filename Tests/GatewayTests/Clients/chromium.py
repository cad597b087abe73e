"""A headless Chromium, spoken to over its DevTools protocol."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import tempfile

from websockets.asyncio.client import connect

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio", "--hide-scrollbars",
    # Several pages at once: none of them is in the background.
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", "--force-color-profile=srgb",
]


class Chromium(contextlib.AsyncExitStack):
    """`speech`: a WAV file that its microphone hears once, then silence; without one there is no microphone."""

    def __init__(self, speech=None):
        super().__init__()
        self.flags = FLAGS[:]
        if speech:
            self.flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={speech}%noloop"]
        self.answers, self.sessions, self.numbers = {}, {}, itertools.count(1)

    async def __aenter__(self):
        await super().__aenter__()
        profile = tempfile.mkdtemp(prefix="chromium-")
        self.callback(shutil.rmtree, profile, ignore_errors=True)
        self.process = await asyncio.create_subprocess_exec(
            "chromium", *self.flags, f"--user-data-dir={profile}", "about:blank", stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL)
        self.push_async_callback(self.end)
        port, path = await self.address(f"{profile}/DevToolsActivePort")
        self.socket = await self.enter_async_context(connect(f"ws://127.0.0.1:{port}{path}", max_size=None, ping_interval=None))
        reader = asyncio.create_task(self.read())
        self.callback(reader.cancel)
        return self

    async def address(self, file):
        while True:
            if os.path.exists(file) and len(lines := open(file).read().split()) == 2:
                return lines
            assert self.process.returncode is None, f"chromium ended with {self.process.returncode}"
            await asyncio.sleep(0.05)

    async def end(self):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self.answers.pop(message["id"]).set_result(message)
            elif page := self.sessions.get(message.get("sessionId")):
                page.happened(message["method"], message["params"])

    async def send(self, method, session=None, **parameters):
        number = next(self.numbers)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters}
        await self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        message = await answer
        assert "error" not in message, f"{method}: {message['error']}"
        return message["result"]

    async def open(self, url, width=1280, height=900, dark=False):
        """A page on which everything has been loaded."""
        target = (await self.send("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = self.sessions[session] = ChromiumPage(self, session)
        for domain in ["Page", "Runtime", "Log"]:
            await page.send(f"{domain}.enable")
        await page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await page.send("Emulation.setEmulatedMedia", features=[scheme])
        await page.send("Page.navigate", url=url)
        await page.until("document.readyState === 'complete'")
        return page


class ChromiumPage:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        # What a page that works does not have: exceptions, errors on its console, and what its content policy forbade.
        self.problems = []

    def happened(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            self.problems.append(parameters["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.problems.append(str(parameters["args"]))

    async def send(self, method, **parameters):
        return await self.browser.send(method, self.session, **parameters)

    async def run(self, script):
        """The value of an expression, or of what it promises."""
        result = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in result, f"{script}: {result['exceptionDetails']}"
        return result["result"].get("value")

    async def until(self, condition, seconds=30):
        """Waits until an expression is true."""
        for _ in range(int(seconds * 20)):
            if await self.run(f"Boolean({condition})"):
                return
            await asyncio.sleep(0.05)
        shown = await self.run("document.body.innerText")
        raise AssertionError(f"never: {condition}; problems: {self.problems}; the page shows:\n{shown}")

    async def screenshot(self, path, whole=True):
        picture = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
