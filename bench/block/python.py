# block: a thousand calls that block a millisecond, twice; then empty calls, one after the other. asyncio's default pool
# (a few threads more than cores), or one of that many THREADS. python.py 1 MS [THREADS]
import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor

CALLS = 1000
BATCH = 100


def nothing():
    pass


async def thousand(work):
    start = time.monotonic()
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.001) for _ in range(CALLS)))
    print(f"{work} {(time.monotonic() - start) * 1e3:.6g} ms")


async def offload():
    budget = int(sys.argv[2]) / 1000
    calls = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < budget:
        for _ in range(BATCH):
            await asyncio.to_thread(nothing)
        calls += BATCH
    print(f"offload {took * 1e6 / calls:.6g} us")


def enlarge():
    if len(sys.argv) > 3:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(int(sys.argv[3])))


async def thousands():
    enlarge()
    await thousand("block1000")
    await thousand("block1000_again")


async def empty():
    enlarge()
    await offload()


asyncio.run(thousands())
asyncio.run(empty())
