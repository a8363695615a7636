# chan: ping-pong over queues of one item (asyncio has no rendezvous), and 4 senders to 4 receivers over one of 64.
# python.py 1 MS
import asyncio
import sys
import time

MESSAGES = 20000


async def ping_pong():
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def echo():
        while True:
            await back.put(await there.get())

    task = asyncio.create_task(echo())
    for i in range(MESSAGES // 2):
        await there.put(i)
        assert await back.get() == i
    task.cancel()


async def four_by_four():
    items = asyncio.Queue(64)

    async def sender():
        for k in range(MESSAGES // 4):
            await items.put(k)

    async def receiver():
        for _ in range(MESSAGES // 4):
            await items.get()

    await asyncio.gather(*(task() for _ in range(4) for task in (sender, receiver)))


async def measure(work, one_round, budget):
    sent = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < budget:
        await one_round()
        sent += MESSAGES
    print(f"{work} {took * 1e9 / sent:.6g} ns")


async def main():
    budget = int(sys.argv[2]) / 1000
    await measure("pingpong", ping_pong, budget)
    await measure("chan4x4", four_by_four, budget)


asyncio.run(main())
