"""A tablet of the demo world: it speaks the wire like any other, so what the demo shows has come in as real work does."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.test import Client

from webapp.db import uuid7


class Tablet:
    """One device of one person. Queue lines with `write`, attach photos with `photo`, deliver with `sync`."""

    def __init__(self, app: Flask, *, token: str, name: str) -> None:
        self._client = Client(app)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._device, self._lines, self._photos = str(uuid4()), list[bytes](), list[tuple[str, str, bytes]]()
        self._sent, self._chain = 0, bytes(32)
        made = self._json("/sync/v1/devices", {"device": self._device, "name": name, "platform": "demo", "app": "demo"})
        self._epoch = made["epoch"]

    def write(
        self, record: str, key: str, fields: dict[str, Any], *, at: datetime, seen: dict[str, list[str]] | None = None
    ) -> str:
        """One operation; its id."""
        id_ = uuid7()
        line = {
            "id": id_,
            "record": record,
            "key": key,
            "set": fields,
            "seen": seen or {},
            "at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        self._lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode())
        return id_

    def photo(self, visit: str, clause: str, content: bytes, *, caption: str, at: datetime) -> None:
        """A photo of this visit, attached to the clause."""
        evidence, sha256 = str(uuid4()), hashlib.sha256(content).hexdigest()
        fields = {
            "sha256": sha256,
            "bytes": len(content),
            "original": None,
            "media_type": "image/jpeg",
            "taken_at": at.isoformat(),
            "place": None,
            "source": "camera",
        }
        self.write(
            "evidence",
            f"{visit}/{evidence}",
            fields | {"attached_to": [clause], "kind": "photo", "caption": caption},
            at=at,
        )
        self._photos.append((visit, evidence, content))

    def sync(self, *, held: int = 0) -> None:
        """Deliver everything written; `held` operations stay on the tablet, as it tells the server."""
        lines, first = self._lines[self._sent :], self._sent + 1
        envelope = {
            "device": self._device,
            "epoch": self._epoch,
            "from": first,
            "count": len(lines),
            "prev": self._chain.hex(),
            "held": {"operations": held, "photos": 0},
        }
        body = b"\n".join([json.dumps(envelope).encode(), *lines]) + b"\n"
        answer = self._client.post(
            "/sync/v1/push", data=body, headers=self._headers | {"Content-Type": "application/x-ndjson"}
        )
        told = json.loads(answer.data)
        if answer.status_code != 200 or told["parked"]:
            raise RuntimeError(f"the demo's tablet was refused: {answer.status_code} {answer.data[:500]!r}")
        for line in lines:
            self._chain = hashlib.sha256(self._chain + hashlib.sha256(line).digest()).digest()
        self._sent = len(self._lines)
        for visit, evidence, content in self._photos:
            self._upload(visit, evidence, content)
        self._photos.clear()

    def _upload(self, visit: str, evidence: str, content: bytes) -> None:
        told = {
            "device": self._device,
            "visit": visit,
            "evidence": evidence,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        said = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in told.items())
        tus = self._headers | {"Tus-Resumable": "1.0.0"}
        made = self._client.post(
            "/sync/v1/evidence", headers=tus | {"Upload-Length": str(len(content)), "Upload-Metadata": said}
        )
        if made.status_code != 201:
            raise RuntimeError(f"the demo's photo was refused: {made.status_code} {made.data[:500]!r}")
        sent = self._client.patch(
            made.headers["Location"],
            data=content,
            headers=tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        )
        if sent.status_code != 204:
            raise RuntimeError(f"the demo's photo was refused: {sent.status_code} {sent.data[:500]!r}")

    def _json(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, json=body, headers=self._headers)
        if answer.status_code != 200:
            raise RuntimeError(f"the demo's tablet was refused: {answer.status_code} {answer.data[:500]!r}")
        return json.loads(answer.data)


def minutes(start: datetime, step: int) -> Any:
    """Moments one after the other, `step` minutes apart."""
    while True:
        start += timedelta(minutes=step)
        yield start
