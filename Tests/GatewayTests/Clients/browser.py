"""A page for a real browser, the upstream of its sockets, and the judge of what it saw."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ends import Gateway, announce, main, told
from websockets.asyncio.server import serve

PAGE = """<!doctype html><title>sockets</title><script>
const gateway = `ws://127.0.0.1:${new URLSearchParams(location.search).get("gateway")}`;

// Opens a socket, sends what there is, and tells all that happened until it closed.
function story(path, protocols, messages = [], close = []) {
  return new Promise(done => {
    const socket = new WebSocket(gateway + path, protocols);
    const seen = {opened: false, protocol: null, messages: [], error: false};
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      seen.opened = true;
      seen.protocol = socket.protocol;
      messages.forEach(message => socket.send(message));
    };
    socket.onmessage = event => {
      seen.messages.push(typeof event.data === "string" ? event.data : Array.from(new Uint8Array(event.data)));
      if (seen.messages.length === messages.length) socket.close(...close);
    };
    socket.onerror = () => { seen.error = true; };
    socket.onclose = event => done({...seen, code: event.code, reason: event.reason, clean: event.wasClean});
  });
}

(async () => {
  const answers = {
    echo: await story("/open", [], ["hallo, wörld", new Uint8Array([0, 127, 255]), ""], [3001, "bye"]),
    subprotocol: await story("/open", ["chat", "echo"], ["x"], [1000, ""]),
    upstream: await story("/open?close", [], []),
    missing: await story("/closing", []),
    wrong: await story("/closing", ["token", "none"]),
    refused: await story("/guarded", []),
    nowhere: await story("/nowhere", []),
  };
  await fetch("/result", {method: "POST", body: JSON.stringify(answers)});
})();
</script>"""


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(PAGE.encode())

    def do_POST(self):
        self.server.results.put_nowait(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.reply(b"")

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Results:
    """A queue that the page server's threads may fill."""

    def __init__(self):
        self.queue, self.loop = asyncio.Queue(), asyncio.get_running_loop()

    def put_nowait(self, value):
        self.loop.call_soon_threadsafe(self.queue.put_nowait, value)


async def echo(connection):
    if connection.request.path.endswith("?close"):
        return await connection.close(4321, "said the upstream")
    async for message in connection:
        await connection.send(message)


def closed(code, reason, opened=True, protocol="", messages=(), clean=True):
    return {
        "opened": opened, "protocol": protocol if opened else None, "messages": list(messages), "error": not clean,
        "code": code, "reason": reason, "clean": clean,
    }


async def visits():
    """The page is allowed as `localhost` and foreign as `127.0.0.1`."""
    pages = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    pages.results = Results()
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    announce(pages.server_port, "page")
    async with serve(echo, "127.0.0.1", 0, select_subprotocol=lambda _, offered: "echo" if "echo" in offered else None) as server:
        announce(server.sockets[0].getsockname()[1])
        gateway = Gateway(await told())

        print(f"visit http://localhost:{pages.server_port}/?gateway={gateway.port}", flush=True)
        seen = await pages.results.queue.get()
        print("visited", flush=True)
        nothing = closed(1006, "", opened=False, clean=False)
        expected = {
            "echo": closed(3001, "bye", messages=["hallo, wörld", [0, 127, 255], ""]),
            "subprotocol": closed(1000, "", protocol="echo", messages=["x"]),
            "upstream": closed(4321, "said the upstream"),
            "missing": closed(1008, "Authentication required"),
            "wrong": closed(1008, "Invalid token", protocol="token"),
            "refused": nothing,
            "nowhere": nothing,
        }
        for name, story in expected.items():
            assert seen[name] == story, f"{name}: {seen[name]}, expected {story}"

        print(f"visit http://127.0.0.1:{pages.server_port}/?gateway={gateway.port}", flush=True)
        seen = await pages.results.queue.get()
        print("visited", flush=True)
        foreign = closed(1008, "Origin not allowed")
        expected = {
            "echo": nothing, "subprotocol": nothing, "upstream": nothing, "missing": foreign, "wrong": foreign | {"protocol": "token"},
            "refused": nothing, "nowhere": nothing,
        }
        for name, story in expected.items():
            assert seen[name] == story, f"foreign {name}: {seen[name]}, expected {story}"


if __name__ == "__main__":
    main(globals())
