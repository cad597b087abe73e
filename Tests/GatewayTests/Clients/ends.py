"""Programs that are both ends of a route, with the gateway between them.

A test starts one with the name of a story, points a gateway at the `upstream PORT` that it prints, and tells it "PORT PID ADMIN-PORT"
of that gateway on its standard input. The program judges what passes; its exit status is the answer.
"""

import asyncio
import contextlib
import itertools
import ssl
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Opcode

PATIENCE = 55
MIB = 1 << 20


class Gateway:
    """What a program was told about the gateway."""

    def __init__(self, line):
        self.port, self.pid, self.admin = (int(word) for word in line.split())

    def memory(self, field="VmRSS"):
        """Bytes; `VmHWM` is the highest `VmRSS` since `forget_peak`."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith(field + ":"))

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")
        return self.memory()


def announce(port, name="upstream"):
    print(name, port, flush=True)


async def told():
    """A line that the test writes."""
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def main(stories, patience=PATIENCE):
    """Runs the story that the first argument names, `patience` seconds at most."""
    sys.exit(asyncio.run(asyncio.wait_for(stories[sys.argv[1]](), patience)))


def server_tls(folder, name="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    return context


def client_tls(folder):
    return ssl.create_default_context(cafile=f"{folder}/ca.pem")


def number(target):
    """The last segment of a request's path, by which the two ends of a session find each other."""
    return target.partition("?")[0].rpartition("/")[2]


class Counting:
    """Counts the pings that reach an end."""

    pings = 0

    def process_event(self, event):
        self.pings += getattr(event, "opcode", None) is Opcode.PING
        super().process_event(event)


class CountingClient(Counting, ClientConnection):
    pass


class CountingServer(Counting, ServerConnection):
    pass


class Ends(contextlib.AsyncExitStack):
    """Both ends as a library speaks them. The number at the end of a path says which two belong together."""

    def __init__(self, tls=None, client=None, host="127.0.0.1", **options):
        """`tls`: the upstream's context, `client`: the client's; `options`: the upstream's."""
        super().__init__()
        self.tls, self.client_tls, self.host, self.options = tls, client, host, options
        self.waiting, self.numbers = {}, itertools.count()

    async def __aenter__(self):
        await super().__aenter__()
        server = await self.enter_async_context(
            serve(
                self.serve, "127.0.0.1", 0, ssl=self.tls, create_connection=CountingServer, max_size=None, ping_interval=None,
                **self.options))
        announce(server.sockets[0].getsockname()[1])
        self.gateway = Gateway(await told())
        self.port = self.gateway.port
        return self

    async def serve(self, connection):
        self.waiting.pop(number(connection.request.path)).set_result(connection)
        await connection.wait_closed()

    async def pair(self, route="/any", query="", **options):
        name = str(next(self.numbers))
        arrived = self.waiting[name] = asyncio.get_running_loop().create_future()
        scheme = "wss" if self.client_tls else "ws"
        client = await connect(
            f"{scheme}://{self.host}:{self.port}{route}/{name}{query}", ssl=self.client_tls, create_connection=CountingClient,
            max_size=None, ping_interval=None, **options)
        return client, await arrived
