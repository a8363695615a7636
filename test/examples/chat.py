#!/usr/bin/env python3
"""chat and its guests, among them some that do not listen. usage: chat.py PROGRAM"""
import socket

from example import *


class Guest:
    def __init__(self, server, name):
        self.socket = connect(server.port)
        self.lines = self.socket.makefile("r", encoding="latin-1", newline="\n")
        self.hello = self.lines.readline()
        self.say(name)
        while self.hears() != "* welcome":  # who comes next is announced to this one
            pass

    def say(self, line):
        self.socket.sendall(line.encode("latin-1") + b"\n")

    def hears(self):
        return self.lines.readline().rstrip("\n")

    def leave(self):
        self.lines.close()
        self.socket.close()


def talk(server):
    ann = Guest(server, "ann")
    equal("is asked for a name", ann.hello, "* your name?\n")
    bob = Guest(server, "bob\r")
    equal("who comes is announced", ann.hears(), "bob has come")
    bob.say("hello")
    equal("is heard", ann.hears(), "bob: hello")
    ann.say("\033[2Jhi")
    equal("steers no terminal", bob.hears(), "ann: ?[2Jhi")
    for byte in b"slow\n":
        bob.socket.send(bytes([byte]))
    equal("a byte at a time", ann.hears(), "bob: slow")
    bob.socket.sendall(b"one\ntwo\nthree")
    bob.socket.shutdown(socket.SHUT_WR)
    equal("many at once, the last cut short", [ann.hears() for _ in range(3)], ["bob: one", "bob: two", "bob: three"])
    equal("who leaves is announced", ann.hears(), "bob has left")
    equal("half closed: gets what is left and the end", bob.hears(), "")
    bob.leave()
    eve = Guest(server, "eve")
    ann.hears()
    eve.lines.close()
    reset(eve.socket)
    equal("who is reset has left", ann.hears(), "eve has left")
    eve = Guest(server, "eve")
    ann.hears()
    eve.socket.sendall(b"x" * 5000)
    equal("who never ends a line is shown out", ann.hears(), "eve has left")
    eve.leave()
    nobody = connect(server.port)
    nobody.close()
    ann.leave()


def slow_guest(server):
    """One guest reads nothing while another talks: the third hears all of it, and the slow one is shown out."""
    good, talker = Guest(server, "good"), Guest(server, "talker")
    good.hears()
    slow = connect(server.port)
    slow.sendall(b"slow\n")
    equal("the slow one comes", [good.hears(), talker.hears()], ["slow has come"] * 2)
    said, left = 0, False
    while not left and said < 100000:
        talker.say(f"{said} " + "x" * 900)
        heard = good.hears()
        if heard == "slow has left":
            left, heard = True, good.hears()
        if not heard.startswith(f"talker: {said} "):
            break
        said += 1
    is_true("is shown out, and nobody waits for it", left, said, heard[:50])
    equal("who talks hears of it too", talker.hears(), "slow has left")
    is_true("and is told why, or cut off", (read_all(slow) or b"too slowly").rstrip().endswith(b"too slowly"))
    good.leave()
    talker.leave()


def crowded(server):
    guests = [Guest(server, "ann")]
    for i in range(100):
        guests.append(Guest(server, f"guest {i}"))
        guests[0].hears()
    guests[0].say("welcome")
    def first_welcome(guest):
        while (line := guest.hears()) and line != "ann: welcome":
            pass
        return line
    is_true("a hundred hear", all(first_welcome(guest) for guest in guests[1:]))
    for guest in guests:
        guest.leave()


def main():
    many = crowd_size()
    for backend in BACKENDS:
        with Example(backend, "chat", "127.0.0.1", 0) as server:
            talk(server)
            slow_guest(server)
            crowded(server)
            crowd(server, many)
        with Example(backend, "chat", "127.0.0.1", 0) as server:
            guests = []
            for i in range(50):
                guests.append(Guest(server, str(i)))
                if i:
                    guests[0].hears()  # or some would be cut off with their names unread
            nameless = connect(server.port)
            server.end()
            is_true("at the end", all(read_all(guest.socket) is not None for guest in guests))
            nameless.close()
    done()


main()
