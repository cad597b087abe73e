"""A browser without a window and with a profile of its own, spoken to in JSON over a WebSocket, and a page in it."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import tempfile

from websockets.asyncio.client import connect


class Headless(contextlib.AsyncExitStack):
    """`arguments`: all that is run. `file`: what it writes into its profile once it listens; `address` finds in that where."""

    def __init__(self, profile, arguments, file, address, **environment):
        super().__init__()
        self.profile, self.arguments, self.environment = profile, arguments, environment
        self.file, self.address = os.path.join(profile, file), address
        self.answers, self.pages, self.numbers = {}, {}, itertools.count(1)
        self.push_async_callback(self.clear)

    async def __aenter__(self):
        await super().__aenter__()
        self.process = await asyncio.create_subprocess_exec(
            *self.arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=os.environ | self.environment)
        self.push_async_callback(self.end)
        self.socket = await self.enter_async_context(connect(await self.listens(), max_size=None, ping_interval=None))
        reader = asyncio.create_task(self.read())
        self.callback(reader.cancel)
        return self

    async def listens(self):
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError):
                return self.address(open(self.file).read())
            assert self.process.returncode is None, f"{self.arguments[0]} ended with {self.process.returncode}"
            await asyncio.sleep(0.05)

    async def end(self):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()

    async def clear(self):
        """Removes the profile, into which helpers of the browser may write a moment longer than it runs."""
        while os.path.exists(self.profile):
            shutil.rmtree(self.profile, ignore_errors=True)
            await asyncio.sleep(0.05)

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            if answer := self.answers.pop(message.get("id"), None):
                answer.set_result(message)
            elif "method" in message:
                self.happened(message)

    async def send(self, method, session=None, **parameters):
        number = next(self.numbers)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters}
        await self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        message = await answer
        assert "error" not in message, f"{method}: {message}"
        return message["result"]


def profile(name):
    return tempfile.mkdtemp(prefix=f"{name}-")


class HeadlessPage:
    def __init__(self, browser):
        self.browser = browser
        # What a page that works does not have: exceptions, errors on its console, and what its content policy forbade.
        self.problems = []

    async def until(self, condition, seconds=30):
        """Waits until an expression is true."""
        for _ in range(int(seconds * 20)):
            if await self.run(f"Boolean({condition})"):
                return
            await asyncio.sleep(0.05)
        shown = await self.run("document.body.innerText")
        raise AssertionError(f"never: {condition}; problems: {self.problems}; the page shows:\n{shown}")
