"""Prints the rows as one table for people."""


def number(value):
    if value is None:
        return ""
    if value == 0 or value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def verdict(row):
    if not row["bar"]:
        return ""
    word = {True: "holds", False: "MISSED", None: "not judged"}[row["bar_held"]]
    return f"{row['bar']}: {word}"


def show(rows, benchmarks):
    columns = "{:24} {:>9}  {:17} {:>7} {:>7}  {}"
    work = None
    for row in rows:
        if row["work"] != work:
            work = row["work"]
            print(f"\n{work}: {row['title']} ({row['unit']}, {row['better']} is better)")
            print(columns.format("", "median", "spread", "/ hob", "/ best", "hob's bar").rstrip())
        name = "  " + row["contestant"] + (" (limit)" if row["limit"] else "") + (" *" if row["disturbed"] else "")
        spread = f"{number(row['low'])} .. {number(row['high'])}"
        print(columns.format(name, number(row["median"]), spread, number(row["to_hob"]), number(row["to_best_peer"]),
                             verdict(row)).rstrip())
    print()
    if any(row["disturbed"] for row in rows):
        print("* other processes kept more than a tenth of a core busy meanwhile: measure again on a quiet machine")
    for word, which in (("skipped", "skipped"), ("FAILED", "failed")):
        for b in benchmarks:
            names = [f"{c.name} ({getattr(c, which).splitlines()[0]})" for c in b.contestants if getattr(c, which)]
            if names:
                print(f"{word} in {b.name}: {', '.join(names)}")
