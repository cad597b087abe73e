"""A page that opens one socket for each place in which a vendor's browser code puts a credential, and the wire between gateway and vendor.

Every vendor has an address of its own on loopback, 127.1.0.N: what comes there goes on to the vendor's simulator, and its head is kept.
"""

import asyncio
import json
import socket
import sys
import threading
from http.server import ThreadingHTTPServer
from urllib.parse import unquote

import browser
from ends import Gateway, announce, main, told

PAGE = """<!doctype html><title>places</title><script>
// Opens a socket; says whether that went well, and what was chosen of the subprotocols.
function open(url, protocols) {
  return new Promise(done => {
    const socket = new WebSocket(url, protocols);
    const seen = {opened: false, protocol: null};
    socket.onopen = () => {
      Object.assign(seen, {opened: true, protocol: socket.protocol});
      // What is refused late is refused at once: a simulator says so before it hears anything.
      setTimeout(() => socket.close(1000), 150);
    };
    socket.onclose = event => done({...seen, code: event.code, reason: event.reason});
  });
}

(async () => {
  const {gateway, cases} = await (await fetch("/cases")).json();
  const answers = await Promise.all(cases.map(({target, protocols}) => open(`ws://127.0.0.1:${gateway}${target}`, protocols)));
  await fetch("/result", {method: "POST", body: JSON.stringify(answers)});
})();
</script>"""


class Pages(browser.Pages):
    def do_GET(self):
        self.reply(json.dumps(self.server.cases).encode() if self.path == "/cases" else PAGE.encode())


class Wire:
    """Keeps the head of each request by the address that it came to, and passes everything on."""

    def __init__(self, simulators):
        self.simulators, self.heads = simulators, {}

    async def serve(self, reader, writer):
        number = int(writer.get_extra_info("sockname")[0].split(".")[3])
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.setdefault(number, []).append(head.decode())
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.simulators[number - 1])
        upstream_writer.write(head)
        await asyncio.gather(self.carry(reader, upstream_writer), self.carry(upstream_reader, writer))

    async def carry(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()


async def places():
    """Reads the cases from the file that the second argument names."""
    with open(sys.argv[2]) as file:
        plan = json.load(file)
    pages = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    pages.results = browser.Results()
    wire = Wire(plan["simulators"])
    async with await asyncio.start_server(wire.serve, "0.0.0.0", 0, family=socket.AF_INET) as server:
        announce(pages.server_port, "page")
        announce(server.sockets[0].getsockname()[1])
        gateway = Gateway(await told())
        pages.cases = {"gateway": gateway.port, "cases": plan["cases"]}
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        print(f"visit http://localhost:{pages.server_port}/", flush=True)
        answers = await pages.results.queue.get()
        print("visited", flush=True)

    wrong = []
    for case, answer in zip(plan["cases"], answers, strict=True):
        if not answer["opened"] or answer["code"] != 1000 or answer["protocol"] != case["answer"]:
            wrong.append(f"{case['name']}: {answer}, expected an open socket with '{case['answer']}'")
    for number, name in enumerate(plan["names"], 1):
        heads = wire.heads.get(number, [])
        expected = sum(case["vendor"] == name for case in plan["cases"])
        if len(heads) != expected:
            wrong.append(f"{name}: dialled {len(heads)} times, expected {expected}")
        for head in map(unquote, heads):
            shown = head.replace(plan["key"], "<key>")
            if head.count(plan["key"]) != 1:
                wrong.append(f"{name}: the vendor's credential is there {head.count(plan['key'])} times: {shown}")
            # Its first part is the same in every token.
            if any(part in head for part in plan["token"].split(".")[1:]):
                wrong.append(f"{name}: the client's credential went on: {shown}")
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    main(globals())
