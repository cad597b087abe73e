#!/usr/bin/env python3
"""What a flood of clients without a credential costs the gateway, and what it costs the sessions that were admitted before it.

Three kinds of strangers, in turn: they connect and say nothing; they send half a request head and then a byte a second; they send a whole
request without a credential. None closes a connection before the gateway does. Each round measures the sessions without strangers and then
with them. README.md says how to read the table.
"""
import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from harness.certificates import Certificates
from harness.measurement import ECHO_BYTES, Case, LoadRun
from harness.peers import Direct, Gateway
from harness.processes import Failure, Process, free_port, memory, raise_descriptor_limit, wait_until
from harness.site import Site
from harness.strangers import KINDS

HERE = Path(__file__).resolve().parent
HEAD_SECONDS = 5  # the gateway's `timeouts.head`
LINGER_SECONDS = 2  # that an answered stranger is listened to, so that it can read its answer


class Guarded(Gateway):
    """The gateway as it is out of the box, with a route that wants a credential."""

    def command(self):
        self.admin_port = free_port()
        config = self.write("upstreams.yaml", json.dumps({
            "version": 1, "listeners": [{"address": f"127.0.0.1:{self.port}"}], "admin": {"address": f"127.0.0.1:{self.admin_port}"},
            "authentication": {"app": {"type": "jwt", "secret": {"env": "FLOOD_SECRET"}}},
            "upstreams": {"echo": {"url": self.site.echo_url}}, "defaults": {"timeouts": {"head": f"{HEAD_SECONDS}s"}},
            "logging": {"level": "error"},
            "routes": {"/echo": self.route, "/token": {"upstream": "echo", "authentication": ["app"]}},
        }, indent=1))
        return ["env", f"FLOOD_SECRET={'s' * 32}", self.program, "serve", "--config", config]

    def metric(self, name):
        """The sum of a metric's series of the clients' listener."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name + "{") and "admin" not in line)


class Watch(threading.Thread):
    """Looks at the gateway four times a second: the most memory and the most strangers at once."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway, self.done = gateway, threading.Event()
        self.kilobytes = self.held = 0

    def run(self):
        while not self.done.wait(0.25):
            self.kilobytes = max(self.kilobytes, memory(self.gateway.pid)[0])
            self.held = max(self.held, int(self.gateway.metric("voxgate_connections_open")))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def latency(peer, chosen, seconds, warm_up):
    """Paced sessions that are open as soon as this returns."""
    return LoadRun(peer, Case("plaintext", "paced", ECHO_BYTES, chosen.sessions, "binary"), seconds, warm_up)


def finish(run):
    """p50 and p99 in microseconds."""
    with run:
        raw = run.result()
        run.finish()
    return raw["latency_microseconds"]


def measure(kind, gateway, direct, chosen):
    """One round: the sessions without strangers, then with them, close enough together for a ratio."""
    site, ramp = gateway.site, chosen.count / chosen.rate
    before = finish(latency(gateway, chosen, chosen.seconds, 0.5))
    direct_before = finish(latency(direct, chosen, chosen.seconds, 0.5))
    fresh = memory(gateway.pid)[0]
    rejected = gateway.metric("voxgate_connections_rejected_total")
    with Watch(gateway) as watch:
        # These sessions are open before the first stranger comes.
        run = latency(gateway, chosen, chosen.seconds, ramp + 1.5)
        time.sleep(1)
        # They share a core with the sessions' own ends, and must not be what is measured.
        strangers = Process(
            "strangers", [sys.executable, HERE / "harness/strangers.py", kind, gateway.port, chosen.count, chosen.rate, 3_600],
            site.load_core, site.folder, reads=True, nice=5)
        try:
            during = finish(run)
            direct_during = finish(latency(direct, chosen, chosen.seconds, 0.5))
            # Long enough for every stranger of the first wave to have met its end.
            time.sleep(max(0, HEAD_SECONDS + LINGER_SECONDS + 1 - 2 * chosen.seconds))
            strangers.require_running()
            strangers.child.send_signal(signal.SIGTERM)
            told = json.loads(strangers.child.stdout.readline())
        finally:
            strangers.stop()
    rejected = gateway.metric("voxgate_connections_rejected_total") - rejected
    wait_until(lambda: gateway.metric("voxgate_connections_open") == 0, 30, "the end of the last stranger")
    return {"kind": kind, **told, "rejected": int(rejected), "held": watch.held, "fresh": fresh, "peak": watch.kilobytes,
            "before": before, "during": during, "direct_before": direct_before, "direct_during": direct_during}


