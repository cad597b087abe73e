"""A headless Firefox, spoken to over WebDriver BiDi."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import tempfile

from websockets.asyncio.client import connect

# A microphone that hears a tone, and sound without a click.
PREFERENCES = {
    "media.navigator.streams.fake": True, "media.navigator.permission.disabled": True, "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0, "browser.shell.checkDefaultBrowser": False, "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False, "toolkit.telemetry.enabled": False, "browser.startup.homepage_override.mstone": "ignore",
}


class Firefox(contextlib.AsyncExitStack):
    def __init__(self):
        super().__init__()
        self.answers, self.pages, self.numbers = {}, {}, itertools.count(1)

    async def __aenter__(self):
        await super().__aenter__()
        profile = tempfile.mkdtemp(prefix="firefox-")
        self.callback(shutil.rmtree, profile, ignore_errors=True)
        with open(f"{profile}/user.js", "w") as file:
            file.writelines(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
        # Whoever starts this program may have blocked signals, as threads of test runners do: with them Firefox neither works nor ends.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        self.process = await asyncio.create_subprocess_exec(
            "firefox-esr", "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=os.environ | {"HOME": profile})
        self.push_async_callback(self.end)
        port = await self.port(f"{profile}/WebDriverBiDiServer.json")
        self.socket = await self.enter_async_context(connect(f"ws://127.0.0.1:{port}/session", max_size=None, ping_interval=None))
        reader = asyncio.create_task(self.read())
        self.callback(reader.cancel)
        await self.send("session.new", capabilities={})
        await self.send("session.subscribe", events=["log.entryAdded"])
        return self

    async def port(self, file):
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError):
                return json.load(open(file))["ws_port"]
            assert self.process.returncode is None, f"firefox ended with {self.process.returncode}"
            await asyncio.sleep(0.1)

    async def end(self):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            if message.get("id") in self.answers:
                self.answers.pop(message["id"]).set_result(message)
            elif message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                if page := self.pages.get(message["params"]["source"].get("context")):
                    page.problems.append(message["params"]["text"])

    async def send(self, method, **parameters):
        number = next(self.numbers)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        message = await answer
        assert message["type"] == "success", f"{method}: {message}"
        return message["result"]

    async def open(self, url):
        """A page on which everything has been loaded."""
        context = (await self.send("browsingContext.create", type="tab"))["context"]
        page = self.pages[context] = FirefoxPage(self, context)
        await self.send("browsingContext.navigate", context=context, url=url, wait="complete")
        return page


class FirefoxPage:
    def __init__(self, browser, context):
        self.browser, self.context, self.problems = browser, context, []

    async def run(self, script):
        """The value of an expression, or of what it promises."""
        result = await self.browser.send(
            "script.evaluate", expression=f"Promise.resolve({script}).then(value => JSON.stringify(value) ?? 'null')", awaitPromise=True,
            target={"context": self.context}, userActivation=True)
        assert result["type"] == "success", f"{script}: {result}"
        return json.loads(result["result"]["value"])

    async def until(self, condition, seconds=30):
        """Waits until an expression is true."""
        for _ in range(int(seconds * 10)):
            if await self.run(f"Boolean({condition})"):
                return
            await asyncio.sleep(0.1)
        shown = await self.run("document.body.innerText")
        raise AssertionError(f"never: {condition}; problems: {self.problems}; the page shows:\n{shown}")
