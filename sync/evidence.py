"""Bytes of evidence over tus 1.0 (core, creation), their state, and reading them by record, never by hash.

Never here: files (vault.py). *Safe*: an operation of one's own names this record with this hash, and an upload of one's
own for this very record ended verified. Every record's bytes are uploaded whole, so nothing tells whether somebody else
had them.
"""

import re
import secrets
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from sync import store, vault
from sync.answers import answer_json, body, body_object, signed_in
from sync.catalogue import LIMITS, SHA256, UUID
from sync.devices import own_device
from sync.host import NO_RIGHTS, Asker, Host, Refused
from sync.operations import clean
from sync.sql import compact, insert_missing, now_ms
from sync.tables import TABLES

CHUNK = 1 << 20
LARGEST = 256 << 20
MOST_ASKED = 20_000
UNFINISHED_MS = 7 * 24 * 3600 * 1000
SHOWN = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "text/plain", "audio/mp4", "video/mp4"}
)

View = Callable[..., Response]
_TUS = {"Tus-Resumable": "1.0.0"}
_NUMBER = re.compile(r"[0-9]{1,15}")
_UPLOAD, _CLAIM, _BLOB = TABLES.upload, TABLES.claim, TABLES.blob
_SAFE = (
    select(_UPLOAD.c.visit, _UPLOAD.c.evidence)
    .join(
        _CLAIM,
        (_CLAIM.c.tenant == _UPLOAD.c.tenant)
        & (_CLAIM.c.visit == _UPLOAD.c.visit)
        & (_CLAIM.c.evidence == _UPLOAD.c.evidence)
        & (_CLAIM.c.person == _UPLOAD.c.person)
        & (_CLAIM.c.sha256 == _UPLOAD.c.sha256),
    )
    .where(
        _UPLOAD.c.tenant == bindparam("tenant"),
        _UPLOAD.c.person == bindparam("person"),
        _UPLOAD.c.state == "safe",
        _UPLOAD.c.visit.in_(bindparam("visits", expanding=True)),
    )
)


def add_routes(bp: Blueprint, host: Host, *, folder: Path, mark: Callable[[View], View]) -> None:
    """Adds the routes under /sync/v1/evidence."""

    @bp.after_request
    def tus_version(answer: Response) -> Response:
        if request.path.startswith("/sync/v1/evidence"):
            answer.headers.update(_TUS)
            if answer.status_code == 412:
                answer.headers["Tus-Version"] = _TUS["Tus-Resumable"]
        return answer

    @bp.route("/sync/v1/evidence", methods=["OPTIONS"], provide_automatic_options=False)
    @mark
    def offers() -> Response:
        headers = {"Tus-Version": _TUS["Tus-Resumable"], "Tus-Extension": "creation", "Tus-Max-Size": str(LARGEST)}
        return Response(status=204, headers=headers)

    @bp.post("/sync/v1/evidence")
    @mark
    def create() -> Response:
        asker = _tus_asker(host)
        length = _number("Upload-Length")
        if length > LARGEST:
            raise Refused("too-large")
        about = read_metadata(request.headers.get("Upload-Metadata", ""))
        upload = secrets.token_urlsafe(24)
        row = {
            "tenant": asker.tenant,
            "id": upload,
            "person": asker.person,
            "visit": about["visit"],
            "evidence": about["evidence"],
            "sha256": about["sha256"],
            "length": length,
            "received": 0,
            "state": "open",
            "changed_at": now_ms(),
        }
        with host.transaction(write=True) as db:
            own_device(db, asker, about["device"])
            db.execute(insert(_UPLOAD), [row])
        if length == 0:
            _verify(host, folder, asker, row, 0)
        headers = {"Location": f"/sync/v1/evidence/{upload}", "Cache-Control": "no-store"}
        return Response(status=201, headers=headers)

    @bp.route("/sync/v1/evidence/<upload>", methods=["HEAD"])
    @mark
    def offset(upload: str) -> Response:
        asker = _tus_asker(host)
        with host.transaction(write=False) as db:
            row = _find(db, asker, upload)
        headers = {"Upload-Offset": str(row["received"]), "Upload-Length": str(row["length"])}
        return Response(status=200, headers={**headers, "Cache-Control": "no-store"})

    @bp.patch("/sync/v1/evidence/<upload>")
    @mark
    def append(upload: str) -> Response:
        asker = _tus_asker(host)
        if request.headers.get("Content-Type") != "application/offset+octet-stream":
            raise Refused("media-type")
        start = _number("Upload-Offset")
        chunk = body(CHUNK)
        with host.transaction(write=False) as db:
            row = _find(db, asker, upload)
        if start != row["received"] or (row["state"] != "open" and chunk):
            raise Refused("offset", offset=row["received"])
        reached = start + len(chunk)
        if reached > row["length"]:
            raise Refused("too-large")
        try:
            if row["state"] == "open" and chunk:
                vault.append(folder, upload, start, chunk)
                _receive(host, folder, asker, row, reached)
        except vault.LostError:
            raise Refused("expired") from None
        return Response(status=204, headers={"Upload-Offset": str(reached), "Cache-Control": "no-store"})

    @bp.post("/sync/v1/evidence/state")
    @mark
    def state() -> Response:
        asker = signed_in(host)
        asked = body_object(body(4 * LIMITS["body"])).get("evidence")
        if not (isinstance(asked, list) and all(isinstance(each, str) for each in asked)):
            raise Refused("envelope")
        if len(asked) > MOST_ASKED:
            raise Refused("too-large")
        visits = {each.split("/")[0] for each in asked}
        with host.transaction(write=False) as db:
            params = {"tenant": asker.tenant, "person": asker.person, "visits": list(visits)}
            known = {f"{row.visit}/{row.evidence}" for row in db.execute(_SAFE, params)}
        told: dict[str, list[str]] = {"safe": [], "missing": []}
        for each in asked:
            told["safe" if each in known else "missing"].append(each)
        return answer_json(compact(told))

    @bp.get("/sync/v1/evidence/<visit>/<evidence>")
    @mark
    def read(visit: str, evidence: str) -> Response:
        asker = signed_in(host)
        if asker.ended:
            raise Refused("deliver-only")
        with host.transaction(write=False) as db:
            found = None
            if UUID.fullmatch(evidence) and host.rights(db, asker, [visit]).get(visit, NO_RIGHTS).knows:
                found = store.evidence_hash(db, tenant=asker.tenant, visit=visit, evidence=evidence)
                media = _media_type(db, asker.tenant, visit, evidence)
        path = vault.blob_path(folder, asker.tenant, found) if found else None
        if path is None or not path.is_file():
            raise Refused("not-found")
        return serve(path, media, evidence, str(found))


