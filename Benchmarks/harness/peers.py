"""The peers under test. Each is a blind tunnel on one worker or thread, with 32 KiB buffers where they can be chosen."""
import os
import shutil
from pathlib import Path

from .processes import Failure, Process, free_port, wait_until


class Peer:
    """A running relay: where to reach it, and the process whose CPU time and memory count."""

    name = ""
    missing = ""

    def __init__(self, site):
        self.site = site
        self.port = free_port()
        self.folder = site.folder_for(self.name)
        self.process = Process(self.name, self.command(), site.peer_core, self.folder)
        try:
            site.wait_until_open(self.process, self.port)
            self.pid = self.find_pid()
        except BaseException:
            self.process.stop()
            raise

    @property
    def url(self):
        return self.site.url(self.port)

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
events {{ worker_connections {2 * site.sessions + 256}; }}
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
  maxconn {2 * site.sessions + 256}
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
    name = "gateway"
    program = None  # the voxgate binary; set by relay.py

    # One place for what bounds opens and concurrent sessions: everything here comes from one address.
    top_level = ""
    route = '{upstream: echo, authentication: none, origins: ["*"]}'

    def command(self):
        site, files = self.site, self.site.certificates
        listener, upstream = f'address: "127.0.0.1:{self.port}"', f'url: "ws://127.0.0.1:{site.echo_port}"'
        if site.downstream_tls:
            listener += f', tls: {{certificate: "{files.certificate}", key: "{files.key}"}}'
        if site.upstream_tls:
            upstream = f'url: "wss://localhost:{site.echo_port}", tls: {{ca: "{files.authority}"}}'
        config = self.write("upstreams.yaml", f"""version: 1
{self.top_level}
listeners: [{{{listener}}}]
upstreams:
  echo: {{{upstream}}}
routes:
  /echo: {self.route}
""")
        return [self.program, "serve", "--config", config]


class Direct(Peer):
    """No relay at all: what load generator and echo can do by themselves."""

    name = "direct"

    def __init__(self, site):
        self.site = site
        self.pid = None

    @property
    def url(self):
        scheme = "wss://localhost" if self.site.upstream_tls else "ws://127.0.0.1"
        return f"{scheme}:{self.site.echo_port}/echo"

    def stop(self):
        pass


KINDS = {kind.name: kind for kind in (Nginx, HAProxy, Gateway, Direct)}


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
