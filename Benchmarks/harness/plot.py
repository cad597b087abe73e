"""The ratios to nginx as one SVG of bars, readable on light and on dark pages."""
from html import escape
from pathlib import Path

# Of each peer, for light and for dark pages; nginx is the line at 1.
COLOURS = {
    "haproxy": ("#8c959f", "#6e7681"), "gateway": ("#0969da", "#4493f8"),
    "gateway-inspect": ("#1a7f37", "#3fb950"), "gateway-json": ("#bc4c00", "#db6d28"),
}
NAMES = {"closed": "saturated", "paced": "paced, 20 ms", "plaintext": "plaintext", "tls-upstream": "TLS upstream",
         "tls-both": "TLS on both sides"}
WIDTH, LABEL, BAR, GAP, HEAD, FOOT, BETWEEN = 460, 118, 11, 9, 34, 26, 24
TOP, EDGE = 66, 20


def draw(rows):
    """The text of the SVG; rows are those of report.summarize."""
    rows = [row for row in rows if row["load"] in ("closed", "paced") and row["peer"] in COLOURS and row["ratio"] is not None]
    limit = scale(max((row["ratio"] for row in rows), default=1))
    modes, loads = (list(dict.fromkeys(row[name] for row in rows)) for name in ("mode", "load"))
    body, y = [], TOP
    for mode in modes:
        panels = [panel(EDGE + place * (WIDTH + BETWEEN), y, f"{NAMES[mode]}, {NAMES[load]}", limit,
                        [row for row in rows if (row["mode"], row["load"]) == (mode, load)]) for place, load in enumerate(loads)]
        body += [part for part, _ in panels]
        y += max(height for _, height in panels) + BETWEEN
    width, height = 2 * EDGE + max(1, len(loads)) * (WIDTH + BETWEEN) - BETWEEN, y
    peers = [peer for peer in COLOURS if any(row["peer"] == peer for row in rows)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        'aria-label="CPU per relayed message, as a ratio to nginx">',
        style(), f'<rect class="page" width="{width}" height="{height}"/>',
        f'<text class="title" x="{EDGE}" y="28">CPU per relayed message (size × sessions), nginx = 1; shorter is cheaper</text>',
        legend(peers), *body, "</svg>", ""])


def style():
    def rules(shade):
        page, ink, faint, line = (("#ffffff", "#1f2328", "#59636e", "#d1d9e0"), ("#0d1117", "#e6edf3", "#9198a1", "#3d444d"))[shade]
        bars = "".join(f".{peer}{{fill:{colours[shade]}}}" for peer, colours in COLOURS.items())
        return (f".page{{fill:{page}}}text{{fill:{ink}}}.faint{{fill:{faint}}}.grid{{stroke:{line}}}.one{{stroke:{ink}}}{bars}")

    return ("<style>text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif}.title{font-size:15px;font-weight:600}"
            ".head{font-weight:600}.value{font-size:10px}.one{stroke-width:1.5}"
            f"{rules(0)}@media (prefers-color-scheme:dark){{{rules(1)}}}</style>")


def legend(peers):
    parts, x = [], EDGE
    for peer in peers:
        parts.append(f'<rect class="{peer}" x="{x}" y="41" width="11" height="11" rx="2"/><text x="{x + 16}" y="51">{escape(peer)}</text>')
        x += 34 + 7 * len(peer)
    return "".join(parts)


def panel(x, y, title, limit, rows):
    """One mode under one load; answers the drawing and its height."""
    def at(ratio):
        return round(x + LABEL + ratio / limit * (WIDTH - LABEL - 38), 1)

    parts = [f'<text class="head" x="{x}" y="{y + 14}">{escape(title)}</text>']
    bars, position = [], y + HEAD
    for case in dict.fromkeys((row["message"], row["sessions"]) for row in rows):
        here = [row for row in rows if (row["message"], row["sessions"]) == case]
        middle = position + len(here) * BAR / 2 + 4
        bars.append(f'<text class="faint" x="{x + LABEL - 8}" y="{middle}" text-anchor="end">{escape(case[0])} × {case[1]}</text>')
        for row in here:
            end, base = at(row["ratio"]), at(0)
            bars.append(f'<rect class="{row["peer"]}" x="{base}" y="{position}" width="{round(end - base, 1)}" height="{BAR - 2}" rx="1"/>'
                        f'<text class="value" x="{x + WIDTH}" y="{position + BAR - 3}" text-anchor="end">{row["ratio"]:.2f}</text>')
            position += BAR
        position += GAP
    step = limit / 4
    for tick in range(5):
        line = at(tick * step)
        parts.append(f'<line class="grid" x1="{line}" y1="{y + HEAD - 6}" x2="{line}" y2="{position}"/>'
                     f'<text class="faint value" x="{line}" y="{position + 14}" text-anchor="middle">{tick * step:g}</text>')
    parts += bars
    parts.append(f'<line class="one" x1="{at(1)}" y1="{y + HEAD - 6}" x2="{at(1)}" y2="{position}"/>'
                 f'<text class="value" x="{at(1)}" y="{y + HEAD - 9}" text-anchor="middle">nginx</text>')
    return "\n".join(parts), position + FOOT - y


def scale(highest):
    """The end of the axis: four even steps."""
    return next((limit for limit in (1.6, 2, 3, 4, 6, 8, 12, 20) if highest <= limit), highest)


def write(path, rows):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draw(rows))
