# starve: asyncio, and a task that is stuck. Two workers are two processes that share the port, one of them with the
# task. python.py WORKERS compute|block
import asyncio
import os
import socket
import sys
import time

STUCK = 0.05


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def get_stuck(how):
    while True:
        if how == "compute":
            until = time.monotonic() + STUCK
            while time.monotonic() < until:
                pass
        else:
            time.sleep(STUCK)
        await asyncio.sleep(0)


def listen(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("127.0.0.1", port))
    s.listen(4096)
    s.setblocking(False)
    return s


async def main(sock, how):
    server = await asyncio.get_running_loop().create_server(Echo, sock=sock)
    stuck = asyncio.create_task(get_stuck(how)) if how else None
    await server.serve_forever()
    return stuck


workers, how = int(sys.argv[1]), sys.argv[2]
sock = listen(0)
port = sock.getsockname()[1]
others = [listen(port) for _ in range(1, workers)]
for other in others:
    if os.fork() == 0:
        sock.close()
        sock, how = other, None
        break
else:
    print(port, flush=True)
for other in others:
    if other is not sock:
        other.close()
asyncio.run(main(sock, how))
