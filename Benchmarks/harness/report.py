"""Medians, the tables, and the raw results."""
import json
import os
import platform
from pathlib import Path
from statistics import median

RELAY = (["mode", "load", "bytes", "sessions", "peer", "CPU µs/message", "of nginx", "core", "messages/s", "p50 µs", "p99 µs"],
         lambda row: [row["mode"], row["load"], row["bytes"], row["sessions"], row["peer"], number(row["cpu"], 2),
                      number(row["ratio"], 2), percent(row["core"]), number(row["rate"], 0), number(row["p50"], 0),
                      number(row["p99"], 0)])
OPENS = (["mode", "peer", "CPU µs/session", "of nginx", "sessions/s", "p50 µs", "p99 µs"],
         lambda row: [row["mode"], row["peer"], number(row["cpu"], 0), number(row["ratio"], 2), number(row["rate"], 0),
                      number(row["p50"], 0), number(row["p99"], 0)])
IDLE = (["mode", "sessions", "peer", "KB/idle session"],
        lambda row: [row["mode"], row["sessions"], row["peer"], number(row["kilobytes"], 1)])
TABLES = (("Relaying", ("closed", "paced"), RELAY), ("Opening and closing sessions", ("open",), OPENS),
          ("Resident memory of idle sessions", ("idle",), IDLE))


def summarize(samples):
    """One row per case and peer, in the order in which they were measured."""
    rows = []
    for case in dict.fromkeys(sample.case for sample in samples):
        here = [sample for sample in samples if sample.case == case]
        nginx = {sample.round: sample.cpu_microseconds for sample in here if sample.peer == "nginx" and not sample.failure}
        for peer in dict.fromkeys(sample.peer for sample in here):
            good = [sample for sample in here if sample.peer == peer and not sample.failure]
            # Against nginx of the same round, so that a machine that slows down does not count as a difference.
            ratios = [sample.cpu_microseconds / nginx[sample.round] for sample in good
                      if sample.cpu_microseconds and nginx.get(sample.round)]
            rows.append({
                "mode": case.mode, "load": case.load, "bytes": case.bytes, "sessions": case.sessions, "peer": peer,
                "rounds": len(good), "cpu": middle(good, "cpu_microseconds"), "ratio": median(ratios) if ratios else None,
                "core": middle(good, "peer_cpu_share"), "rate": middle(good, "rate"), "p50": middle(good, "p50"),
                "p99": middle(good, "p99"), "p999": middle(good, "p999"), "kilobytes": middle(good, "kilobytes"),
                "overloaded": any(sample.overloaded for sample in good),
            })
    return rows


def print_tables(rows):
    for title, loads, (heads, cells) in TABLES:
        chosen = [row for row in rows if row["load"] in loads]
        if chosen:
            print(f"\n{title}")
            print_table(heads, chosen, cells)


def print_table(heads, rows, cells):
    lines = [heads] + [[str(cell) for cell in cells(row)] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    previous = None
    for line, row in zip(lines, [None] + rows):
        case = row and (row["mode"], row["load"], row["bytes"], row["sessions"])
        if case != previous:
            print()
        previous = case
        # Names to the left, numbers to the right.
        print("  ".join(text.ljust(width) if heads[column] in ("mode", "load", "peer") else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths))).rstrip())


def print_notes(rows, samples):
    """What a reader must know beside the numbers. Answers whether anything failed."""
    for row in rows:
        if row["overloaded"]:
            print(f"\noverloaded: {row['peer']}, {row['mode']} paced {row['bytes']} B x {row['sessions']}: fell behind the pace, "
                  "so its latency is that of a queue", end="")
    print()
    failed = [sample for sample in samples if sample.failure]
    for sample in failed:
        print(f"failed: {sample.peer}, {sample.case}, round {sample.round}: {sample.failure}")
    return bool(failed)


def write(path, options, samples, rows):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "machine": {"system": platform.platform(), "cores": os.cpu_count()}, "options": options, "medians": rows,
        "samples": [sample.as_dictionary() for sample in samples]}, indent=1, default=str) + "\n")


def middle(samples, field):
    values = [getattr(sample, field) for sample in samples if getattr(sample, field) is not None]
    return median(values) if values else None


def number(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def percent(share):
    return "-" if share is None else f"{100 * share:.0f} %"
