"""Rules of accounts: names, passwords, how long to wait after wrong ones. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from webapp.rules import Role

LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")
PASSWORD_LEAST = 8
PASSWORD_MOST = 200
FREE_TRIES = 5
FREE_TRIES_OF_AN_ADDRESS = 20  # a whole office may stand behind one
FORGOTTEN_AFTER = timedelta(minutes=15)
SESSION_FOR = timedelta(days=14)
POSITION = re.compile(r"(-?\d{1,2}(?:\.\d{1,12})?),\s?(-?\d{1,3}(?:\.\d{1,12})?)")
PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")
SEEN_EVERY = timedelta(minutes=10)
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def login_problem(login: str) -> str | None:
    """Why this cannot be a login name, as a problem code; None if it can."""
    return None if LOGIN.fullmatch(login) else "login-invalid"


def password_problem(password: str) -> str | None:
    """Length alone counts: no rules of composition."""
    if len(password) < PASSWORD_LEAST:
        return "password-short"
    return "password-long" if len(password) > PASSWORD_MOST else None


def wait_after(failures: Sequence[datetime], *, at: datetime, free: int = FREE_TRIES) -> timedelta:
    """How long the next try has to wait: nothing for the first `free`, then 2, 4, 8 … seconds, at most a minute."""
    recent = [moment for moment in failures if at - moment < FORGOTTEN_AFTER]
    if len(recent) < free:
        return timedelta(0)
    due = max(recent) + timedelta(seconds=min(60, 2 ** min(6, len(recent) - free + 1)))
    return max(timedelta(0), due - at)


def position_problem(position: str) -> str | None:
    """`latitude,longitude` in degrees; empty is allowed."""
    if not position:
        return None
    found = POSITION.fullmatch(position)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return "position-invalid"
    return None


def leaves_an_administrator(administrators: Collection[str], *, person: str, roles: Collection[Role]) -> bool:
    """Whether somebody can still administer once this person has these roles. `administrators`: ids of those active now."""
    return Role.administrator in roles or bool(set(administrators) - {person})


def leads_inside(address: str) -> bool:
    """Whether this is a path of the house itself, as every browser reads it: they take "\\" for "/" and drop tabs and line ends."""
    return PATH.fullmatch(address) is not None


def browser_words(agent: str) -> str:
    """`Chrome · Windows` of a User-Agent, for the list of sign-ins; what is not known as its beginning."""
    named = (next((word for mark, word in table if mark in agent), "") for table in (BROWSERS, SYSTEMS))
    return " · ".join(word for word in named if word) or agent[:40]


def matches(search: str, texts: Collection[str]) -> bool:
    """Every word of the search stands in one of the texts, capitals or not."""
    held = [text.casefold() for text in texts]
    return all(any(word in text for text in held) for word in search.casefold().split())
