"""Processes that the benchmark starts: pinned to a core, logged to a file, stopped by their own pid."""
import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path


class Failure(Exception):
    """Why a measurement, or the whole run, cannot go on."""


class Process:
    """A child on one core, as nice to the others there as it is told. Its output goes to a log file, except stdout where `reads` is set."""

    def __init__(self, name, command, core, folder, reads=False, nice=0):
        self.name = name
        self.log = Path(folder) / f"{name}.log"
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                ["nice", "-n", str(nice), "taskset", "-c", str(core), *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads else log, stderr=log, text=True,
                start_new_session=True)  # Ctrl-C is ours alone; we stop the children in order.
        group = Path(f"/proc/{self.child.pid}/autogroup")
        if nice and group.exists():
            # Where each login has its share of the processor (sched(7)), being nice counts within it alone.
            group.write_text(str(nice))

    @property
    def pid(self):
        return self.child.pid

    def children(self):
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def tail(self):
        """The last lines of the log, for an error message."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "nothing in its log"

    def require_running(self):
        if self.child.poll() is not None:
            raise Failure(f"{self.name} ended with code {self.child.returncode}: {self.tail()}")

    def stop(self):
        if self.child.poll() is None:
            descendants = self.children()
            self.child.terminate()
            try:
                self.child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                for pid in descendants:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
        if self.child.stdout:
            self.child.stdout.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what):
    """Polls until `condition` answers something true, and returns that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise Failure(f"{what}: not within {seconds} s")


def memory(pid):
    """Resident memory in KB: all of it, and the anonymous part, which is heap and stacks without the program's own pages."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        text = ""
    fields = dict(line.split(":", 1) for line in text.splitlines())
    if "VmRSS" not in fields:
        raise Failure(f"process {pid} has ended")
    return tuple(int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon"))


def raise_descriptor_limit(wanted):
    """Raises it as far as possible, beyond the hard limit where that is allowed; answers what it is now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(wanted, hard), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
        except (OSError, ValueError):
            continue
    return hard
