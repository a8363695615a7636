#!/usr/bin/env python3
"""fetch, and a server whose pages redirect, break off, never end, and count who is there. usage: fetch.py PROGRAM"""
import os
import socketserver
import subprocess
import threading

from example import *

PAGES = {
    "/": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhome",
    "/open": b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1000000,
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhome",
    "/none": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "/away": b"HTTP/1.1 302 Found\r\nLocation: deep/er?q\r\n\r\n",
    "/deep/er?q": b"HTTP/1.1 301 Moved\r\nLocation: //127.0.0.1:%d/open#part\r\n\r\n",
    "/round": b"HTTP/1.1 302 Found\r\nLocation: /round\r\n\r\n",
    "/ftp": b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/\r\n\r\n",
    "/noise": b"\0\1\2\r\n\r\n",
    "/long": b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20000 + b"\r\n\r\n",
    "/silent": b"",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Le",
}


class Handler(socketserver.StreamRequestHandler):
    """Counts those who are there at once, by the address they came to. A page is answered once as many are there as
    /many was told to wait for; so a limit that is too low is seen too, as a page that never comes."""

    def handle(self):
        site, path = self.server, self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        if path.startswith("/many/"):
            self.many(site, int(path.split("/")[2]))
        elif path == "/reset":
            reset(self.request)
        elif path == "/hang":
            self.rfile.read()  # until the client gives up
        else:
            page = PAGES.get(path, PAGES["/none"])
            self.wfile.write(page % site.server_address[1] if b"%d" in page else page)

    def many(self, site, limit):
        host = self.request.getsockname()[0]
        with site.change:
            site.there[host] = site.there.get(host, 0) + 1
            site.most[host] = max(site.most.get(host, 0), site.there[host])
            site.all = max(site.all, sum(site.there.values()))
            site.change.notify_all()
            site.change.wait_for(lambda: site.all >= limit, LIMIT)
            site.there[host] -= 1
        self.wfile.write(PAGES["/"])


class Site(socketserver.ThreadingTCPServer):
    daemon_threads, request_queue_size = True, 1024

    def __init__(self):
        super().__init__(("0.0.0.0", 0), Handler)
        self.change, self.there, self.most, self.all = threading.Condition(), {}, {}, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


def fetch(backend, urls, *args):
    """{url: (status, bytes)}, and the exit status."""
    ran = subprocess.run([programs["fetch"], *map(str, args)], input="\n".join(urls).encode(), stdout=subprocess.PIPE,
                         env={**os.environ, "HOB_BACKEND": backend}, timeout=LIMIT)
    rows = [line.split("\t") for line in ran.stdout.decode().splitlines()]
    return sorted((url, status, int(size)) for status, size, _, url in rows), ran.returncode


def answers(backend, site):
    base = f"http://127.0.0.1:{site.server_address[1]}"
    with listener() as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    wanted = {
        base: ("200", 4), f"{base}/": ("200", 4), f"{base}/open": ("200", 1000000), f"{base}/none": ("404", 0),
        f"{base}/away": ("200", 1000000), f"{base}/round": ("ELOOP", 0), f"{base}/ftp": ("EINVAL", 0),
        f"{base}/short": ("ENODATA", 4), f"{base}/noise": ("EPROTO", 0), f"{base}/long": ("E2BIG", 0),
        f"{base}/silent": ("EPROTO", 0), f"{base}/cut": ("ENODATA", 0), f"{base}/reset": ("ECONNRESET", 0),
        nobody: ("ECONNREFUSED", 0), "https://127.0.0.1/": ("EINVAL", 0), "http://": ("EINVAL", 0),
        "http://a b/": ("EINVAL", 0), "/": ("EINVAL", 0), "http://u@127.0.0.1/": ("EINVAL", 0),
        f"{base}/" + "x" * 5000: ("EINVAL", 0),
    }
    rows, code = fetch(backend, wanted)
    for row, (url, (status, size)) in zip(rows, sorted(wanted.items())):
        equal(f"{backend}: {url[:40].replace(base, '')} {status}", row, (url, status, size))
    equal(f"{backend}: as many lines as URLs", (len(rows), code), (len(wanted), 0))
    equal(f"{backend}: a deadline", fetch(backend, [f"{base}/hang"], "-d", 0.1)[0], [(f"{base}/hang", "ETIMEDOUT", 0)])
    equal(f"{backend}: nothing to do", fetch(backend, []), ([], 0))


def limits(backend):
    with Site() as site:
        port = site.server_address[1]
        urls = [f"http://127.0.0.{host}:{port}/many/10/{i}" for i in range(30) for host in range(1, 5)]
        rows, code = fetch(backend, urls, "-h", 3, "-t", 10)
        equal(f"{backend}: all are got", ({row[1:] for row in rows}, len(rows), code), ({("200", 4)}, 120, 0))
        is_true(f"{backend}: three a host and ten in all, no more and no fewer",
                site.all == 10 and len(site.most) == 4 and max(site.most.values()) == 3, site.all, site.most)
        site.shutdown()


def main():
    with Site() as site:
        for backend in BACKENDS:
            answers(backend, site)
            limits(backend)
        site.shutdown()
    done()


main()
