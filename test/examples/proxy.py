#!/usr/bin/env python3
"""proxy, between clients and servers that end in every way there is. usage: proxy.py PROGRAM"""
import os
import select
import socket
import threading

from example import *

BIG = os.urandom(1 << 16) * 128  # 8 MiB, more than sockets hold


def pair(server, upstream):
    """A client's end, and the upstream's end of the same connection."""
    client = connect(server.port)
    there, _ = upstream.accept()
    there.settimeout(LIMIT)
    return client, there


def is_reset(s):
    """Whether what comes next is a reset; bytes before it are passed over."""
    return read_all(s) is None


def is_turned_away(port):
    """Whether a connection is reset, which may be as early as in connect()."""
    try:
        return is_reset(connect(port))
    except ConnectionResetError:
        return True


def is_broken(s):
    """Whether a reset comes after the end: recv would go on saying that it has ended."""
    poll = select.poll()
    poll.register(s, 0)
    events = poll.poll(LIMIT * 1000)
    s.close()
    return bool(events and events[0][1] & select.POLLERR)


def ways(server, upstream):
    client, there = pair(server, upstream)
    client.sendall(b"ping")
    equal("there", there.recv(10), b"ping")
    there.sendall(b"pong")
    equal("and back", client.recv(10), b"pong")
    client.shutdown(socket.SHUT_WR)
    equal("a half-close is handed on", there.recv(10), b"")
    sender = threading.Thread(target=there.sendall, args=[BIG])
    sender.start()
    got = bytearray()
    while len(got) < len(BIG):
        got += client.recv(65536)
    sender.join()
    is_true("and the other direction goes on", bytes(got) == BIG)
    there.close()
    equal("until it ends too", read_all(client), b"")

    client, there = pair(server, upstream)
    there.shutdown(socket.SHUT_WR)
    equal("a half-close of the server", client.recv(10), b"")
    client.sendall(b"more")
    client.close()
    equal("leaves the client its say", read_all(there), b"more")

    client, there = pair(server, upstream)
    reset(client)
    is_true("a client's reset is handed on", is_reset(there))

    client, there = pair(server, upstream)
    reset(there)
    is_true("a server's reset is handed on", is_reset(client))

    client, there = pair(server, upstream)
    client.shutdown(socket.SHUT_WR)
    equal("half closed, then reset: the first", there.recv(10), b"")
    reset(client)
    is_true("half closed, then reset: the second", is_broken(there))

    client, there = pair(server, upstream)
    reset_while_full(client, there)


def fill(s):
    """Sends until nothing more is taken; how many bytes were."""
    sent = 0
    s.settimeout(0.2)
    try:
        while sent < 1 << 30:
            sent += s.send(BIG)
    except TimeoutError:
        pass
    s.settimeout(LIMIT)
    return sent


def reset_while_full(client, there):
    sent = fill(client)
    is_true("who does not read holds up who sends", sent < 1 << 30, sent)
    got = 0
    while got < sent:
        got += len(there.recv(1 << 20))
    equal("and then gets every byte", got, sent)
    fill(client)
    reset(there)
    is_true("a reset frees who is held up", is_reset(client))


def both_ends(backend):
    """A thousand connections through the proxy to our own listener; half of them close and half are reset."""
    with listener() as upstream, Example(backend, "proxy", "127.0.0.1", 0, *upstream.getsockname()) as server:
        pairs = [pair(server, upstream) for _ in range(1000)]
        for i, (client, there) in enumerate(pairs):
            reset(client) if i % 2 else client.close()
        ends = [read_all(there) for _, there in pairs]
        is_true("a thousand", ends == [b"", None] * 500, ends[:4])


def main():
    crowd_size(5000)
    for backend in BACKENDS:
        both_ends(backend)
        with listener() as upstream:
            port = upstream.getsockname()[1]
            with Example(backend, "proxy", "127.0.0.1", 0, "127.0.0.1", port) as server:
                ways(server, upstream)
            with Example(backend, "proxy", "127.0.0.1", 0, "127.0.0.1", port) as server:
                clients = [pair(server, upstream) for _ in range(200)]
                for client, there in clients:  # each is through
                    client.sendall(b"x")
                    there.recv(1)
                server.end()
                is_true("at the end all are cut", all(is_reset(s) for ends in clients for s in ends))
        with Example(backend, "proxy", "127.0.0.1", 0, "127.0.0.1", port) as server:
            is_true("no upstream", all(is_turned_away(server.port) for _ in range(200)))
    done()


main()
