"""One run of the load generator against one peer, and what it says about it."""
import json
import subprocess
import time
from dataclasses import asdict, dataclass

from .processes import Failure, Process, resident_kilobytes


@dataclass(frozen=True)
class Case:
    """What the peers are compared on."""

    mode: str  # plaintext, tls-upstream, tls-both
    load: str  # closed, paced, open, idle; start, for a peer that did not come up
    bytes: int
    sessions: int

    def __str__(self):
        if self.load == "start":
            return f"{self.mode} start"
        return f"{self.mode} {self.load} {self.bytes} B x {self.sessions}"


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
    p999: float = None
    echo_cpu_share: float = None  # of one core; near 1 together with the generator's the harness is the limit
    peer_cpu_share: float = None
    overloaded: bool = False  # paced: echoes came back slower than messages were due
    kilobytes: float = None  # resident memory per idle session
    raw: dict = None

    def as_dictionary(self):
        return asdict(self)


INTERVAL_MS = 20  # between two paced messages of a session


class LoadRun:
    """The load generator at work, and the one line that it prints."""

    def __init__(self, peer, case, seconds, warm_up):
        site = peer.site
        command = [site.program, "load", "--mode", case.load, "--url", peer.url, "--connections", case.sessions,
                   "--bytes", case.bytes, "--seconds", seconds, "--warm-up", warm_up, "--interval-ms", INTERVAL_MS]
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
        return json.loads(line)

    def finish(self):
        """Lets the sessions close, which takes the generator two seconds at most."""
        try:
            self.process.child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass

    def stop(self):
        self.process.stop()


def measure(peer, case, number, seconds, warm_up):
    sample = Sample(case, peer.name, number)
    run = LoadRun(peer, case, 60 if case.load == "idle" else seconds, warm_up)
    try:
        before = resident_kilobytes(peer.pid) if peer.pid else 0
        raw = sample.raw = run.result()
        if raw["lost"]:
            raise Failure(f"{raw['lost']} sessions lost; {raw.get('failure')}")
        if case.load == "idle":
            time.sleep(1)  # what opening needed may be given back
            sample.kilobytes = (resident_kilobytes(peer.pid) - before) / case.sessions if peer.pid else None
        else:
            run.finish()
            fill(sample, peer, raw)
    except Failure as failure:
        sample.failure = str(failure)
    finally:
        run.stop()
    return sample


def fill(sample, peer, raw):
    # An echo passes the peer twice, once in each direction.
    done = raw["opens"] if sample.case.load == "open" else 2 * raw["messages"]
    if done == 0:
        raise Failure("nothing arrived in the measured window")
    sample.rate = done / raw["seconds"]
    sample.overloaded = sample.case.load == "paced" and sample.rate < 0.97 * 2 * sample.case.sessions * 1000 / INTERVAL_MS
    latency = raw["latency_microseconds"]
    sample.p50, sample.p99, sample.p999 = latency["p50"], latency["p99"], latency["p999"]
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
