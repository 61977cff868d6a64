"""How sync speaks HTTP: bodies with caps, JSON answers with gzip, problems with a code.

Never here: what is asked or answered. Used by wire.py and evidence.py.
"""

import gzip
import json
import zlib

from flask import Response, request

from sync.host import Asker, Host, Refused
from sync.operations import clean, strict_json

STATUS = {
    "sign-in": 401,
    "too-large": 413,
    "envelope": 400,
    "device": 409,
    "other-user": 403,
    "epoch": 409,
    "gap": 409,
    "fork": 409,
    "deliver-only": 403,
    "no-scope": 403,
    "limit": 400,
    "protocol": 426,
    "busy": 503,
    "tus-version": 412,
    "metadata": 400,
    "media-type": 415,
    "offset": 409,
    "hash": 422,
    "not-found": 404,
    "expired": 410,
}
_WORTH_PACKING = 600


def problem(code: str, **facts: object) -> Response:
    """An error as problem+json; its member `code` holds the word."""
    status = STATUS[code]
    body = {"type": "about:blank", "title": code, "status": status, "code": code, **facts}
    answer = Response(json.dumps(body), status, mimetype="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    if status == 503:
        answer.headers["Retry-After"] = "2"
    return answer


def answer_json(text: str) -> Response:
    """JSON, packed if the asker can unpack it and it is worth it; never kept by a cache."""
    body = text.encode()
    answer = Response(body, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.vary.add("Accept-Encoding")
    if len(body) >= _WORTH_PACKING and request.accept_encodings["gzip"] > 0:
        answer.set_data(gzip.compress(body, 4, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def signed_in(host: Host) -> Asker:
    """Who asks. Refused: sign-in."""
    asker = host.asker()
    if asker is None:
        raise Refused("sign-in")
    return asker


def body(cap: int) -> bytes:
    """The request's body, unpacked. Refused: too-large (packed or unpacked), envelope (cut off, cannot be unpacked)."""
    request.max_content_length = None
    raw = request.stream.read(cap + 1)
    if len(raw) > cap:
        raise Refused("too-large")
    if request.content_length is not None and len(raw) < request.content_length:
        # The connection was lost on the way: half a line is nobody's line.
        raise Refused("envelope")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"identity", ""}:
        return raw
    if encoding != "gzip":
        raise Refused("envelope")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(raw, cap + 1)
    except zlib.error:
        raise Refused("envelope") from None
    if len(unpacked) > cap:
        raise Refused("too-large")
    if not unpacker.eof or unpacker.unused_data:
        raise Refused("envelope")
    return unpacked


def body_object(text: bytes) -> dict[str, object]:
    """The JSON object of these bytes, without repeated names, NaN, U+0000, lone surrogates. Refused: envelope."""
    try:
        value = strict_json(text)
        if type(value) is dict and clean(value):
            return value
    except (ValueError, RecursionError):
        pass
    raise Refused("envelope")
