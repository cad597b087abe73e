"""An authority and a certificate for localhost, made anew for every run."""
import subprocess
from pathlib import Path

from .processes import Failure

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


class Certificates:
    def __init__(self, folder):
        folder = Path(folder)
        self.authority = folder / "authority.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        # HAProxy wants certificate and key in one file.
        self.combined = folder / "combined.pem"

        authority_key = folder / "authority.key"
        run("req", "-x509", *CURVE, "-subj", "/CN=relay benchmark authority", "-keyout", authority_key, "-out", self.authority)
        run("req", "-x509", *CURVE, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext", "basicConstraints=critical,CA:FALSE", "-CA", self.authority, "-CAkey", authority_key,
            "-keyout", self.key, "-out", self.certificate)
        self.combined.write_text(self.certificate.read_text() + self.key.read_text())
        for private in (authority_key, self.key, self.combined):
            private.chmod(0o600)


def run(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"openssl {arguments[0]}: {done.stderr.strip()}")
