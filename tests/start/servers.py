"""A real server of this checkout in a process of its own, on a free port and a data folder of its own."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from webapp.config import ROOT


@dataclass
class Server:
    process: subprocess.Popen[str]
    url: str
    data: Path
    log: Path

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def demo(self) -> dict[str, object]:
        return dict(json.loads((self.data / "demo.json").read_text("utf-8")))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def start(data: Path, *arguments: str, port: int | None = None, wait: float = 60, **environment: str) -> Server:
    """Start `bin/run`'s program and wait until it answers, or has ended."""
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}-{port}.log"
    settings = {"XINGPING_DATA": str(data), "HOST": "127.0.0.1", "PORT": str(port)} | environment
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.serve", *arguments],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
    server = Server(process, f"{'https' if '--lan' in arguments else 'http'}://127.0.0.1:{port}", data, log)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    ends = time.monotonic() + wait
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(
                f"{server.url}/healthz", timeout=2, context=trusting if server.url.startswith("https") else None
            ):
                return server
        except OSError:
            time.sleep(0.1)
    return server


def stop(server: Server) -> None:
    """End it and its worker, politely first."""
    if server.process.poll() is None:
        children = psutil.Process(server.process.pid).children(recursive=True)
        server.process.terminate()
        _, alive = psutil.wait_procs([psutil.Process(server.process.pid), *children], timeout=10)
        for process in alive:
            process.kill()
    server.process.wait()


@contextmanager
def running(data: Path, *arguments: str, port: int | None = None, **environment: str) -> Iterator[Server]:
    server = start(data, *arguments, port=port, **environment)
    try:
        assert server.process.poll() is None, server.said()
        yield server
    finally:
        stop(server)
