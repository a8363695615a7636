"""The same work in one model after another. work.py MODEL WORKERS PORT ITEMS WAIT_MS COMPUTE_STEPS

MODEL is sequential, threads, asyncio or processes. An item asks a server, whose answer takes WAIT_MS, and computes so
many steps; either may be 0.
"""
import asyncio
import socket
import struct
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

port, items, wait_ms, steps = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6])
mine = threading.local()


def compute():
    x = 1
    for _ in range(steps):
        x = (x * 1664525 + 1013904223) & 0xffffffff
    return x


def ask():
    if not hasattr(mine, "connection"):
        mine.connection = socket.create_connection(("127.0.0.1", port))
        mine.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    mine.connection.sendall(struct.pack("d", wait_ms * 1e-3))
    mine.connection.recv(1)


def item(_):
    if wait_ms:
        ask()
    return compute() if steps else 0


async def lane(todo):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while todo:
        todo.pop()
        if wait_ms:
            writer.write(struct.pack("d", wait_ms * 1e-3))
            await reader.readexactly(1)
        if steps:
            compute()
    writer.close()


async def concurrently(workers):
    todo = list(range(items))
    await asyncio.gather(*(lane(todo) for _ in range(workers)))


def main():
    model, workers = sys.argv[1], int(sys.argv[2])
    if model == "sequential":
        for i in range(items):
            item(i)
    elif model == "asyncio":
        asyncio.run(concurrently(workers))
    else:
        with (ThreadPoolExecutor if model == "threads" else ProcessPoolExecutor)(workers) as pool:
            list(pool.map(item, range(items)))


if __name__ == "__main__":
    main()
