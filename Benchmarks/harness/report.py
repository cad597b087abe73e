"""Medians, the tables, and the raw results."""
import json
import os
import platform
from pathlib import Path
from statistics import median

PERCENTILES = ("p50", "p99", "p999")


def summarize(samples):
    """One row per case and peer, in the order in which they were measured."""
    rows = []
    for case in dict.fromkeys(sample.case for sample in samples):
        here = [sample for sample in samples if sample.case == case]
        nginx, direct = ({sample.round: sample for sample in here if sample.peer == name and not sample.failure}
                         for name in ("nginx", "direct"))
        for peer in dict.fromkeys(sample.peer for sample in here):
            good = [sample for sample in here if sample.peer == peer and not sample.failure]
            row = {
                "mode": case.mode, "load": case.load, "payload": case.payload, "bytes": case.bytes, "message": case.message,
                "sessions": case.sessions, "peer": peer, "rounds": len(good),
                "cpu": middle(sample.cpu_microseconds for sample in good),
                # Against nginx of the same round, so that a machine that slows down does not count as a difference.
                "ratio": middle(quotient(sample.cpu_microseconds, other.cpu_microseconds) for sample, other in pairs(good, nginx)),
                "core": middle(sample.peer_cpu_share for sample in good), "rate": middle(sample.rate for sample in good),
                "overloaded": any(sample.overloaded for sample in good),
                "memory": good[0].memory if good else None,
            }
            for name in PERCENTILES:
                row[name] = middle(getattr(sample, name) for sample in good)
                row[f"added_{name}"] = middle(difference(sample, other, name) for sample, other in pairs(good, direct))
                row[f"over_nginx_{name}"] = middle(difference(sample, other, name) for sample, other in pairs(good, nginx))
            row["added_ratio"] = middle(
                quotient(difference(sample, direct[sample.round], "p50"), difference(other, direct[sample.round], "p50"))
                for sample, other in pairs(good, nginx) if sample.round in direct)
            rows.append(row)
    return rows


def pairs(samples, others):
    """Each sample with the one of the same round among `others`."""
    return [(sample, others[sample.round]) for sample in samples if sample.round in others]


def difference(sample, other, name):
    mine, theirs = getattr(sample, name), getattr(other, name)
    return None if mine is None or theirs is None else mine - theirs


def quotient(value, base):
    return value / base if value and base and base > 0 else None


def middle(values):
    values = [value for value in values if value is not None]
    return median(values) if values else None


def number(value, digits=0, sign=""):
    return "-" if value is None else f"{value:{sign},.{digits}f}"


def percent(share):
    return "-" if share is None else f"{100 * share:.0f} %"


def kept(row, name, digits=1, unit=1):
    return number(row["memory"] and row["memory"][name] / unit, digits)


def column(name, digits=0, sign=""):
    return lambda row: number(row[name], digits, sign)


def text(name):
    return lambda row: str(row[name])


CASE = {"mode": text("mode"), "load": text("load"), "message": text("message"), "sessions": text("sessions"), "peer": text("peer")}
BRIEF = {"mode": text("mode"), "sessions": text("sessions"), "peer": text("peer")}
LATENCY = {"p50 µs": column("p50"), "p99 µs": column("p99"), "p99.9 µs": column("p999")}
TABLES = (
    ("Relaying", ("closed", "paced"), {
        **CASE, "CPU µs/message": column("cpu", 2), "of nginx": column("ratio", 2), "core": lambda row: percent(row["core"]),
        "messages/s": column("rate"), **LATENCY}),
    ("Added latency: more than without a relay, and more than nginx", ("paced",), {
        **CASE, "+p50 µs": column("added_p50", 0, "+"), "+p99 µs": column("added_p99", 0, "+"),
        "+p99.9 µs": column("added_p999", 0, "+"), "+p50 of nginx": column("added_ratio", 2),
        "p50 - nginx": column("over_nginx_p50", 0, "+"), "p99 - nginx": column("over_nginx_p99", 0, "+"),
        "p99.9 - nginx": column("over_nginx_p999", 0, "+")}),
    ("Opening and closing sessions", ("open",), {
        "mode": text("mode"), "peer": text("peer"), "CPU µs/session": column("cpu"), "of nginx": column("ratio", 2),
        "sessions/s": column("rate"), "p50 µs": column("p50"), "p99 µs": column("p99")}),
    ("Resident memory of idle sessions, KB each", ("idle",), {
        **BRIEF, "opened": lambda row: kept(row, "opened"), "after 3 s": lambda row: kept(row, "settled"),
        "of it anonymous": lambda row: kept(row, "anonymous")}),
    ("Resident memory as sessions come and go", ("churn",), {
        **BRIEF, "fresh MB": lambda row: kept(row, "fresh", 1, 1024), "half MB": lambda row: kept(row, "half", 1, 1024),
        "end MB": lambda row: kept(row, "end", 1, 1024), "bytes/session since half": lambda row: kept(row, "growth", 1)}),
    ("Sessions held at once, one message through each at the end", ("hold",), {
        **BRIEF, "answered": lambda row: kept(row, "echoed", 0), "KB/session": lambda row: kept(row, "settled"), **LATENCY}),
)


def print_tables(rows):
    for title, loads, columns in TABLES:
        chosen = [row for row in rows if row["load"] in loads]
        if "+p50 µs" in columns:
            chosen = [row for row in chosen if row["peer"] != "direct"]
        if chosen:
            print(f"\n{title}")
            print_table(columns, chosen)


def print_table(columns, rows):
    lines = [list(columns)] + [[cell(row) for cell in columns.values()] for row in rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    previous = None
    for line, row in zip(lines, [None] + rows):
        case = row and (row["mode"], row["load"], row["message"], row["sessions"])
        if case != previous:
            print()
        previous = case
        # Names to the left, numbers to the right.
        print("  ".join(cell.ljust(width) if name in ("mode", "load", "peer") else cell.rjust(width)
                        for name, cell, width in zip(columns, line, widths)).rstrip())


def print_notes(rows, samples):
    """What a reader must know beside the numbers. Answers whether anything failed."""
    for row in rows:
        if row["overloaded"]:
            print(f"\noverloaded: {row['peer']}, {row['mode']} paced {row['message']} x {row['sessions']}: fell behind the pace, "
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
