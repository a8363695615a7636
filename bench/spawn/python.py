# spawn: start and join a thousand asyncio tasks that do nothing, again and again. python.py 1 MS
import asyncio
import sys
import time

BATCH = 1000


async def nothing():
    pass


async def main():
    budget = int(sys.argv[2]) / 1000
    tasks = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < budget:
        await asyncio.gather(*(nothing() for _ in range(BATCH)))
        tasks += BATCH
    print(f"spawn {took * 1e9 / tasks:.6g} ns")


asyncio.run(main())
