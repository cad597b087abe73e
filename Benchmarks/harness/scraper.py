"""Reads a gateway's metrics while it is measured, as its operator does."""
import threading
import urllib.request

from .processes import Failure


class Scraper:
    """Reads the page once before anything is measured, and then every `interval` seconds until it is stopped."""

    interval = 1

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"
        if b"voxgate_sessions_open" not in self.read():
            raise Failure(f"{self.url} has no metrics")
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def read(self):
        with urllib.request.urlopen(self.url, timeout=5) as page:
            return page.read()

    def run(self):
        while not self.stopped.wait(self.interval):
            try:
                self.read()
            except OSError:
                pass  # Whether the gateway is well is for the load generator to say.

    def stop(self):
        self.stopped.set()
        self.thread.join()
