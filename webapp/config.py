"""Settings: where the data lies and how the server is reached. Read once from the environment; documented in docs/operations.md."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.turnstile import Turnstile

ROOT = Path(__file__).resolve().parent.parent

# name → (default, what it says); docs/operations.md is held against this table by a test
SETTINGS: dict[str, tuple[str, str]] = {
    "XINGPING_DATA": ("data", "folder of the database, the evidence and the keys"),
    "DATABASE_URL": ("", "PostgreSQL address; empty: SQLite in the data folder"),
    "HOST": ("127.0.0.1", "address to listen on"),
    "PORT": ("8000", "port to listen on"),
    "XINGPING_HTTPS": ("", "1 where people reach the server by https: secure cookies"),
    "XINGPING_PROXY": (
        "",
        "1 where a proxy such as Caddy stands in front: its X-Forwarded-For and -Proto are believed, and https is taken for granted",
    ),
}


def load(app: Flask, overrides: dict[str, Any]) -> None:
    """Fill app.config; makes the data folder only when something is written there."""
    value = {name: os.environ.get(name, default) for name, (default, _) in SETTINGS.items()}
    data = Path(overrides.get("XINGPING_DATA") or value["XINGPING_DATA"])
    data = data if data.is_absolute() else ROOT / data
    proxy = str(overrides.get("XINGPING_PROXY", value["XINGPING_PROXY"])) == "1"
    https = proxy or str(overrides.get("XINGPING_HTTPS", value["XINGPING_HTTPS"])) == "1"
    app.wsgi_app = Turnstile(app.wsgi_app)  # type: ignore[method-assign]
    if proxy:  # outside, so that the turnstile counts the address that the proxy saw
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    url = str(overrides.get("DATABASE_URL") or value["DATABASE_URL"])
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    app.config.update(
        XINGPING_DATA=data,
        SQLALCHEMY_DATABASE_URI=url or f"sqlite:///{data / 'xingping.db'}",
        HTTPS=https,
        SECRET_KEY_FILE=data / "secret.key",
        EVIDENCE=data / "evidence",
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        SESSION_COOKIE_NAME="__Host-xingping" if https else "xingping",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        JSON_AS_ASCII=False,
    )
    app.config.update({name: setting for name, setting in overrides.items() if name not in SETTINGS})
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def secret_key(path: Path) -> bytes:
    """The key that signs cookies and cursors: made at first use, readable by the owner alone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)  # whole or not at all; whoever is second takes the key of the first
        except FileExistsError:
            pass
        finally:
            made.unlink()
        return path.read_bytes()
