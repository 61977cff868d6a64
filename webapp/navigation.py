"""The left navigation: rooms register their entry; a person sees what concerns them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, request

from webapp.access import Role, maybe_actor


@dataclass(frozen=True, kw_only=True)
class Entry:
    path: str
    icon: str
    text: str
    roles: frozenset[Role]
    order: int


_entries: dict[str, Entry] = {}


def add(path: str, *, icon: str, text: str, roles: tuple[Role, ...], order: int) -> None:
    """Called by a room's pages module, once."""
    _entries[path] = Entry(path=path, icon=icon, text=text, roles=frozenset(roles), order=order)


def entries() -> list[Entry]:
    """What the signed-in person may open, in the order of the work."""
    actor = maybe_actor()
    return [] if actor is None else sorted((e for e in _entries.values() if actor.has(*e.roles)), key=lambda e: e.order)


def is_here(entry: Entry) -> bool:
    return request.path == entry.path or request.path.startswith(entry.path.rstrip("/") + "/")


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(navigation=entries, is_here=is_here, actor=maybe_actor)
