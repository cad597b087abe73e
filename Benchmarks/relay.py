#!/usr/bin/env python3
"""Compares the relay with nginx and HAProxy, side by side, in one run. README.md says what is measured and how to read it."""
import argparse
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from harness import plot, report
from harness.certificates import Certificates
from harness.measurement import CONCURRENT, ECHO_BYTES, JSON_BYTES, Case, Sample, measure
from harness.memory import measure_memory
from harness.peers import KINDS, available
from harness.processes import Failure, raise_descriptor_limit
from harness.site import MODES, Site

HERE = Path(__file__).resolve().parent
LOADS = ("closed", "paced")
PAYLOADS = ("binary", "json")
SPARE = 512  # file descriptors of a relay beside two per session


def options():
    def words(text):
        return [word for word in text.split(",") if word]

    def numbers(text):
        return [int(word) for word in words(text)]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", default=HERE.parent / ".build/release/voxgate", metavar="PATH", help="the voxgate binary")
    parser.add_argument("--relay-load", default=HERE / ".build/release/relay-load", metavar="PATH", help="the load generator")
    parser.add_argument("--peers", type=words, default=list(KINDS), help=f"{','.join(KINDS)}; direct is no relay at all")
    parser.add_argument("--modes", type=words, default=["plaintext", "tls-upstream"], help=",".join(MODES))
    parser.add_argument("--loads", type=words, default=list(LOADS), help=",".join(LOADS))
    parser.add_argument("--payloads", type=words, default=list(PAYLOADS), help=",".join(PAYLOADS))
    parser.add_argument("--sizes", type=numbers, default=[160, 640, 3200, 16384], help="bytes of binary messages; json has one size")
    parser.add_argument("--sessions", type=numbers, default=[50, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="the measured window of one run")
    parser.add_argument("--warm-up", type=float, default=0.4, help="seconds before the window")
    parser.add_argument("--quick", action="store_true", help="other defaults: one size, 50 sessions, one short round, messages alone")
    parser.add_argument("--idle", type=int, default=2000, metavar="N", help="memory of N idle sessions; 0 leaves it out, here and below")
    parser.add_argument("--churn", type=int, default=10000, metavar="N", help="memory as N sessions come and go")
    parser.add_argument("--hold", type=int, default=5000, metavar="N", help="N sessions at once, each of which answers at the end")
    parser.add_argument("--opens", action=argparse.BooleanOptionalAction, default=True,
                        help="sessions opened and closed as fast as it goes")
    parser.add_argument("--cores", type=numbers, metavar="LOAD,PEER", help="which two cores to use")
    parser.add_argument("--output", default=HERE / ".results/relay.json", metavar="PATH", help="the raw results")
    parser.add_argument("--plot", metavar="PATH", help="also: the ratios to nginx as an SVG")
    if "--quick" in sys.argv:
        parser.set_defaults(sizes=[640], sessions=[50], rounds=1, seconds=1, warm_up=0.3, idle=0, churn=0, hold=0, opens=False)
    chosen = parser.parse_args()
    for name, allowed in (("modes", MODES), ("loads", LOADS), ("payloads", PAYLOADS)):
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
        for payload in chosen.payloads:
            for size in chosen.sizes if payload == "binary" else [JSON_BYTES]:
                for sessions in chosen.sessions:
                    yield Case(mode, load, size, sessions, payload)
    if chosen.opens:
        yield Case(mode, "open", 0, CONCURRENT)


def memory_cases(mode, chosen):
    """Each of these needs a fresh process."""
    if chosen.idle:
        yield Case(mode, "idle", 0, chosen.idle)
    if chosen.churn:
        yield Case(mode, "churn", 0, chosen.churn)
    if chosen.hold:
        yield Case(mode, "hold", ECHO_BYTES, chosen.hold, "binary")


def run_mode(site, kinds, chosen, samples):
    """Starts the echo and all peers once, then measures them in turn, round by round."""
    with ExitStack() as stack:
        stack.callback(site.stop)
        site.start_echo()
        peers = [peer for peer in (start(kind, site, samples, stack) for kind in kinds) if peer]
        for case in cases(site.mode, chosen):
            for number in range(1, chosen.rounds + 1):
                for peer in filter(lambda peer: peer.takes(case), peers):
                    keep(samples, measure(peer, case, number, chosen.seconds, chosen.warm_up), chosen.rounds)
    with ExitStack() as stack:
        stack.callback(site.stop)
        site.start_echo()
        for case in memory_cases(site.mode, chosen):
            for kind in filter(lambda kind: kind.takes(case), kinds):
                run_memory(kind, site, case, samples)


def start(kind, site, samples, stack):
    """Answers the peer, which `stack` will stop, or None where it does not start: a failed sample of its own."""
    try:
        peer = kind(site)
        stack.callback(peer.stop)
        return peer
    except Failure as failure:
        keep(samples, Sample(Case(site.mode, "start", 0, 0), kind.name, 1, str(failure)), 1)
        return None


def run_memory(kind, site, case, samples):
    with ExitStack() as stack:
        peer = start(kind, site, samples, stack)
        if peer:
            keep(samples, measure_memory(peer, case), 1)


def keep(samples, sample, rounds):
    samples.append(sample)
    case = sample.case
    if sample.failure:
        result = f"failed: {sample.failure}"
    elif sample.memory:
        result = ", ".join(f"{name} {report.number(value, 1)}" for name, value in sample.memory.items())
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
    most = max(chosen.sessions + [chosen.idle, chosen.hold])
    limit = raise_descriptor_limit(2 * most + SPARE)
    room = (limit - SPARE) // 2
    for name in ("idle", "hold"):
        if getattr(chosen, name) > room:
            print(f"--{name} {getattr(chosen, name)}: only {room} sessions, because {limit} file descriptors are allowed here")
            setattr(chosen, name, room)
    if max(chosen.sessions) > room:
        raise Failure(f"{max(chosen.sessions)} sessions need more than the {limit} file descriptors allowed here")
    return kinds, min(most, room)


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
        if chosen.plot:
            plot.write(chosen.plot, rows)
            print(f"plot: {chosen.plot}")
    return status


if __name__ == "__main__":
    sys.exit(main())
