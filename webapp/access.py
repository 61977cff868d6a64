"""Who may do what: roles, the actor of a request, one rule per route.

A route without a rule stops the start. What a person may do to one object (their own visit, their own evaluation) is asked in the act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request
from werkzeug.wrappers import Response

from webapp.problems import Problem, wants_json
from webapp.rules import Actor as Actor
from webapp.rules import Refused, Verdict
from webapp.rules import Role as Role

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rule:
    """Of a route: open to everybody, to whoever is signed in, or to these roles."""

    public: bool = False
    roles: frozenset[Role] = frozenset()

    def lets(self, actor: Actor | None) -> bool:
        return self.public or (actor is not None and not actor.ended and (not self.roles or actor.has(*self.roles)))


_declared: dict[str, Rule] = {}


def allow(*roles: Role) -> Callable[[View], View]:
    """Only people with one of these roles."""
    return lambda view: _mark(view, Rule(roles=frozenset(roles)))


def public(view: View) -> View:
    return _mark(view, Rule(public=True))


def signed_in(view: View) -> View:
    return _mark(view, Rule())


def declare(endpoint: str, rule: Rule) -> None:
    """For routes of a package that does not know this house (sync/)."""
    _declared[endpoint] = rule


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    return _declared.get(endpoint) or getattr(app.view_functions.get(endpoint), "access_rule", None)


def actor() -> Actor:
    """The signed-in person; Problem `sign-in` when there is none."""
    who = maybe_actor()
    if who is None:
        raise Problem("sign-in")
    return who


def maybe_actor() -> Actor | None:
    found: Actor | None = g.get("actor")
    return found


def require(allowed: bool, code: str = "forbidden", /, **facts: Any) -> None:
    if not allowed:
        raise Problem(code, 403 if code == "forbidden" else None, **facts)


def require_verdict(verdict: Verdict, /, **facts: Any) -> None:
    """Go on, or Problem with the code of the refusal, 403."""
    if isinstance(verdict, Refused):
        raise Problem(verdict.code, 403, **facts)


def check_every_route_has_a_rule(app: Flask) -> None:
    bare = sorted({rule.endpoint for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) is None})
    if bare:
        raise RuntimeError(f"routes without a rule of access: {', '.join(bare)}")


def _mark(view: View, rule: Rule) -> View:
    view.access_rule = rule  # type: ignore[attr-defined]
    return view


def _gate() -> Response | None:
    """Lets the request on, sends a browser that only wants to read to the sign-in, refuses everything else."""
    if request.endpoint is None:
        return None
    who, rule = maybe_actor(), rule_of(current_app, request.endpoint)
    if rule is not None and rule.lets(who):
        return None
    if who is not None:
        raise Problem("account-ended", 403) if who.ended else Problem("forbidden")
    mode = request.headers.get("Sec-Fetch-Mode")  # a script that asks wants the refusal, not the page of the sign-in
    if request.method in ("GET", "HEAD") and mode in (None, "navigate") and not wants_json():
        return redirect("/login?" + urlencode({"next": request.full_path.rstrip("?")}))
    raise Problem("sign-in")


def init_app(app: Flask) -> None:
    app.extensions["access_gate"] = _gate  # accounts puts it behind the reading of the session
