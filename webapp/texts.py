"""Words: one catalogue for pages and problems, static/texts/<language>/<room>.json, Chinese first, English complete.

`t(key, **values)` speaks the language of the person, before sign-in that of the browser. Dates and times are shown in the body's zone.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context, request

from webapp.config import ROOT

LANGUAGES = ("zh-CN", "en")
ZONE = ZoneInfo("Asia/Shanghai")


@cache
def catalogue(language: str) -> dict[str, str]:
    """All words of one language, the files of all rooms together."""
    words: dict[str, str] = {}
    for file in sorted((ROOT / "static" / "texts" / language).glob("*.json")):
        for key, text in json.loads(file.read_text("utf-8")).items():
            if key in words:
                raise ValueError(f"text {key} stands twice")
            words[key] = text
    return words


def t(key: str, /, **values: Any) -> str:
    text = catalogue(language()).get(key)
    if text is None:
        return key
    try:
        return text.format(**values) if values else text
    except (KeyError, IndexError):
        return text


def language() -> str:
    """`zh-CN` or `en`."""
    if not has_request_context():
        return LANGUAGES[0]
    chosen = g.get("language")
    if chosen is None:
        asked = request.cookies.get("language")
        chosen = (
            asked if asked in LANGUAGES else (request.accept_languages.best_match(["zh-CN", "zh", "en"]) or "zh-CN")
        )
        chosen = "en" if chosen == "en" else "zh-CN"
        g.language = chosen
    return str(chosen)


def words(pair: Any) -> str:
    """The side of a {"zh", "en"} pair that this person reads; a plain text as it is."""
    if isinstance(pair, dict):
        return str(pair.get("en" if language() == "en" else "zh") or pair.get("zh") or "")
    return "" if pair is None else str(pair)


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """2026-11-24 16:40 in the body's zone."""
    return (
        "" if value is None else value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    )


def day(value: date | datetime | None) -> str:
    """2026-11-24; a moment is a day of the body's zone."""
    if isinstance(value, datetime):
        value = value.astimezone(ZONE).date()
    return "" if value is None else value.isoformat()


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(t=t, words=words, language=language)
    app.jinja_env.filters.update(moment=moment, day=day)
