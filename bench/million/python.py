# million: that many asyncio tasks asleep at once, all until the same instant. python.py 1 TASKS SECONDS
import asyncio
import os
import sys
import time

asleep = 0


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


async def sleeper(wake):
    global asleep
    asleep += 1
    await asyncio.sleep(wake - time.monotonic())


async def main():
    count, seconds = int(sys.argv[2]), int(sys.argv[3])
    before = resident()
    start = time.monotonic()
    wake = start + seconds
    tasks = [asyncio.create_task(sleeper(wake)) for _ in range(count)]
    while asleep < count:
        await asyncio.sleep(0)
    if time.monotonic() > wake:
        sys.exit("late: more seconds are needed")
    print(f"million_spawn {time.monotonic() - start:.6g} s")
    print(f"million_bytes {(resident() - before) / count:.6g} B")
    for task in tasks:
        await task
    print(f"million_wake {time.monotonic() - wake:.6g} s")


asyncio.run(main())
