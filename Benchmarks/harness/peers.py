"""The peers under test, each on one worker or thread, with 32 KiB buffers where they can be chosen."""
import json
import os
import shutil
from pathlib import Path

from .processes import Failure, Process, free_port, wait_until
from .scraper import Scraper


class Peer:
    """A running relay: where to reach it, and the process whose CPU time and memory count."""

    name = ""
    missing = ""
    payloads = ("binary", "json")
    loads = ("closed", "paced", "open", "idle", "churn", "hold")
    flaw = None  # opcode and payload of a message that it must refuse

    def __init__(self, site):
        self.site = site
        self.port = free_port()
        self.folder = site.folder_for(self.name)
        self.process = Process(self.name, self.command(), site.peer_core, self.folder)
        try:
            site.wait_until_open(self.process, self.port)
            self.prove()
            self.pid = self.find_pid()
        except BaseException:
            self.process.stop()
            raise

    @property
    def url(self):
        return self.site.url(self.port)

    @classmethod
    def takes(cls, case):
        """Whether it is to be measured in this case."""
        return case.load in cls.loads and (not case.payload or case.payload in cls.payloads)

    def prove(self):
        """A peer that is to look into messages must be seen to do so."""
        if self.flaw and (code := self.site.close_code(self.port, *self.flaw)) != 1007:
            raise Failure(f"{self.name} let a bad message pass (close code {code}, expected 1007): it inspects nothing")

    def command(self):
        raise NotImplementedError

    def find_pid(self):
        return self.process.pid

    def stop(self):
        self.process.stop()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class Nginx(Peer):
    name = "nginx"
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    missing = None if program else "nginx is not installed (apt-get install nginx): left out"

    def command(self):
        site, files = self.site, self.site.certificates
        listen, upstream = f"listen 127.0.0.1:{self.port};", f"proxy_pass http://127.0.0.1:{site.echo_port};"
        if site.downstream_tls:
            listen = (f"listen 127.0.0.1:{self.port} ssl; ssl_certificate {files.certificate}; ssl_certificate_key {files.key};\n"
                      "    ssl_protocols TLSv1.2 TLSv1.3;")
        if site.upstream_tls:
            # TLS 1.3 is not among this version's defaults towards an upstream.
            upstream = (f"proxy_pass https://127.0.0.1:{site.echo_port}; proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
                        f"      proxy_ssl_verify on; proxy_ssl_trusted_certificate {files.authority};\n"
                        "      proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_session_reuse on;")
        temporary = "\n  ".join(f"{kind}_temp_path {self.folder}/{kind};"
                                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        config = self.write("nginx.conf", f"""{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile {2 * site.sessions + 256};
pid {self.folder}/nginx.pid;
error_log stderr warn;
# Beyond 15/16 of them nginx closes connections that wait for their request.
events {{ worker_connections {3 * site.sessions + 256}; }}
http {{
  access_log off;
  {temporary}
  server {{
    {listen}
    location / {{
      {upstream}
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_buffer_size 32k;
      proxy_buffers 4 32k;
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
    }}
  }}
}}
""")
        return [self.program, "-e", "stderr", "-p", self.folder, "-c", config]

    def find_pid(self):
        """The worker; the master does nothing."""
        return wait_until(self.process.children, 5, "the nginx worker")[0]


class HAProxy(Peer):
    name = "haproxy"
    program = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    missing = None if program else "haproxy is not installed (apt-get install haproxy): left out"

    def command(self):
        site, files = self.site, self.site.certificates
        bind, server = f"127.0.0.1:{self.port}", f"127.0.0.1:{site.echo_port}"
        if site.downstream_tls:
            bind += f" ssl crt {files.combined}"
        if site.upstream_tls:
            server += f" ssl verify required ca-file {files.authority} sni str(localhost) verifyhost localhost"
        config = self.write("haproxy.cfg", f"""global
  nbthread 1
  maxconn {site.sessions + 128}
  tune.bufsize 32768
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend relay
  bind {bind}
  default_backend echo
backend echo
  server echo {server}
""")
        return [self.program, "-db", "-f", config]


class Gateway(Peer):
    """Transparent, as it is without asking for anything: frame headers are judged, payloads pass untouched.

    Like all gateways here it logs every session, and its metrics are read while it is measured.
    """

    name = "gateway"
    program = None  # the voxgate binary; set by relay.py
    # Nothing here bounds opens and concurrent sessions, which all come from one address.
    handshakes = {"per_address": 100000, "total": 100000}
    route = {"upstream": "echo", "authentication": "none", "origins": ["*"]}

    def __init__(self, site):
        self.admin_port = free_port()
        super().__init__(site)
        try:
            self.scraper = Scraper(self.admin_port)
        except BaseException:
            self.process.stop()
            raise

    def stop(self):
        self.scraper.stop()
        super().stop()

    def sections(self):
        """What stands in the file beside listeners, upstreams and routes."""
        return {}

    def upstream(self):
        return {"url": self.site.echo_url}

    def command(self):
        site, files = self.site, self.site.certificates
        listener, upstream = {"address": f"127.0.0.1:{self.port}"}, self.upstream()
        if site.downstream_tls:
            listener["tls"] = {"certificate": str(files.certificate), "key": str(files.key)}
        if site.upstream_tls:
            upstream["tls"] = {"ca": str(files.authority)}
        # All JSON is YAML.
        config = self.write("upstreams.yaml", json.dumps({
            "version": 1, "admin": {"address": f"127.0.0.1:{self.admin_port}"}, "handshakes": self.handshakes, **self.sections(),
            "listeners": [listener], "upstreams": {"echo": upstream}, "routes": {"/echo": self.route},
        }, indent=1))
        return [self.program, "serve", "--config", config]


class GatewayInspect(Gateway):
    """Messages limited and counted, binary audio validated and counted."""

    name = "gateway-inspect"
    payloads = ("binary",)
    flaw = (2, bytes(641))  # half a sample
    loads = ("closed", "paced", "idle")
    route = {**Gateway.route, "tier": "metered",
             "audio": {"policy": "reject", "encoding": "linear16", "sample_rate": 16000, "channels": 1}}

    def sections(self):
        # Limits that nothing meets: what they cost is the counting.
        return {"tiers": {"metered": {
            "messages": {"ip": {"rate": "100000000/1s", "burst": 1000000}}, "bytes": {"ip": "64GiB/1s"}}}}


class GatewayJSON(Gateway):
    """Text messages scanned as JSON, and the base64 audio in them validated and counted, in both directions."""

    name = "gateway-json"
    payloads = ("json",)
    flaw = (1, b'{"type":"input_audio_buffer.append","audio":"AAA"}')  # no whole group of base64
    loads = ("closed", "paced", "idle")
    route = {**Gateway.route, "audio": {"policy": "reject"}}

    def sections(self):
        audio = {"match": {"type": "input_audio_buffer.append"}, "path": "audio"}
        sound = {"encoding": "pcm", "rate": 24000}
        allowed = {"pcm": {"codec": "pcm_s16le", "rates": [24000], "channels": [1]}}
        return {"vendors": {"echo.json": {
            "kind": "speech_to_speech",
            "endpoint": {"url": f"{self.site.echo_url}/"},
            "codec": {"client": "json_text", "server": "json_text"},
            "discriminator": [{"path": "type"}],
            "audio": {
                "client": audio, "server": audio, "format": {"defaults": {"input": sound, "output": sound}},
                "allowed": {"input": allowed, "output": allowed}}}}}

    def upstream(self):
        return {"vendor": "echo.json"}


class Direct(Peer):
    """No relay at all: what load generator and echo can do by themselves."""

    name = "direct"
    loads = ("closed", "paced")

    def __init__(self, site):
        self.site = site
        self.pid = None

    @property
    def url(self):
        return f"{self.site.echo_url}/echo"

    def stop(self):
        pass


class GatewayLobby(Gateway):
    """A handshake inside the socket: the first message dials, and each of the client's is gathered before it goes on."""

    name = "gateway-lobby"
    payloads = ("binary",)
    loads = ("closed", "paced")
    route = {**Gateway.route, "handshake": {"authenticate": "optional", "style": "nested"}}


KINDS = {kind.name: kind for kind in (Direct, Nginx, HAProxy, Gateway, GatewayInspect, GatewayJSON, GatewayLobby)}


def available(names, gateway):
    """The kinds of peers that can run here, and a line for each one that cannot."""
    kinds, lines = [], []
    Gateway.program = Path(gateway).resolve()
    Gateway.missing = None if Gateway.program.is_file() else (
        f"gateway: no binary at {Gateway.program} (swift build -c release): left out")
    for name in names:
        if name not in KINDS:
            raise Failure(f"unknown peer '{name}'; expected {', '.join(KINDS)}")
        kind = KINDS[name]
        if kind.missing:
            lines.append(kind.missing)
        else:
            kinds.append(kind)
    return kinds, lines
