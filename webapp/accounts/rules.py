"""Rules of accounts: names, passwords, how long to wait after wrong ones. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")
PASSWORD_LEAST = 8
PASSWORD_MOST = 200
FREE_TRIES = 5
FORGOTTEN_AFTER = timedelta(minutes=15)
SESSION_FOR = timedelta(days=14)


def login_problem(login: str) -> str | None:
    """Why this cannot be a login name, as a problem code; None if it can."""
    return None if LOGIN.fullmatch(login) else "login-invalid"


def password_problem(password: str) -> str | None:
    """Length alone counts: no rules of composition."""
    if len(password) < PASSWORD_LEAST:
        return "password-short"
    return "password-long" if len(password) > PASSWORD_MOST else None


def wait_after(failures: Sequence[datetime], *, at: datetime) -> timedelta:
    """How long the next try has to wait: nothing for the first five, then 2, 4, 8 … seconds, at most a minute."""
    recent = [moment for moment in failures if at - moment < FORGOTTEN_AFTER]
    if len(recent) < FREE_TRIES:
        return timedelta(0)
    due = max(recent) + timedelta(seconds=min(60, 2 ** (len(recent) - FREE_TRIES + 1)))
    return max(timedelta(0), due - at)
