#!/usr/bin/env python3
"""Clients without a credential, as many as wanted at once, from many addresses. None closes a connection before the gateway does.

Usage: strangers.py KIND PORT COUNT RATE SECONDS. Prints one line of JSON at the end, or when SIGTERM comes.
"""
import json
import select
import signal
import socket
import sys
import time

HEAD = (b"GET /token HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
# What each kind says when it is connected, and how many bytes more it sends every second.
KINDS = {"silent": (b"", 0), "half": (HEAD[:-2] + b"X-Long: " + b"x" * 8000, 1), "whole": (HEAD, 0)}
ADDRESSES = 250  # of 127.1.0.0/24


class Flood:
    def __init__(self, kind, port, count, rate):
        self.first, self.trickle = KINDS[kind]
        self.port, self.count, self.rate = port, count, rate
        self.poll = select.epoll()
        self.open = {}  # by descriptor: socket, when it connected, whether it has been answered
        self.tried = self.answered = self.turned_away = self.failed = self.most = 0
        self.longest = 0.0

    def run(self, seconds):
        start = tick = time.monotonic()
        while (now := time.monotonic()) < start + seconds:
            due = int((now - start) * self.rate)
            for _ in range(min(200, due - self.tried, self.count - len(self.open))):
                self.connect(now)
            if self.trickle and now - tick > 1:
                tick = now
                for stranger, _, _ in list(self.open.values()):
                    self.send(stranger, b"x" * self.trickle)
            self.most = max(self.most, len(self.open))
            for descriptor, _ in self.poll.poll(0.005):
                self.read(descriptor, time.monotonic())

    def connect(self, now):
        self.tried += 1
        stranger = socket.socket()
        stranger.setblocking(False)
        try:
            stranger.bind((f"127.1.0.{1 + self.tried % ADDRESSES}", 0))
            stranger.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass
        except OSError:
            self.failed += 1
            return stranger.close()
        self.open[stranger.fileno()] = [stranger, now, False]
        self.poll.register(stranger, select.EPOLLIN | (select.EPOLLOUT if self.first else 0))

    def send(self, stranger, data):
        try:
            stranger.send(data)
        except OSError:
            pass

    def read(self, descriptor, now):
        entry = self.open.get(descriptor)
        if not entry:
            return
        stranger = entry[0]
        try:
            data = stranger.recv(4096)
        except BlockingIOError:
            # It is connected.
            self.send(stranger, self.first)
            return self.poll.modify(stranger, select.EPOLLIN)
        except OSError:
            data = b""
        if data:
            if not entry[2]:
                self.answered += 1
            entry[2] = True
            return
        self.longest = max(self.longest, now - entry[1])
        self.turned_away += not entry[2]
        self.poll.unregister(stranger)
        stranger.close()
        del self.open[descriptor]

    def result(self):
        return {"tried": self.tried, "most": self.most, "answered": self.answered, "turned_away": self.turned_away,
                "failed": self.failed, "longest": self.longest}


def main():
    kind, port, count, rate, seconds = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])
    flood = Flood(kind, port, count, rate)

    def stop(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        flood.run(seconds)
    except KeyboardInterrupt:
        pass
    print(json.dumps(flood.result()), flush=True)


if __name__ == "__main__":
    main()
