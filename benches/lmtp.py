#!/usr/bin/env python3
"""Measures deliveries by LMTP: messages a second, and how long a message takes from its last octet to its reply.

Wants a node that listens for LMTP (`lmtp.listen`) and accounts u0@example.org, u1@example.org, ... Each connection
delivers messages of some 4 KB one after the other, to an account of its own or, with --accounts 1, all to the same.

  benches/lmtp.py PORT --connections 10 --messages 2000 --accounts 1
"""

import argparse
import random
import socket
import threading
import time

WORDS = [f"word{n}" for n in range(5000)]


def message(seed):
    """Some 4 KB of text that no other seed has."""
    chosen = random.Random(seed)
    lines = "\r\n".join(" ".join(chosen.choices(WORDS, k=9)) for _ in range(55))
    return (f"From: Sender {seed % 97} <s{seed % 97}@example.net>\r\nTo: u@example.org\r\nSubject: measurement {seed}\r\n"
            f"Message-ID: <{seed}.{time.time_ns()}@example.net>\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\n{lines}\r\n")


class Client:
    """One connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.replies = self.socket.makefile("rb")
        self.expect(b"220")
        self.say("LHLO measurement\r\n", b"250")

    def say(self, text, code):
        self.socket.sendall(text.encode())
        self.expect(code)

    def expect(self, code):
        while True:
            line = self.replies.readline()
            if line[3:4] != b"-":
                break
        if not line.startswith(code):
            raise SystemExit(f"answered {line!r}")

    def deliver(self, recipient, text):
        """Seconds from the end of the message to its reply."""
        self.say("MAIL FROM:<s@example.net>\r\n", b"250")
        self.say(f"RCPT TO:<{recipient}>\r\n", b"250")
        self.say("DATA\r\n", b"354")
        begun = time.perf_counter()
        self.say(text + ".\r\n", b"250")
        return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--accounts", type=int, default=1)
    arguments = parser.parse_args()
    share = arguments.messages // arguments.connections
    texts = [[message(n * share + k) for k in range(share)] for n in range(arguments.connections)]
    taken = []

    def run(n):
        client = Client(arguments.port)
        for text in texts[n]:
            taken.append(client.deliver(f"u{n % arguments.accounts}@example.org", text))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(arguments.connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    taken.sort()
    median, late = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    print(f"{len(taken)} messages, {arguments.connections} connections, {arguments.accounts} accounts: "
          f"{len(taken) / seconds:.0f} a second, p50 {median * 1000:.1f} ms, p99 {late * 1000:.1f} ms")


if __name__ == "__main__":
    main()
