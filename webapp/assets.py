"""Static files under /static/<version>/…, the joined style sheet, the worker with its precache list, the manifest, the icon.

The version is a hash of all static files, so an address never changes its bytes and may be cached for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, redirect, request, send_from_directory
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as BaseResponse

from webapp import access
from webapp.config import ROOT

STATIC = ROOT / "static"
SHEET = "css/xingping.css"  # joined from css/index.css
PRECACHED = ("js/**/*.js", "icons/favicon.svg", "icons.svg", "texts/*/frame.json", "texts/*/field.json")
# What is text travels packed; anything else is packed already.
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
UNPUBLISHED = {".md", ".mjs", ".ts"}


@cache
def version() -> str:
    digest = hashlib.sha256()
    for file in sorted(p for p in STATIC.rglob("*") if p.is_file() and p.suffix not in UNPUBLISHED):
        digest.update(file.relative_to(STATIC).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


@cache
def sheet() -> str:
    """The style sheet as one file, in the order of index.css."""
    names = re.findall(r'@import url\("([^"]+)"\)', (STATIC / "css/index.css").read_text("utf-8"))
    return "\n".join((STATIC / "css" / name).read_text("utf-8") for name in names)


@cache
def precached() -> list[str]:
    """Addresses of all that the field app needs without network."""
    files = {SHEET}
    for pattern in PRECACHED:
        files |= {
            p.relative_to(STATIC).as_posix()
            for p in STATIC.glob(pattern)
            if p.is_file() and p.suffix not in UNPUBLISHED and "office" not in p.name
        }
    return [static_url(name) for name in sorted(files)]


def static_url(name: str) -> str:
    return f"/static/{version()}/{name}"


@cache
def packed(name: str) -> bytes:
    """The file as gzip, made once: its bytes never change under its address."""
    plain = sheet().encode("utf-8") if name == SHEET else (STATIC / name).read_bytes()
    return gzip.compress(plain, 9, mtime=0)


@access.public
def static(version: str, name: str) -> Response:
    found = safe_join(str(STATIC), name)
    if Path(name).suffix in UNPUBLISHED or (name != SHEET and (found is None or not Path(found).is_file())):
        return Response(status=404)
    kind = KINDS.get(Path(name).suffix)
    if kind is not None and request.accept_encodings["gzip"] > 0:
        response = Response(
            packed(SHEET if found is None else Path(found).relative_to(STATIC).as_posix()), mimetype=kind
        )
        response.content_encoding = "gzip"
    elif name == SHEET:
        response = Response(sheet(), mimetype=kind)
    else:
        response = send_from_directory(STATIC, name, mimetype=kind)
    if kind is not None:
        response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    response.cache_control.max_age = 31_536_000 if version == globals()["version"]() else 60
    response.cache_control.immutable = version == globals()["version"]()
    return response


@access.public
def worker() -> Response:
    """The worker's first line names the precache list, so its bytes change whenever a file does."""
    listed = json.dumps({"version": version(), "files": precached(), "shell": "/field/"}, separators=(",", ":"))
    response = Response(
        (STATIC / "sw.js").read_text("utf-8").replace("/*PRECACHE*/null", listed), mimetype="text/javascript"
    )
    response.cache_control.no_cache = True
    return response


@access.public
def favicon() -> BaseResponse:
    return redirect(static_url("icons/favicon.svg"))


@access.public
def manifest() -> Response:
    text = (STATIC / "manifest.webmanifest").read_text("utf-8").replace("/static/icons/", static_url("icons/"))
    return Response(text, mimetype="application/manifest+json")


def init_app(app: Flask) -> None:
    app.add_url_rule("/static/<version>/<path:name>", "static", static)
    app.add_url_rule("/sw.js", "worker", worker)
    app.add_url_rule("/favicon.ico", "favicon", favicon)
    app.add_url_rule("/manifest.webmanifest", "manifest", manifest)
    app.jinja_env.globals.update(static_url=static_url)
