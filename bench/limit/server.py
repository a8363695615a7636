#!/usr/bin/env python3
"""A server that slows down where more than KNEE ask at once, by (n / KNEE) ^ POWER, and refuses where more than REFUSE
do. server.py KNEE POWER REFUSE MS [dynamic]: prints its port. `dynamic`: those that ask now slow each other down, for
as long as they are there; otherwise each is as slow as it was full when it came.
Asked for "stats" it answers one line, the most at once and the most after the first second, and forgets."""
import asyncio
import sys
import time

knee, power, refuse, service = (float(word) for word in sys.argv[1:5])
dynamic = sys.argv[5:] == ["dynamic"]
inside, most, late, first = 0, 0, 0, 0.0


def slow():
    return max(1.0, (inside / knee) ** power)


async def serve():
    if not dynamic:
        await asyncio.sleep(service / 1000 * slow())
        return
    left, step = service / 1000, min(0.005, service / 5000)
    while left > 0:
        before = time.monotonic()
        await asyncio.sleep(step)
        left -= (time.monotonic() - before) / slow()


async def answer(reader, writer):
    global inside, most, late, first
    line = await reader.readline()
    if line == b"stats\n":
        writer.write(f"{most} {late}\n".encode())
        most = late = 0
        first = 0.0
    else:
        first = first or time.monotonic()
        inside += 1
        most = max(most, inside)
        if time.monotonic() - first > 1:
            late = max(late, inside)
        if inside > refuse:
            writer.write(b"no\n")
        else:
            await serve()
            writer.write(b"ok\n")
        inside -= 1
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
