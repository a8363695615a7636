# switch: two asyncio tasks yield to each other. python.py 1 MS
import asyncio
import sys
import time

stop = False


async def other():
    while not stop:
        await asyncio.sleep(0)


async def main():
    global stop
    budget = int(sys.argv[2]) / 1000
    task = asyncio.create_task(other())
    rounds = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < budget:
        for _ in range(1000):
            await asyncio.sleep(0)
        rounds += 1000
    stop = True
    await task
    print(f"switch {took * 1e9 / (2 * rounds):.6g} ns")


asyncio.run(main())
