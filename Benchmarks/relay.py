#!/usr/bin/env python3
"""Compares the relay with nginx and HAProxy, side by side, in one run. README.md says what is measured and how to read it."""
import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from harness import report
from harness.certificates import Certificates
from harness.measurement import Case, Sample, measure
from harness.peers import available
from harness.processes import Failure
from harness.site import MODES, Site

HERE = Path(__file__).resolve().parent
LOADS = ("closed", "paced")


def options():
    def words(text):
        return [word for word in text.split(",") if word]

    def numbers(text):
        return [int(word) for word in words(text)]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", default=HERE.parent / ".build/release/voxgate", metavar="PATH", help="the voxgate binary")
    parser.add_argument("--relay-load", default=HERE / ".build/release/relay-load", metavar="PATH", help="the load generator")
    parser.add_argument("--peers", type=words, default=["nginx", "haproxy", "gateway"], help="also: direct, without any relay")
    parser.add_argument("--modes", type=words, default=["plaintext", "tls-upstream"], help=",".join(MODES))
    parser.add_argument("--loads", type=words, default=list(LOADS), help=",".join(LOADS))
    parser.add_argument("--sizes", type=numbers, default=[640, 8192], help="message sizes in bytes")
    parser.add_argument("--sessions", type=numbers, default=[50, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="the measured window of one run")
    parser.add_argument("--warm-up", type=float, default=0.4, help="seconds before the window")
    parser.add_argument("--quick", action="store_true", help="other defaults: one size, 50 sessions, one short round")
    parser.add_argument("--idle", type=int, default=0, metavar="N", help="also: memory of N idle sessions")
    parser.add_argument("--opens", action="store_true", help="also: sessions opened and closed as fast as it goes")
    parser.add_argument("--cores", type=numbers, metavar="LOAD,PEER", help="which two cores to use")
    parser.add_argument("--output", default=HERE / ".results/relay.json", metavar="PATH", help="the raw results")
    if "--quick" in sys.argv:
        parser.set_defaults(sizes=[640], sessions=[50], rounds=1, seconds=1, warm_up=0.3)
    chosen = parser.parse_args()
    for name, allowed in (("modes", MODES), ("loads", LOADS)):
        for word in getattr(chosen, name):
            if word not in allowed:
                parser.error(f"--{name}: unknown '{word}'; expected {', '.join(allowed)}")
    if chosen.cores is None:
        cores = sorted(os.sched_getaffinity(0))
        chosen.cores = [cores[0], cores[1 if len(cores) > 1 else 0]]
    if len(chosen.cores) != 2:
        parser.error("--cores: expected two, as in 0,1")
    return chosen


def cases(mode, chosen):
    for load in chosen.loads:
        for size in chosen.sizes:
            for sessions in chosen.sessions:
                yield Case(mode, load, size, sessions)
    if chosen.opens:
        yield Case(mode, "open", 0, 32)


def run_mode(site, kinds, chosen, samples):
    """Starts the echo and all peers once, then measures them in turn, round by round."""
    with ExitStack() as stack:
        stack.callback(site.stop)
        site.start_echo()
        peers = [peer for peer in (start(kind, site, samples, stack) for kind in kinds) if peer]
        for case in cases(site.mode, chosen):
            for number in range(1, chosen.rounds + 1):
                for peer in peers:
                    keep(samples, measure(peer, case, number, chosen.seconds, chosen.warm_up), chosen.rounds)
        for kind in kinds:
            if chosen.idle and kind.name != "direct":
                measure_idle(kind, site, chosen, samples)


def start(kind, site, samples, stack):
    """Answers the peer, which `stack` will stop, or None where it does not start: a failed sample of its own."""
    try:
        peer = kind(site)
        stack.callback(peer.stop)
        return peer
    except Failure as failure:
        keep(samples, Sample(Case(site.mode, "start", 0, 0), kind.name, 1, str(failure)), 1)
        return None


def measure_idle(kind, site, chosen, samples):
    """Memory, of a peer that has not served anything yet."""
    with ExitStack() as stack:
        peer = start(kind, site, samples, stack)
        if peer:
            keep(samples, measure(peer, Case(site.mode, "idle", 0, chosen.idle), 1, 0, 0), 1)


def keep(samples, sample, rounds):
    samples.append(sample)
    case = sample.case
    if sample.failure:
        result = f"failed: {sample.failure}"
    elif case.load == "idle":
        result = f"{report.number(sample.kilobytes, 1)} KB/session"
    else:
        result = f"{report.number(sample.cpu_microseconds, 2)} µs, {sample.rate:,.0f}/s"
    print(f"{case}, round {sample.round}/{rounds}: {sample.peer} {result}", file=sys.stderr, flush=True)


def prepare(chosen):
    """Checks what is needed; answers the kinds of peers to run."""
    if not Path(chosen.relay_load).is_file():
        raise Failure(f"no load generator at {chosen.relay_load}; build it: swift build -c release --package-path {HERE}")
    for tool in ("taskset", "openssl"):
        if not shutil.which(tool):
            raise Failure(f"'{tool}' is not installed")
    kinds, lines = available(chosen.peers, chosen.gateway)
    if chosen.cores[0] == chosen.cores[1]:
        lines.append("only one core: load and peers share it, so rates and latencies mean little")
    for line in lines:
        print(line)
    if not kinds:
        raise Failure("nothing to measure")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = max(chosen.sessions + [chosen.idle])
    if 2 * most + 256 > hard:
        raise Failure(f"{most} sessions need more than the {hard} file descriptors allowed here")
    return kinds, most


def run(chosen, samples):
    kinds, most = prepare(chosen)
    os.sched_setaffinity(0, {chosen.cores[0]})  # The peers' core is theirs.
    with tempfile.TemporaryDirectory(prefix="relay-benchmark-") as folder:
        certificates = Certificates(folder)
        for mode in chosen.modes:
            home = Path(folder) / mode
            home.mkdir()
            run_mode(Site(mode, home, certificates, Path(chosen.relay_load).resolve(), *chosen.cores, most), kinds, chosen, samples)


class Interrupted(Exception):
    """SIGINT or SIGTERM came."""


def interrupt(number, _):
    # A second one must not keep us from stopping what was started.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    raise Interrupted(number)


def main():
    chosen = options()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, interrupt)
    samples = []
    status = 0
    try:
        run(chosen, samples)
    except Failure as failure:
        print(f"relay.py: {failure}", file=sys.stderr)
        status = 69
    except Interrupted as interrupted:
        print("interrupted", file=sys.stderr)
        status = 128 + interrupted.args[0]
    if samples:
        rows = report.summarize(samples)
        report.print_tables(rows)
        status = int(report.print_notes(rows, samples)) if status == 0 else status
        report.write(chosen.output, vars(chosen), samples, rows)
        print(f"\nraw results: {chosen.output}")
    return status


if __name__ == "__main__":
    sys.exit(main())
