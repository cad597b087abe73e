"""One run of the load generator against one peer, and what it says about it."""
import json
import subprocess
from dataclasses import asdict, dataclass

from .processes import Failure, Process

JSON_BYTES = 5 << 10  # a message of the json payload, less what whole samples and whole base64 leave
INTERVAL_MS = 20  # between two paced messages of a session
ECHO_BYTES = 640  # of the message that a held session sends
CONCURRENT = 32  # sessions that are opened at a time by `open` and `churn`


@dataclass(frozen=True)
class Case:
    """What the peers are compared on."""

    mode: str  # plaintext, tls-upstream, tls-both
    load: str  # closed, paced, open, idle, churn, hold; start, for a peer that did not come up
    bytes: int
    sessions: int
    payload: str = ""  # binary, json; none where it is not about messages

    @property
    def message(self):
        return "5 KB JSON" if self.payload == "json" else f"{self.bytes} B"

    def __str__(self):
        if self.load == "start":
            return f"{self.mode} start"
        return f"{self.mode} {self.load} {f'{self.message} ' if self.payload else ''}x {self.sessions}"


@dataclass
class Sample:
    """One peer, one case, one round."""

    case: Case
    peer: str
    round: int
    failure: str = None
    cpu_microseconds: float = None  # per relayed message, or per opened session
    rate: float = None  # relayed messages, or opened sessions, per second
    p50: float = None  # microseconds
    p99: float = None
    p999: float = None  # of a thousand or more
    echo_cpu_share: float = None  # of one core; near 1 together with the generator's the harness is the limit
    peer_cpu_share: float = None
    overloaded: bool = False  # paced: echoes came back slower than messages were due
    memory: dict = None  # idle, churn, hold: as memory.py says
    raw: dict = None

    def as_dictionary(self):
        return asdict(self)


class LoadRun:
    """The load generator at work, and the one line that it prints."""

    def __init__(self, peer, case, seconds, warm_up, **more):
        site = peer.site
        options = {"mode": case.load, "url": peer.url, "connections": case.sessions, "payload": case.payload or "binary",
                   "bytes": case.bytes, "seconds": seconds, "warm-up": warm_up, "interval-ms": INTERVAL_MS, **more}
        command = [site.program, "load"] + [word for name, value in options.items() for word in (f"--{name}", value)]
        if peer.url.startswith("wss:"):
            command += ["--ca", site.certificates.authority]
        for pid in (peer.pid, site.echo.pid):
            if pid:
                command += ["--watch", pid]
        self.process = Process("load", command, site.load_core, site.folder, reads=True)

    def result(self):
        line = self.process.child.stdout.readline()
        if not line:
            self.process.child.wait()
            raise Failure(self.process.tail().removeprefix("relay-load: "))
        raw = json.loads(line)
        if raw["lost"]:
            raise Failure(f"{raw['lost']} sessions lost; {raw.get('failure')}")
        return raw

    def finish(self):
        """Lets the sessions close, which takes the generator two seconds at most."""
        try:
            self.process.child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


def measure(peer, case, number, seconds, warm_up):
    sample = Sample(case, peer.name, number)
    try:
        with LoadRun(peer, case, seconds, warm_up) as run:
            sample.raw = run.result()
            run.finish()
            fill(sample, peer, sample.raw)
    except Failure as failure:
        sample.failure = str(failure)
    return sample


def fill(sample, peer, raw):
    # An echo passes the peer twice, once in each direction.
    count = raw["opens"] if sample.case.load == "open" else raw["messages"]
    done = count if sample.case.load == "open" else 2 * count
    if done == 0:
        raise Failure("nothing arrived in the measured window")
    sample.rate = done / raw["seconds"]
    sample.overloaded = sample.case.load == "paced" and sample.rate < 0.97 * 2 * sample.case.sessions * 1000 / INTERVAL_MS
    fill_latency(sample, raw, count)
    for watched in raw["watched"]:
        nanoseconds = watched.get("cpu_nanoseconds")
        if nanoseconds is None:
            raise Failure(f"process {watched['pid']} ended during the measurement")
        share = nanoseconds / 1e9 / raw["seconds"]
        if watched["pid"] == peer.pid:
            sample.cpu_microseconds = nanoseconds / 1e3 / done
            sample.peer_cpu_share = share
        else:
            sample.echo_cpu_share = share


def fill_latency(sample, raw, count):
    latency = raw["latency_microseconds"]
    sample.p50, sample.p99 = latency["p50"], latency["p99"]
    # Of fewer than a thousand it would be the maximum.
    sample.p999 = latency["p999"] if count >= 1000 else None
