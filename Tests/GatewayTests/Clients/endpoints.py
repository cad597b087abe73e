"""The playground on every route of a table: speech where the vendor hears, a line of text where it only speaks, and what has to come back."""

import asyncio
import json
import sys

from chromium import Chromium
from playground import ended, opened, press, text

# Pages at once: a session is mostly waiting.
PAGES = 10
PATIENCE = 110
GOOD = "Closed with 1000: normal end"
# A simulator of a vendor that has nothing else says so.
UNPLAYABLE = "document.getElementById('events').textContent.includes('The simulator makes no mp3')"


def seconds(shown):
    return float(shown.removesuffix(" s")) if shown.endswith(" s") else 0.0


async def hears(page, kind):
    """Words where the vendor writes down what it hears, and sound where it speaks."""
    await press(page, "sample")
    await page.until("document.body.dataset.session !== 'starting'")
    wanted = {"speech_to_text": "document.querySelector('#words .client')", "speech_to_speech": f"{text('heard-time')} !== '–'"}[kind]
    await page.until(f"({wanted}) || document.body.dataset.session === 'closed'", 25)


async def speaks(page):
    await press(page, "connect")
    await page.until("document.body.dataset.session === 'talking' || document.body.dataset.session === 'closed'")
    await page.run("document.getElementById('text').value = 'Hello there, this is a line of text.'")
    await page.run("document.querySelector('#say button').click()")
    await page.until(f"{text('heard-time')} !== '–' || document.querySelector('#events .bad') || document.body.dataset.session === 'closed'", 25)


async def tries(browser, port, route, kind, query, caution):
    page = await opened(browser, port, route)
    try:
        warning = await page.run(text("caution"))
        if warning.startswith("The upstream wants more than the route says: ") != bool(query) or not query and warning != caution:
            return f"warned of: {warning}"
        if caution:
            return None
        await page.run(f"document.getElementById('query').value = {json.dumps(query)}")
        await (speaks(page) if kind == "text_to_speech" else hears(page, kind))
        if await page.run("document.body.dataset.session") == "talking":
            await press(page, "stop")
        shown = await ended(page)
        if shown["end-title"] != GOOD:
            return f"{shown['end-title']}: {shown['end-text']}"
        if kind == "speech_to_text" and not shown["words"]:
            return "no words"
        if kind != "speech_to_text" and not seconds(shown["heard-time"]) and not await page.run(UNPLAYABLE):
            return "no sound"
        return str(page.problems) if page.problems else None
    except AssertionError as error:
        return str(error)
    finally:
        await page.close()


async def sweep(port, plan):
    # Each with its kind, the parameters that it cannot do without, and what the page says is in its way.
    routes = json.load(open(plan))
    async with Chromium() as browser:
        turns = asyncio.Semaphore(PAGES)

        async def one(route, *rest):
            async with turns:
                problem = await tries(browser, port, route, *rest)
                print(f"{route}: {problem or 'works'}", flush=True)
                return problem

        problems = await asyncio.gather(*(one(*route) for route in routes))
    assert not any(problems), f"{sum(map(bool, problems))} of {len(problems)} routes do not work"


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(sweep(*sys.argv[1:]), PATIENCE))
