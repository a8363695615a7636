#!/usr/bin/env python3
"""httpd and its clients: curl, wrk, openssl, and those that nobody wants. usage: httpd.py PROGRAM..."""
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from example import *

BIG = os.urandom(1 << 16) * 256  # 16 MiB, more than sockets hold


def say(port, text, end=True):
    """What is answered to these bytes, by a server that closes after them."""
    s = connect(port)
    s.sendall(text.encode("latin-1"))
    if end:
        s.shutdown(socket.SHUT_WR)
    return read_all(s)


def status(port, head, end=True):
    return (say(port, head, end) or b"").split(b"\r\n")[0].decode()


def get(path, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n"


def curl(*args):
    return subprocess.run(["curl", "-s", "--max-time", str(LIMIT), *args], stdout=subprocess.PIPE).stdout


def requests(server):
    base = f"http://127.0.0.1:{server.port}"
    equal("a file", curl(f"{base}/big"), BIG)
    equal("a folder", curl(f"{base}/"), b"<p>home")
    equal("a folder below", curl(f"{base}/sub"), b"<p>sub")
    equal("a name with a percent", curl(f"{base}/a%20b%25.txt?query"), b"space")
    equal("an empty file", curl("-w", "%{http_code} %{content_type}", f"{base}/empty.txt"), b"200 text/plain")
    equal("two requests, one connection", curl("-w", "%{num_connects} ", f"{base}/empty.txt", f"{base}/empty.txt"),
          b"1 0 ")
    equal("HEAD", curl("-I", "-w", "%{http_code} %{size_download}", f"{base}/big").split()[-2:], [b"200", b"0"])
    refused = {
        "nothing": ("\r\n\r\n", "400 Bad Request"),
        "no host": ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        "a folded line": (get("/", "A: b\r\n c: d\r\n"), "400 Bad Request"),
        "no name": (get("/", ": b\r\n"), "400 Bad Request"),
        "a NUL": (get("/", "A: \0\r\n"), "400 Bad Request"),
        "a NUL in the path": (get("/%00"), "400 Bad Request"),
        "half a percent": (get("/%4"), "400 Bad Request"),
        "no slash": (get("index.html"), "400 Bad Request"),
        "HTTP/2": ("GET / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
        "nowhere": (get("/nowhere"), "404 Not Found"),
        "a file as a folder": (get("/big/x"), "404 Not Found"),
        "POST": ("POST / HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed"),
        "a body": (get("/", "Content-Length: 5\r\n") + "hello", "413 Content Too Large"),
        "a body in chunks": (get("/", "Transfer-Encoding: chunked\r\n"), "413 Content Too Large"),
        "a long head": (get("/", "A: " + "b" * 8192), "431 Request Header Fields Too Large"),
        "a way out": (get("/../secret"), "404 Not Found"),
        "a decoded way out": (get("/sub/%2e%2e/%2e./secret"), "404 Not Found"),
        "an absolute way out": (get("//etc/passwd"), "404 Not Found"),
        "a link out": (get("/out"), "404 Not Found"),
        "a fifo": (get("/fifo"), "403 Forbidden"),
    }
    for name, (head, wanted) in refused.items():
        equal(f"refused: {name}", status(server.port, head), f"HTTP/1.1 {wanted}")
    answers = say(server.port, get("/sub") * 50 + get("/", "Connection: close\r\n") + get("/big"))
    is_true("pipelined, until the close", answers.count(b"<p>sub") == 50 and answers.endswith(b"<p>home"), answers)
    is_true("half closed", say(server.port, get("/big")).endswith(BIG))


def bad_clients(server):
    slow = connect(server.port)
    for byte in get("/sub", "Connection: close\r\n").encode():
        slow.send(bytes([byte]))
    is_true("a byte at a time", read_all(slow).endswith(b"<p>sub"))
    for text in ["", "GET ", get("/big"), get("/big") * 20]:
        for _ in range(20):
            s = connect(server.port)
            s.sendall(text.encode())
            if "big" in text:
                s.recv(1000)
            reset(s)
    equal("after resets", status(server.port, get("/")), "HTTP/1.1 200 OK")


def impatient(backend, folder):
    with Example(backend, "httpd", "-i", 0.2, "-s", 0.3, "127.0.0.1", 0, folder) as server:
        equal("a head that never ends", status(server.port, "GET / HT", end=False), "HTTP/1.1 408 Request Timeout")
        equal("a connection that idles", say(server.port, "", end=False), b"")
        s = connect(server.port)
        s.sendall(get("/big").encode())
        until(lambda: server.held() != server.before)
        is_true("who does not read is left", until(lambda: server.held() == server.before))
        s.close()


def ending(backend, folder):
    with Example(backend, "httpd", "127.0.0.1", 0, folder) as server:
        idle, busy = connect(server.port), connect(server.port)
        idle.sendall(get("/sub").encode())
        idle.recv(1000)
        busy.sendall(get("/big").encode())
        got = busy.recv(1000)
        server.child.send_signal(signal.SIGTERM)
        equal("at the end: who idles is let go", read_all(idle), b"")
        is_true("at the end: an answer is finished", (got + read_all(busy)).endswith(BIG))
        equal("ends after its last answer", server.child.wait(LIMIT), 0)


def over_tls(backend, folder, keys):
    cert, key = keys / "cert.pem", keys / "key.pem"
    with Example(backend, "httpd", "127.0.0.1", 0, folder, cert, key) as server:
        url = f"https://localhost:{server.port}"
        here = ["--cacert", str(cert), "--resolve", f"localhost:{server.port}:127.0.0.1"]
        equal("TLS: a file", curl(*here, f"{url}/big"), BIG)
        equal("TLS: keep-alive", curl(*here, "-w", "%{num_connects} ", f"{url}/empty.txt", f"{url}/empty.txt"), b"1 0 ")
        client = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{server.port}"],
                                input=get("/sub", "Connection: close\r\n").encode(), stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, timeout=LIMIT)
        is_true("TLS: openssl s_client", client.stdout.endswith(b"<p>sub"), client.stdout)
        say(server.port, get("/"))
        for text in ["", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n"]:
            s = connect(server.port)
            s.sendall(text.encode("latin-1"))
            reset(s)


def main():
    many = crowd_size()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "served")
        (folder / "sub").mkdir(parents=True)
        Path(name, "secret").write_text("secret")
        for path, data in {"big": BIG, "index.html": b"<p>home", "sub/index.html": b"<p>sub", "a b%.txt": b"space",
                           "empty.txt": b""}.items():
            (folder / path).write_bytes(data)
        (folder / "out").symlink_to("../secret")
        os.mkfifo(folder / "fifo")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
                       cwd=name, check=True, stderr=subprocess.DEVNULL)
        for backend in BACKENDS:
            with Example(backend, "httpd", "127.0.0.1", 0, folder) as server:
                requests(server)
                bad_clients(server)
                if shutil.which("wrk"):
                    out = subprocess.run(["wrk", "-d1", "-c64", "-t1", f"http://127.0.0.1:{server.port}/sub"],
                                         stdout=subprocess.PIPE, text=True).stdout
                    is_true("wrk", "Requests/sec" in out and "Non-2xx" not in out and "Socket errors" not in out, out)
                else:
                    skip("wrk", "there is no wrk")
                crowd(server, many)
            impatient(backend, folder)
            ending(backend, folder)
            over_tls(backend, folder, Path(name))
    done()


main()
