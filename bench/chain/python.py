# chain: each asyncio task starts and joins the next, a thousand deep. python.py 1 MS
import asyncio
import sys
import time

DEPTH = 1000


async def link(left):
    if left:
        await asyncio.create_task(link(left - 1))


async def main():
    budget = int(sys.argv[2]) / 1000
    tasks = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < budget:
        await link(DEPTH)
        tasks += DEPTH
    print(f"chain {took * 1e9 / tasks:.6g} ns")


asyncio.run(main())
