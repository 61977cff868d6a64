"""A program with a service token on the wire of sync: it sends what it likes, also what no tablet would."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

from webapp.db import uuid7

AT = "2026-11-25T02:11:12.123Z"


@dataclass
class Wire:
    """A program with a service token: it speaks what it likes."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Message, bytes]:
        told = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        asked = urllib.request.Request(
            path if path.startswith("http") else self.url + path, body or None, told, method=method
        )
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    def device(self) -> tuple[str, str]:
        id_ = str(uuid4())
        body = json.dumps({"device": id_, "name": "test", "platform": "test", "app": "test"}).encode()
        status, _, said = self.ask("POST", "/sync/v1/devices", body, Content_Type="application/json")
        assert status == 200, said
        return id_, json.loads(said)["epoch"]

    def push(self, body: bytes) -> tuple[int, dict[str, Any]]:
        status, headers, said = self.ask("POST", "/sync/v1/push", body, Content_Type="application/x-ndjson")
        if status != 200:
            assert headers["Content-Type"].startswith("application/problem+json"), headers
        return status, json.loads(said)


def line(record: str, key: str, **fields: Any) -> bytes:
    one = {"id": uuid7(), "record": record, "key": key, "set": fields, "at": AT}
    return json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()


def envelope(device: str, epoch: str, *lines: bytes, **other: Any) -> bytes:
    told = {
        "device": device,
        "epoch": epoch,
        "from": 1,
        "count": len(lines),
        "prev": bytes(32).hex(),
        "held": {"operations": 0, "photos": 0},
    }
    return b"\n".join([json.dumps(told | other).encode(), *lines]) + b"\n"
