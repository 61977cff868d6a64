"""`bin/run`: lock the data folder, bring the database up to date, make the demo world at the first start, serve.

Known demo passwords exist only while nobody but this machine can reach the server; on any other address they are random and printed once.
"""

from __future__ import annotations

import argparse
import fcntl
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import IO

import flask_migrate
from flask import Flask

from webapp import create_app, lan
from webapp.config import SETTINGS
from webapp.db import db
from webapp.turnstile import THREADS


def main() -> None:
    want = _arguments()
    host, port = _value("HOST"), int(_value("PORT"))
    if want.lan and "HOST" not in os.environ:
        host = "0.0.0.0"
    https = want.lan or "1" in (_value("XINGPING_HTTPS"), _value("XINGPING_PROXY"))
    if want.lan:
        os.environ["XINGPING_HTTPS"] = "1"
    app = create_app()
    os.umask(0o077)  # what lies in the data folder is for this account alone
    data: Path = app.config["XINGPING_DATA"]
    data.mkdir(parents=True, exist_ok=True)
    os.environ["XINGPING_DATA"] = str(data)
    lock = _lock(data)
    _refuse_taken_port(host, port)
    reached = lan.address_of_this_machine() if host in ("0.0.0.0", "::") else host
    url = f"{'https' if want.lan else 'http'}://{reached}:{port}"
    with app.app_context():
        flask_migrate.upgrade(directory=str(Path(app.root_path).parent / "migrations"))
    print(f"\nXingping 星评  {url}\n")
    _greet(app, url=url, empty=want.empty, known=_is_loopback(host) and not https)
    certificate = lan.prepare(data, reached) if want.lan else None
    if certificate:
        lan.offer(certificate, host=host, port=port + 1, app_url=url)
    with app.app_context():
        db.engine.dispose()  # the worker is forked: it must not inherit an open database
    sys.stdout.flush()
    _serve(host, port, certificate)
    lock.close()


def _arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(
        prog="bin/run",
        description=f"Start Xingping. Settings from the environment: {', '.join(SETTINGS)} (docs/operations.md).",
    )
    ask.add_argument(
        "--lan",
        action="store_true",
        help="serve https for tablets on the local network, with a certificate authority of its own",
    )
    ask.add_argument(
        "--empty",
        action="store_true",
        help="no demo world; prints a one-time address to set up the first administrator",
    )
    return ask.parse_args()


def _value(name: str) -> str:
    return os.environ.get(name) or SETTINGS[name][0]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _lock(data: Path) -> IO[str]:
    """One server per data folder; the lock goes with the process, however it dies."""
    lock = (data / "server.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(
            f"Another Xingping already serves {data}. Stop it first, or give this one a folder of its own: XINGPING_DATA=… bin/run"
        )
    return lock


def _refuse_taken_port(host: str, port: int) -> None:
    """Granian would share a port that is taken; two servers on one address would each answer half."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(f"Port {port} on {host} cannot be used ({error.strerror}). Choose another:  PORT=8001 bin/run")


def _greet(app: Flask, *, url: str, empty: bool, known: bool) -> None:
    """Say who can sign in: the demo's people, or the address of the first administrator."""
    from webapp import demo
    from webapp.accounts import acts
    from webapp.db import transaction

    with app.app_context():
        with transaction():
            real = empty or not demo.may_be_made()
            setup = acts.open_setup() if real else None
        if real:
            if setup:
                print(f"Set up the first administrator here (once):\n  {url}/setup/{setup}\n")
            return
    for line in demo.begin(app, url=url, known=known):
        print(line)


def _serve(host: str, port: int, certificate: lan.Certificate | None) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    tls = {"ssl_cert": certificate.chain, "ssl_key": certificate.key} if certificate else {}
    Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.error,  # it warns of many threads on few cores: they wait for slow tablets, not for the processor
        working_dir=Path(__file__).resolve().parent.parent,
        **tls,  # type: ignore[arg-type]
    ).serve()


if __name__ == "__main__":
    main()
