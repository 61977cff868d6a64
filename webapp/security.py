"""What every answer carries and every unsafe request must show: headers, same origin, the kind of transaction.

A browser always says where a request comes from (Sec-Fetch-Site or Origin); what says neither is no browser and carries no one's cookie by accident.
"""

from __future__ import annotations

from flask import Flask, Response, request

from webapp import db
from webapp.problems import Problem

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types xingping",
    )
)
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def init_app(app: Flask) -> None:
    app.before_request(_before)
    app.after_request(_after)


def _before() -> None:
    """The form is read whole here, before any transaction: a body that drips in must not hold the one writer of SQLite."""
    # sync opens its own transactions, and short ones: reading who asks must not wait for the writer
    db.writing.set(request.method not in SAFE and not request.path.startswith("/sync/"))
    if request.method in SAFE:
        return
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        _same_site()
    if not request.path.startswith("/sync/"):
        request.form  # noqa: B018  reading it is the act


def _same_site() -> None:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return
    if site not in (None, "same-origin", "none") or (site is None and origin != f"{request.scheme}://{request.host}"):
        raise Problem("cross-site")
    simple = request.mimetype in ("", "application/x-www-form-urlencoded", "multipart/form-data")
    if not simple and "X-Xingping" not in request.headers:
        raise Problem("cross-site")


def _after(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(self), interest-cohort=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in headers:
        response.cache_control.no_store = True
    return response
