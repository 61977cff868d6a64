"""How many threads the server has, and how many of them one address may keep busy with bodies that arrive slowly.

A body that drips holds a thread until it is whole; without a limit one machine could hold all of them. Never here: what a request means.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

THREADS = 64
OF_ONE_ADDRESS = 48  # a hotel full of tablets stands behind one
BUSY = json.dumps({"code": "busy", "status": 503}).encode()
HEADERS = [
    ("Content-Type", "application/problem+json"),
    ("Content-Length", str(len(BUSY))),
    ("Retry-After", "5"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Turnstile:
    """WSGI: lets at most `most` requests with a body of one address in at a time; the others are told to come back."""

    def __init__(self, app: Application, most: int = OF_ONE_ADDRESS) -> None:
        self._app, self._most = app, most
        self._inside, self._lock = Counter[str](), Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH") in (None, "", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._app(environ, start_response)
        address = str(environ.get("REMOTE_ADDR"))
        with self._lock:
            if self._inside[address] >= self._most:
                start_response("503 Service Unavailable", HEADERS)
                return [BUSY]
            self._inside[address] += 1
        try:
            return self._app(environ, start_response)
        finally:
            with self._lock:
                self._inside[address] -= 1
                if not self._inside[address]:
                    del self._inside[address]