def row(samples):
    """Of all rounds of one kind: the most that there was, and the median of times and ratios."""

    def most(name):
        return max(sample[name] for sample in samples)

    def middle(number):
        return median(number(sample) for sample in samples)

    def ratio(peer, name):
        return f"{middle(lambda sample: sample[f'{peer}during'][name] / sample[f'{peer}before'][name]):.2f}"

    def time_of(when, name):
        return f"{middle(lambda sample: sample[when][name]):,.0f}"

    held, grown = most("held"), max(sample["peak"] - sample["fresh"] for sample in samples)
    numbers = [most(name) for name in ("tried", "most", "held", "rejected", "answered")]
    return [samples[0]["kind"], *(f"{number:,}" for number in numbers), f"{grown / 1024:.1f}",
            f"{grown / held:.1f}" if held >= 100 else "-", f"{most('longest'):.1f}", time_of("before", "p50"), time_of("during", "p50"),
            ratio("", "p50"), ratio("direct_", "p50"), time_of("before", "p99"), time_of("during", "p99"), ratio("", "p99"),
            ratio("direct_", "p99")]


TITLES = ["strangers", "connections", "most at once", "held at once", "turned away", "answered", "RSS grown, MB", "KB per held",
          "longest, s", "p50 before, µs", "during", "ratio", "direct", "p99 before, µs", "during", "ratio", "direct"]


def table(rows):
    widths = [max(len(line[column]) for line in [TITLES] + rows) for column in range(len(TITLES))]
    for line in [TITLES] + rows:
        print("  ".join(word.ljust(width) if column == 0 else word.rjust(width) for column, (word, width) in enumerate(zip(line, widths))))


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", default=HERE.parent / ".build/release/voxgate", metavar="PATH", help="the voxgate binary")
    parser.add_argument("--relay-load", default=HERE / ".build/release/relay-load", metavar="PATH", help="the load generator")
    parser.add_argument("--count", type=int, default=10_000, help="strangers at once")
    parser.add_argument("--rate", type=int, default=2_000, help="connections that they try a second")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS), help=",".join(KINDS))
    parser.add_argument("--sessions", type=int, default=50, help="admitted sessions that send 640 bytes every 20 ms")
    parser.add_argument("--seconds", type=float, default=5, help="each measured window")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind, without strangers and with them in turn")
    parser.add_argument("--output", metavar="PATH", help="also: the raw results as JSON")
    return parser.parse_args()


def main():
    chosen = options()
    cores = sorted(os.sched_getaffinity(0))
    load_core, peer_core = cores[0], cores[1 if len(cores) > 1 else 0]
    limit = raise_descriptor_limit(chosen.count + 1_024)
    if limit < chosen.count + 1_024:
        chosen.count = limit - 1_024
        print(f"only {chosen.count} strangers, because {limit} file descriptors are allowed here")
    os.sched_setaffinity(0, {load_core})
    Gateway.program = Path(chosen.gateway).resolve()
    samples = []
    try:
        with tempfile.TemporaryDirectory(prefix="flood-benchmark-") as folder, ExitStack() as stack:
            site = Site(
                "plaintext", Path(folder), Certificates(folder), Path(chosen.relay_load).resolve(), load_core, peer_core, chosen.sessions)
            stack.callback(site.stop)
            site.start_echo()
            gateway = Guarded(site)
            stack.callback(gateway.stop)
            for number in range(chosen.rounds):
                for kind in chosen.kinds:
                    print(f"round {number + 1}, {kind} ...", file=sys.stderr, flush=True)
                    samples.append(measure(kind, gateway, Direct(site), chosen))
    except Failure as failure:
        print(f"flood.py: {failure}", file=sys.stderr)
        return 69
    table([row([sample for sample in samples if sample["kind"] == kind]) for kind in chosen.kinds])
    if chosen.output:
        Path(chosen.output).write_text(json.dumps(samples, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
