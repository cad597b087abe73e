"""What is common to all peers of one mode: the echo behind them, certificates, cores, folders."""
import base64
import json
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from .certificates import Certificates
from .processes import Failure, Process, wait_until

MODES = ("plaintext", "tls-upstream", "tls-both")


@dataclass
class Site:
    mode: str
    folder: Path
    certificates: Certificates
    program: Path  # relay-load
    load_core: int
    peer_core: int
    sessions: int  # the most that any measurement opens
    echo: Process = None
    echo_port: int = 0

    @property
    def upstream_tls(self):
        return self.mode != "plaintext"

    @property
    def downstream_tls(self):
        return self.mode == "tls-both"

    def url(self, port):
        return f"wss://localhost:{port}/echo" if self.downstream_tls else f"ws://127.0.0.1:{port}/echo"

    def start_echo(self):
        command = [self.program, "echo"]
        if self.upstream_tls:
            command += ["--certificate", self.certificates.certificate, "--key", self.certificates.key]
        self.echo = Process("echo", command, self.load_core, self.folder, reads=True)
        line = self.echo.child.stdout.readline()
        if not line:
            self.echo.child.wait()
            self.echo.require_running()
        self.echo_port = json.loads(line)["port"]

    def stop(self):
        if self.echo:
            self.echo.stop()

    def folder_for(self, name):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def wait_until_open(self, process, port):
        """Waits until a WebSocket can be opened through `process`, all the way to the echo."""
        answer = ""

        def opens():
            nonlocal answer
            process.require_running()
            try:
                answer = self.open_once(port)
            except OSError as error:
                answer = str(error)
            return answer.startswith("HTTP/1.1 101")

        try:
            wait_until(opens, 15, f"opening a session through {process.name}")
        except Failure as failure:
            process.require_running()
            raise Failure(f"{failure}; last answer: {answer or 'none'}; log: {process.tail()}") from None

    def open_once(self, port):
        """The status line that an opening handshake is answered with."""
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            connection = plain
            if self.downstream_tls:
                context = ssl.create_default_context(cafile=self.certificates.authority)
                connection = context.wrap_socket(plain, server_hostname="localhost")
            with connection:
                key = base64.b64encode(os.urandom(16)).decode()
                connection.sendall((
                    f"GET /echo HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n"
                    f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
                answer = connection.recv(4096).decode(errors="replace")
                # A masked Close, so that nobody has a lost session to report.
                connection.sendall(bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]))
                return answer.split("\r\n")[0]
