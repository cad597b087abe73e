"""What sessions leave in a peer's memory: while they are idle, after many have come and gone, and while as many as possible are held.

Kernel memory (socket buffers) is in none of these numbers."""
import time

from .measurement import CONCURRENT, LoadRun, Sample, fill_latency
from .processes import Failure, memory

SETTLE = 3  # seconds after which a peer has given back what opening needed
HELD = 2  # seconds before held sessions send


def measure_memory(peer, case):
    """Measures a peer that has not served anything yet."""
    sample = Sample(case, peer.name, 1)
    try:
        sample.memory = {"idle": idle, "churn": churn, "hold": hold}[case.load](peer, case, sample)
    except Failure as failure:
        sample.failure = str(failure)
    return sample


def idle(peer, case, sample):
    """KB per session: right after opening, after a while, and the anonymous part of the latter."""
    fresh, fresh_anonymous = memory(peer.pid)
    with LoadRun(peer, case, 60, 0) as run:
        sample.raw = run.result()
        opened, _ = memory(peer.pid)
        time.sleep(SETTLE)
        settled, anonymous = memory(peer.pid)
    return {"opened": (opened - fresh) / case.sessions, "settled": (settled - fresh) / case.sessions,
            "anonymous": (anonymous - fresh_anonymous) / case.sessions}


def churn(peer, case, sample):
    """KB resident: fresh, after half of the sessions and after all; and bytes that each of the second half has left."""
    resident = [memory(peer.pid)[0]]
    half = case.sessions // 2
    for _ in range(2):
        with LoadRun(peer, case, 0, 0, connections=CONCURRENT, opens=half) as run:
            sample.raw = run.result()
            if sample.raw["opens"] < half:
                raise Failure(f"{sample.raw['opens']} of {half} sessions opened")
        time.sleep(SETTLE)
        resident.append(memory(peer.pid)[0])
    return dict(zip(("fresh", "half", "end"), resident), growth=(resident[2] - resident[1]) * 1024 / half)


def hold(peer, case, sample):
    """How many sessions answered when all of them were open; KB per session when they had."""
    fresh, _ = memory(peer.pid)
    with LoadRun(peer, case, HELD, 0) as run:
        raw = sample.raw = run.result()
        settled, _ = memory(peer.pid)
        run.finish()
    fill_latency(sample, raw, raw["messages"])
    if raw["messages"] < case.sessions:
        raise Failure(f"{raw['messages']} of {case.sessions} held sessions answered")
    return {"echoed": raw["messages"], "settled": (settled - fresh) / case.sessions}
