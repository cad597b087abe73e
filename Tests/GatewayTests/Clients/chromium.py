"""A headless Chromium, spoken to over its DevTools protocol."""

import base64

from headless import Headless, HeadlessPage, profile

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio", "--hide-scrollbars",
    # Several pages at once: none of them is in the background.
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", "--force-color-profile=srgb",
]


def address(text):
    port, path = text.split()
    return f"ws://127.0.0.1:{port}{path}"


class Chromium(Headless):
    """`speech`: a WAV file that its microphone hears once, then silence; without one there is no microphone."""

    def __init__(self, speech=None):
        flags, own = FLAGS[:], profile("chromium")
        if speech:
            flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={speech}%noloop"]
        super().__init__(own, ["chromium", *flags, f"--user-data-dir={own}", "about:blank"], "DevToolsActivePort", address)

    def happened(self, message):
        if page := self.pages.get(message.get("sessionId")):
            page.happened(message["method"], message["params"])

    async def open(self, url, width=1280, height=900, dark=False):
        """A page on which everything has been loaded."""
        target = (await self.send("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = self.pages[session] = ChromiumPage(self, session, target)
        for domain in ["Page", "Runtime", "Log"]:
            await page.send(f"{domain}.enable")
        await page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await page.send("Emulation.setEmulatedMedia", features=[scheme])
        await page.send("Page.navigate", url=url)
        await page.until("document.readyState === 'complete'")
        return page


class ChromiumPage(HeadlessPage):
    def __init__(self, browser, session, target):
        super().__init__(browser)
        self.session, self.target = session, target

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

    async def close(self):
        await self.browser.send("Target.closeTarget", targetId=self.target)

    async def screenshot(self, path, whole=True):
        picture = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
