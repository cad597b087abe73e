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

    @property
    def echo_url(self):
        """Where the echo is; the name is the one in its certificate."""
        return f"wss://localhost:{self.echo_port}" if self.upstream_tls else f"ws://127.0.0.1:{self.echo_port}"

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
        with self.connect(port) as connection:
            answer = self.open(connection, port)
            # So that nobody has a lost session to report.
            connection.sendall(frame(8, b"\x03\xe8"))
            return answer.split("\r\n")[0]

    def close_code(self, port, opcode, payload):
        """What a session is closed with that sends this message; None where it is echoed."""
        with self.connect(port) as connection:
            self.open(connection, port)
            connection.sendall(frame(opcode, payload))
            with connection.makefile("rb") as stream:
                while len(head := stream.read(2)) == 2:
                    length = int.from_bytes(stream.read(2), "big") if head[1] == 126 else head[1]
                    received = stream.read(length)
                    if head[0] & 15 == 8:
                        return int.from_bytes(received[:2], "big")
                    if received == payload:
                        break
        return None

    def connect(self, port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        if self.downstream_tls:
            context = ssl.create_default_context(cafile=self.certificates.authority)
            connection = context.wrap_socket(connection, server_hostname="localhost")
        return connection

    def open(self, connection, port):
        """The head of the answer to an opening handshake."""
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall((
            f"GET /echo HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        return connection.recv(4096).decode(errors="replace")


def frame(opcode, payload):
    """As a client sends it: masked (RFC 6455 section 5.3), here with a key of zeros."""
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload
