"""A reader that stops while the other end floods: memory stays within the buffers, and nothing is lost.

Arguments: the way of the flood, the configured buffer in bytes, and a folder of certificates where both legs are TLS.
"""

import hashlib
import random
import socket
import sys
import threading
import time
import urllib.request

from ends import MIB, Gateway, announce, client_tls, server_tls
from wire import BINARY, frame, request, response

SESSIONS, FRAMES = 4, 800
BLOCK = random.Random(3).randbytes(64 << 10)
# A read that does not fit the socket is kept whole, behind a buffer that is not yet full.
READ = 64 << 10
SLACK = 4 * MIB


def head(sock):
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, text
        text += byte
    return text


class Session:
    def __init__(self, client, upstream, upward):
        self.sender, self.receiver = (client, upstream) if upward else (upstream, client)
        self.upward = upward
        self.sent = self.received = 0
        self.hashes = hashlib.sha256(), hashlib.sha256()
        self.flooding = threading.Thread(target=self.flood, daemon=True)
        self.flooding.start()

    def flood(self):
        for number in range(FRAMES):
            # The zero mask leaves bytes as they are, so both ends can be compared without unmasking.
            data = frame(BINARY, number.to_bytes(8, "big") + BLOCK, self.upward, key=bytes(4))
            self.hashes[0].update(data)
            self.sender.sendall(data)
            self.sent += len(data)

    def drain(self):
        self.reading = threading.Thread(target=self.read, daemon=True)
        self.reading.start()

    def read(self):
        total = FRAMES * len(frame(BINARY, bytes(8) + BLOCK, self.upward, key=bytes(4)))
        while self.received < total:
            data = self.receiver.recv(1 << 18)
            assert data, f"ended after {self.received} of {total} bytes"
            self.hashes[1].update(data)
            self.received += len(data)


def stalls(sessions):
    """Waits until nobody can send any more."""
    before = None
    while (now := [session.sent for session in sessions]) != before:
        before = now
        time.sleep(1)


def main(way, buffer, folder=None):
    listener = socket.create_server(("127.0.0.1", 0))
    announce(listener.getsockname()[1])
    gateway = Gateway(sys.stdin.readline())
    pairs = []
    for _ in range(SESSIONS):
        client = socket.create_connection(("127.0.0.1", gateway.port))
        if folder:
            client = client_tls(folder).wrap_socket(client, server_hostname="localhost")
        client.sendall(request("/any/0"))
        upstream, _ = listener.accept()
        if folder:
            upstream = server_tls(folder).wrap_socket(upstream, server_side=True)
        upstream.sendall(response(head(upstream)))
        assert head(client).startswith(b"HTTP/1.1 101 ")
        pairs.append((client, upstream))

    before = gateway.forget_peak()
    sessions = [Session(*pair, way == "up") for pair in pairs]
    stalls(sessions)
    assert all(session.flooding.is_alive() for session in sessions), "nothing held the flood back"
    page = urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin}/metrics").read().decode()
    pauses = next(int(line.split()[1]) for line in page.splitlines() if line.startswith("voxgate_backpressure_pauses_total "))
    assert pauses >= SESSIONS, f"{pauses} pauses counted"
    grown = gateway.memory("VmHWM") - before
    allowed = SESSIONS * (buffer + READ) + SLACK
    print(f"{sum(session.sent for session in sessions) // MIB} MiB sent, {grown >> 10} KiB grown of {allowed >> 10}", flush=True)
    assert grown <= allowed, f"{grown} bytes more, {allowed} allowed"

    for session in sessions:
        session.drain()
    for session in sessions:
        session.reading.join()
        sent, received = (digest.hexdigest() for digest in session.hashes)
        assert sent == received, "other bytes than were sent"
    grown = gateway.memory("VmHWM") - before
    assert grown <= allowed, f"{grown} bytes more while the readers caught up, {allowed} allowed"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
