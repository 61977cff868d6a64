"""The blueprint: status, devices, push, pull, as protocol version 1 says. Evidence stands in evidence.py.

Never here: what an operation means. Nothing is answered before the host's transaction has ended.
"""

import re
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, TimeoutError

from sync import store
from sync.answers import answer_json, body, body_object, problem, signed_in
from sync.catalogue import LIMITS, SHA256, UUID, integer, plain_json
from sync.evidence import add_routes
from sync.host import Host, Refused
from sync.log import Envelope
from sync.sql import compact, find_epoch, now_ms, stamp

PROTOCOL = (1, 1)
View = Callable[..., Response]
_LIMIT = re.compile(r"-?[0-9]{1,1000}")
_ABOUT = ("name", "platform", "app")


def blueprint(
    host: Host,
    *,
    key: Callable[[], bytes],
    folder: Path,
    app: str = "",
    mark: Callable[[View], View] = lambda view: view,
) -> Blueprint:
    """The routes under /sync. `key()` is the secret that seals cursors, `folder` keeps evidence, `mark` decorates every view."""
    bp = Blueprint("sync", __name__)

    @bp.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return problem(error.code, **error.facts)

    @bp.errorhandler(OperationalError)
    @bp.errorhandler(InterfaceError)
    @bp.errorhandler(IntegrityError)
    @bp.errorhandler(TimeoutError)
    def busy(_error: Exception) -> Response:
        return problem("busy")

    @bp.get("/sync/v1/status")
    @mark
    def status() -> Response:
        with host.transaction(write=False) as db:
            epoch = find_epoch(db)
        if epoch is None:
            with host.transaction(write=True) as db:
                epoch = store.epoch(db)
        return answer_json(compact({"epoch": epoch, "now": stamp(now_ms()), "protocol": PROTOCOL, "app": app}))

    @bp.post("/sync/v1/devices")
    @mark
    def devices() -> Response:
        asker = signed_in(host)
        given = body_object(body(LIMITS["line"]))
        about = {name: given[name] for name in _ABOUT if name in given}
        readiness = given.get("readiness")
        if not (
            _is_uuid(given.get("device"))
            and all(isinstance(text, str) and len(text) <= 200 for text in about.values())
            and (readiness is None or isinstance(readiness, dict))
        ):
            raise Refused("envelope")
        with host.transaction(write=True) as db:
            told = store.register(
                db,
                asker=asker,
                device=str(given["device"]),
                about={name: str(text) for name, text in about.items()},
                readiness=None if readiness is None else compact(readiness),
            )
        return answer_json(compact(told))

    @bp.post("/sync/v1/push")
    @mark
    def push() -> Response:
        asker = signed_in(host)
        lines = body(LIMITS["body"]).split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        if len(lines) > LIMITS["lines"] + 1:
            raise Refused("too-large")
        envelope = read_envelope(lines[0] if lines else b"")
        if envelope.count != len(lines) - 1:
            raise Refused("envelope")
        with host.transaction(write=True) as db:
            told = store.push(db, asker=asker, host=host, envelope=envelope, lines=lines[1:])
        return answer_json(compact(told))

    @bp.get("/sync/v1/pull")
    @mark
    def pull() -> Response:
        asker = signed_in(host)
        limit = request.args.get("limit", "2000")
        if _LIMIT.fullmatch(limit) is None:
            raise Refused("limit")
        with host.transaction(write=False) as db:
            told = store.pull(
                db,
                asker=asker,
                host=host,
                key=key(),
                device=request.args.get("device", ""),
                cursor=request.args.get("cursor"),
                limit=int(limit),
            )
        return answer_json(told)

    @bp.route("/sync/v<int:version>/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @mark
    def other_version(version: int, rest: str) -> Response:
        if version == PROTOCOL[1]:
            abort(404)
        return problem("protocol", protocol=PROTOCOL)

    add_routes(bp, host, folder=folder, mark=mark)
    return bp


def read_envelope(line: bytes) -> Envelope:
    """The first line of a push. Refused: envelope."""
    given = body_object(line)
    device, epoch, prev, held = given.get("device"), given.get("epoch"), given.get("prev"), given.get("held")
    start, count = given.get("from"), given.get("count")
    if not (
        _is_uuid(device)
        and isinstance(epoch, str)
        and isinstance(prev, str)
        and SHA256.fullmatch(prev)
        and integer(start)
        and integer(count)
        and (held is None or (isinstance(held, dict) and plain_json(held)))
    ):
        raise Refused("envelope")
    assert isinstance(start, int)
    assert isinstance(count, int)
    if start < 1 or count < 0:
        raise Refused("envelope")
    return Envelope(str(device), epoch, start, count, bytes.fromhex(prev), None if held is None else compact(held))


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and UUID.fullmatch(value) is not None
