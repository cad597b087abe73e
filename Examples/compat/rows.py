"""What the scripts of this folder share: a vendor to stand behind the gateway, and a list of rows to check.

Each script begins by printing `upstream PORT`, the port where it plays the vendor with the certificate `localhost.pem` of the folder that
its argument names. It reads the gateway's port from its standard input, plays the frontend, prints a line for each row, and exits with 1
when one does not hold.
"""

import asyncio
import contextlib
import http.client
import json
import ssl
import sys
import traceback
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE = 20
ROWS = []


def row(*names):
    """A function that checks these rows; it gets the gateway and the vendor."""
    def keep(check):
        ROWS.append((names, check))
        return check
    return keep


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


def holds(condition, message):
    if not condition:
        raise AssertionError(message)


async def soon(awaitable, seconds=PATIENCE):
    return await asyncio.wait_for(awaitable, seconds)


async def heard(connection):
    """The next message, read as JSON."""
    return json.loads(await soon(connection.recv()))


async def closing(connection):
    """The code and reason that an end is closed with, whatever comes before."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await soon(connection.recv())
    return connection.close_code, connection.close_reason


async def silent(connection, seconds=0.3):
    """That nothing comes and nothing closes."""
    try:
        message = await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        return
    raise AssertionError(f"unexpected message {message!r}")


class Vendor:
    """The vendor's side: whatever the gateway opens arrives here."""

    def __init__(self):
        self.arrived = asyncio.Queue()
        self.opened = 0
        # Seconds until an upgrade is answered, and the status it is answered with instead of 101.
        self.delay = 0
        self.refusal = None

    async def process(self, connection, request):
        await asyncio.sleep(self.delay)
        if self.refusal:
            return connection.respond(*self.refusal)
        return None

    async def serve(self, connection):
        self.opened += 1
        self.arrived.put_nowait(connection)
        await connection.wait_closed()

    async def next(self):
        return await soon(self.arrived.get())

    @contextlib.contextmanager
    def refusing(self, status, text):
        self.refusal = (status, text)
        try:
            yield
        finally:
            self.refusal = None


def target(connection):
    """Path and query of the request that reached the vendor."""
    parts = urlsplit(connection.request.path)
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)


class Gateway:
    def __init__(self, port):
        self.port = port
        self.sources = iter(f"127.0.{third}.{last}" for third in range(1, 200) for last in range(2, 250))

    def another(self):
        """A client address that nobody had."""
        return next(self.sources)

    async def open(self, path, source=None, **options):
        """A client of its own address, unless told which."""
        return await soon(connect(
            f"ws://127.0.0.1:{self.port}{path}", local_addr=(source or self.another(), 0), max_size=None, ping_interval=None, proxy=None,
            compression=None, **options))

    async def refused(self, path, **options):
        """The status of an upgrade that is refused; its answer."""
        try:
            client = await self.open(path, **options)
        except InvalidStatus as refusal:
            return refusal.response
        await client.close()
        raise AssertionError(f"{path} was accepted")

    async def http(self, method, path, headers={}):
        """A plain request: status, headers, body."""
        return await asyncio.to_thread(self._http, method, path, headers)

    def _http(self, method, path, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


async def play(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificates}/localhost.pem", f"{certificates}/localhost.key")
    vendor = Vendor()
    async with serve(
            vendor.serve, "127.0.0.1", 0, ssl=context, process_request=vendor.process, max_size=None, ping_interval=None) as server:
        print("upstream", server.sockets[0].getsockname()[1], flush=True)
        line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        gateway = Gateway(int(line.split()[0]))
        failures = 0
        for names, check in ROWS:
            label = " ".join(names)
            try:
                await asyncio.wait_for(check(gateway, vendor), 50)
                print("ok  ", label, flush=True)
            except Exception:  # A row that does not hold; the others are still of interest.
                failures += 1
                print("FAIL", label, "\n" + traceback.format_exc(), flush=True)
            while not vendor.arrived.empty():
                vendor.arrived.get_nowait()
        return 1 if failures else 0


def main():
    sys.exit(asyncio.run(play(sys.argv[1])))
