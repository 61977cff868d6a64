"""Reading who asks: flask-login over the sign-ins of the database, or a bearer token. Nothing else looks at session or current_user."""

from __future__ import annotations

import logging
from datetime import datetime

import flask_login
from flask import Flask, Response, g, request, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import OperationalError

from webapp.access import Actor, maybe_actor
from webapp.accounts import acts
from webapp.accounts.rules import SEEN_EVERY, SESSION_FOR
from webapp.config import secret_key
from webapp.db import db, now, transaction, writing

log = logging.getLogger("xingping")
manager = flask_login.LoginManager()


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie; the key is read, or made, when the first cookie is, so that commands without a database write nothing."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        app.secret_key = app.secret_key or secret_key(app.config["SECRET_KEY_FILE"])
        return super().get_signing_serializer(app)


class SignedIn(flask_login.UserMixin):  # type: ignore[misc]
    """What flask-login keeps in the cookie: the sign-in's token, nothing of the person."""

    def __init__(self, token: str, actor: Actor, seen_at: datetime) -> None:
        self.token, self.actor, self.seen_at = token, actor, seen_at

    def get_id(self) -> str:
        return self.token


@manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> SignedIn | None:
    found = acts.actor_of_session(token)
    return None if found is None else SignedIn(token, *found)


def begin(token: str, actor: Actor) -> None:
    """A new cookie with a new token; whatever an earlier one held is gone."""
    session.clear()
    flask_login.login_user(SignedIn(token, actor, now()))
    session.permanent = True
    g.actor, g.language = actor, actor.language


def end() -> None:
    user = flask_login.current_user
    if user.is_authenticated:
        acts.sign_out(token=user.token)
    flask_login.logout_user()
    session.clear()


def token_of_this_browser() -> str | None:
    user = flask_login.current_user
    return user.token if user.is_authenticated else None


def _read() -> None:
    g.actor = None
    if request.endpoint in ("static", "worker", "favicon", "manifest", "healthz"):
        return
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        g.actor = acts.actor_of_token(header[7:].strip())
    elif flask_login.current_user.is_authenticated:
        g.actor = flask_login.current_user.actor
    if g.actor is not None:
        g.language = g.actor.language
    if request.path.startswith("/sync/"):
        db.session.rollback()  # sync opens its own transactions; a body that drips in must not hold a connection


def _note_seen(response: Response) -> Response:
    """After the answer's own transaction, in a short one of its own, and rarely: reading a page must not wait for a writer."""
    user = g.get("_login_user")
    if isinstance(user, SignedIn) and now() - user.seen_at > SEEN_EVERY:
        db.session.rollback()
        before = writing.set(True)
        try:
            with transaction():
                acts.note_seen(token=user.token)
        except OperationalError:  # somebody writes for long: the next request notes it
            log.info("not noted that a browser is in use: the database is busy")
        finally:
            writing.reset(before)
    return response


def _language_cookie(response: Response) -> Response:
    """The browser remembers the person's language for the page before sign-in."""
    who = maybe_actor()
    if who is not None and request.cookies.get("language") != who.language and response.mimetype == "text/html":
        response.set_cookie("language", who.language, max_age=31_536_000, samesite="Lax", secure=request.is_secure)
    return response


def init_app(app: Flask) -> None:
    app.session_interface = Cookies()
    app.permanent_session_lifetime = SESSION_FOR
    manager.init_app(app)
    manager.session_protection = None  # the token at the server decides, not the address of a tablet on the move

    app.before_request(_read)
    app.before_request(app.extensions["access_gate"])
    app.after_request(_language_cookie)
    app.after_request(_note_seen)
