#!/usr/bin/env python3
"""Draws what bench/run --json has measured of this benchmark: plot.py FILE... > docs/starve.svg

Of several files the samples are put together. A line a runtime, from the median to the 99th percentile."""
import json
import math
import statistics
import sys

TOOLS = [("hob", "hob"), ("go", "Go"), ("tokio", "Tokio"), ("uv", "libuv"), ("node", "node"), ("python", "asyncio")]
PANELS = [("w1 compute", "computes 50 ms at a time, one worker"), ("w2 compute", "the same, two workers"),
          ("w1 block", "blocks 50 ms in a plain call, one worker"), ("w2 block", "the same, two workers")]
WIDTH, HEIGHT, LEFT, TOP, ROW = 900, 500, 78, 96, 24
PANEL_W, PANEL_H, GAP_X, GAP_Y = 350, 6 * ROW + 6, 62, 54
LOW, HIGH = 0.05, 5000.0  # ms
HOB, PEER, INK, SOFT = "#c2410c", "#64748b", "#1f2937", "#e5e7eb"


def load(paths):
    """(contestant, quantile) -> ms, the median of all samples."""
    samples = {}
    for path in paths:
        with open(path) as f:
            for row in json.load(f)["rows"]:
                if row["benchmark"] == "starve" and row["work"][-3:] in ("p50", "p99"):
                    samples.setdefault((row["contestant"], row["work"][-3:]), []).extend(row["samples"])
    return {key: statistics.median(values) / 1000 for key, values in samples.items()}


def x_of(ms):
    return PANEL_W * (math.log(ms) - math.log(LOW)) / (math.log(HIGH) - math.log(LOW))


def words(ms):
    if ms >= 1000:
        return f"{ms / 1000:.1f} s"
    return f"{ms:.2g} ms" if ms < 10 else f"{ms:.0f} ms"


def text(x, y, what, size=13, anchor="start", color=INK, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{color}" '
            f'font-weight="{weight}">{what}</text>')


def axis(x, y):
    out = []
    for ms, label in ((0.1, "0.1 ms"), (1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1000, "1 s")):
        at = x + x_of(ms)
        out.append(f'<line x1="{at:.1f}" y1="{y}" x2="{at:.1f}" y2="{y + PANEL_H}" stroke="{SOFT}"/>')
        out.append(text(at, y + PANEL_H + 16, label, 11, "middle", PEER))
    return out


def panel(values, suffix, title, x, y):
    out = [text(x, y - 10, title, 13, weight="bold")] + axis(x, y)
    for i, (tool, name) in enumerate(TOOLS):
        middle = y + ROW * i + ROW / 2 + 3
        color, weight = (HOB, "bold") if tool == "hob" else (PEER, "normal")
        out.append(text(x - 8, middle + 4, name, 12, "end", color if tool == "hob" else INK, weight))
        key = f"{tool} {suffix}"
        if (key, "p50") not in values:
            continue
        low, high = values[key, "p50"], values[key, "p99"]
        a, b = x + x_of(low), x + x_of(high)
        out.append(f'<line x1="{a:.1f}" y1="{middle}" x2="{b:.1f}" y2="{middle}" stroke="{color}" stroke-width="3"/>')
        out.append(f'<circle cx="{a:.1f}" cy="{middle}" r="5" fill="{color}"/>')
        out.append(f'<line x1="{b:.1f}" y1="{middle - 7}" x2="{b:.1f}" y2="{middle + 7}" stroke="{color}" '
                   f'stroke-width="3"/>')
        if b + 8 + 48 <= x + PANEL_W + 20:
            out.append(text(b + 8, middle + 4, words(high), 11, "start", color, weight))
        else:
            out.append(text(a - 10, middle + 4, words(high), 11, "end", color, weight))
    return out


def main():
    values = load(sys.argv[1:])
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'font-family="system-ui, Helvetica, Arial, sans-serif">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           text(20, 30, "One task in the wrong place: how long do the others wait?", 18, weight="bold"),
           text(20, 52, "An echo server at 4000 requests a second, and one task in it that never waits as it should. "
                        "Dot: median; bar: 99th percentile; log scale.", 12, color=PEER)]
    for i, (suffix, title) in enumerate(PANELS):
        out += panel(values, suffix, title, LEFT + (i % 2) * (PANEL_W + GAP_X + 30),
                     TOP + (i // 2) * (PANEL_H + GAP_Y))
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
