"""Turns samples into rows: medians, spread, ratios, and whether hob clears its bars."""
import operator
import os
import platform
import statistics
import time

from . import execute

HOLDS = {"<=": operator.le, ">=": operator.ge}


def named(contestants, name, work):
    return next((c for c in contestants if c.name in (name, name + " w1") and work in c.samples), None)


def median_of(contestants, name, work):
    found = named(contestants, name, work)
    return statistics.median(found.samples[work]) if found else None


def best_peer(contestants, work, workers, better):
    """Among contestants with as many workers that are neither hob nor the bare mechanism."""
    peers = [c for c in contestants
             if c.tool != "hob" and not c.limit and c.workers == workers and work in c.samples]
    return (min if better == "lower" else max)(peers, key=lambda c: statistics.median(c.samples[work]), default=None)


def disturbed(contestant):
    return statistics.median(contestant.others) > execute.DISTURBED


def judge_bar(bar, value, contestants, work, best):
    """`<= 12` or, beside another contestant of the same run, `>= 0.97 uring w1`; `best` is the best peer. None: that
    one is missing, or was disturbed."""
    sign, number, *other = bar.split()
    bound = float(number)
    if other:
        beside = best if other == ["best"] else named(contestants, " ".join(other), work)
        if beside is None or disturbed(beside):
            return None
        bound *= statistics.median(beside.samples[work])
    return HOLDS[sign](value, bound)


def ratio(value, other):
    return value / other if other else None


def rows(benchmark, judge):
    result = []
    for work, about in benchmark.works.items():
        for c in benchmark.contestants:
            if work not in c.samples:
                continue
            values = sorted(c.samples[work])
            middle = statistics.median(values)
            hob = median_of(benchmark.contestants, f"hob w{c.workers}", work) or \
                median_of(benchmark.contestants, "hob", work)
            best = best_peer(benchmark.contestants, work, c.workers, about["better"])
            bar = about.get("bars", {}).get(c.name)
            judged = bar and judge and not disturbed(c)
            result.append({
                "benchmark": benchmark.name, "work": work, "title": about["title"], "unit": about["unit"],
                "better": about["better"], "contestant": c.name, "workers": c.workers, "limit": c.limit,
                "median": middle, "low": values[0], "high": values[-1], "samples": c.samples[work],
                "to_hob": ratio(middle, hob),
                "to_best_peer": ratio(middle, best and statistics.median(best.samples[work])),
                "bar": bar,
                "bar_held": judge_bar(bar, middle, benchmark.contestants, work, best) if judged else None,
                "others": round(statistics.median(c.others), 3),
                "disturbed": disturbed(c),
            })
    return result


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def document(rows_, benchmarks, args, started):
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
        "machine": {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "kernel": platform.release()},
        "quick": args.quick,
        "rows": rows_,
        "skipped": [{"benchmark": b.name, "contestant": c.name, "why": c.skipped}
                    for b in benchmarks for c in b.contestants if c.skipped],
        "failed": [{"benchmark": b.name, "contestant": c.name, "why": c.failed}
                   for b in benchmarks for c in b.contestants if c.failed],
    }
