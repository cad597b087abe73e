"""A headless Firefox, spoken to over WebDriver BiDi."""

import json

from headless import Headless, HeadlessPage, profile

# A microphone that hears a tone, and sound without a click.
PREFERENCES = {
    "media.navigator.streams.fake": True, "media.navigator.permission.disabled": True, "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0, "browser.shell.checkDefaultBrowser": False, "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False, "toolkit.telemetry.enabled": False, "browser.startup.homepage_override.mstone": "ignore",
}


def address(text):
    return f"ws://127.0.0.1:{json.loads(text)['ws_port']}/session"


class Firefox(Headless):
    def __init__(self):
        own = profile("firefox")
        with open(f"{own}/user.js", "w") as file:
            file.writelines(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
        arguments = ["firefox-esr", "--headless", "--no-remote", "--profile", own, "--remote-debugging-port", "0"]
        super().__init__(own, arguments, "WebDriverBiDiServer.json", address, HOME=own)

    async def __aenter__(self):
        await super().__aenter__()
        await self.send("session.new", capabilities={})
        await self.send("session.subscribe", events=["log.entryAdded"])
        return self

    def happened(self, message):
        parameters = message["params"]
        if message["method"] == "log.entryAdded" and parameters["level"] == "error":
            if page := self.pages.get(parameters["source"].get("context")):
                page.problems.append(parameters["text"])

    async def open(self, url):
        """A page on which everything has been loaded."""
        context = (await self.send("browsingContext.create", type="tab"))["context"]
        page = self.pages[context] = FirefoxPage(self, context)
        await self.send("browsingContext.navigate", context=context, url=url, wait="complete")
        return page


class FirefoxPage(HeadlessPage):
    def __init__(self, browser, context):
        super().__init__(browser)
        self.context = context

    async def run(self, script):
        """The value of an expression, or of what it promises."""
        result = await self.browser.send(
            "script.evaluate", expression=f"Promise.resolve({script}).then(value => JSON.stringify(value) ?? 'null')", awaitPromise=True,
            target={"context": self.context}, userActivation=True)
        assert result["type"] == "success", f"{script}: {result}"
        return json.loads(result["result"]["value"])