def serve(path: Path, media: str, name: str, etag: str) -> Response:
    """The original bytes, so that no browser takes them for a page."""
    kind = media if media in SHOWN else "application/octet-stream"
    answer = send_file(path, mimetype=kind, as_attachment=True, download_name=name, etag=etag, conditional=True)
    # one file stands for all records with these bytes: its time would tell of somebody else's upload
    del answer.headers["Last-Modified"]
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def read_metadata(header: str) -> Mapping[str, str]:
    """`Upload-Metadata`: device, visit, evidence, sha256. Refused: metadata."""
    found: dict[str, str] = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = b64decode(value.strip(), validate=True).decode("utf-8")
        except (Error, UnicodeDecodeError, ValueError):
            raise Refused("metadata") from None
    visit = found.get("visit", "")
    if not (
        UUID.fullmatch(found.get("device", ""))
        and UUID.fullmatch(found.get("evidence", ""))
        and SHA256.fullmatch(found.get("sha256", ""))
        and 0 < len(visit) <= 200
        and "/" not in visit
        and clean(visit)
    ):
        raise Refused("metadata")
    return found


def _tus_asker(host: Host) -> Asker:
    asker = signed_in(host)
    if request.headers.get("Tus-Resumable") != "1.0.0":
        raise Refused("tus-version")
    return asker


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if _NUMBER.fullmatch(text) is None:
        raise Refused("metadata")
    return int(text)


def _find(db: Connection, asker: Asker, upload: str) -> RowMapping:
    """An upload of the asker's own. Refused: not-found, expired."""
    mine = select(_UPLOAD).where(
        _UPLOAD.c.tenant == asker.tenant, _UPLOAD.c.id == upload, _UPLOAD.c.person == asker.person
    )
    row = db.execute(mine).mappings().first()
    if row is None:
        raise Refused("not-found")
    if row["state"] == "open" and row["changed_at"] < now_ms() - UNFINISHED_MS:
        raise Refused("expired")
    return row


def _receive(host: Host, folder: Path, asker: Asker, row: Mapping[str, object] | RowMapping, reached: int) -> None:
    """Notes that bytes have arrived, and verifies the whole at the end."""
    if reached == row["length"]:
        _verify(host, folder, asker, row, reached)
        return
    with host.transaction(write=True) as db:
        _move(db, asker, row, reached, "open")


def _verify(host: Host, folder: Path, asker: Asker, row: Mapping[str, object] | RowMapping, reached: int) -> None:
    """Hashes what is on disk; only after this commit is it safe. Refused: hash."""
    upload, sha256 = str(row["id"]), str(row["sha256"])
    try:
        vault.finish(folder, upload, tenant=asker.tenant, sha256=sha256, length=reached)
    except vault.WrongBytesError:
        with host.transaction(write=True) as db:
            db.execute(
                delete(_UPLOAD).where(
                    _UPLOAD.c.tenant == asker.tenant, _UPLOAD.c.id == upload, _UPLOAD.c.state == "open"
                )
            )
        raise Refused("hash") from None
    with host.transaction(write=True) as db:
        _move(db, asker, row, reached, "safe")
        blob = {"tenant": asker.tenant, "sha256": sha256, "bytes": reached}
        insert_missing(db, _BLOB, ("tenant", "sha256"), [blob])


def _move(db: Connection, asker: Asker, row: Mapping[str, object] | RowMapping, reached: int, state: str) -> None:
    done = db.execute(
        update(_UPLOAD)
        .where(_UPLOAD.c.tenant == asker.tenant, _UPLOAD.c.id == row["id"], _UPLOAD.c.received == row["received"])
        .values(received=reached, state=state, changed_at=now_ms())
    )
    if done.rowcount != 1:
        raise Refused("offset")


def _media_type(db: Connection, tenant: str, visit: str, evidence: str) -> str:
    found = store.heads(db, tenant=tenant, visits=[visit], names=[f"evidence/{evidence}/media_type"])[visit]
    return next((str(head.value) for heads in found.values() for head in heads), "")
