"""The application: rooms in the order of the work, put together under one roof.

Here lives create_app and nothing else. ARCHITECTURE.md draws the house; `ROOMS` is the order that import-linter holds.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from flask import Flask

from webapp import access, assets, config, db, navigation, problems, security, texts
from webapp.accounts import session

ROOMS = (
    "accounts",
    "schemes",
    "clients",
    "evaluations",
    "sampling",
    "planning",
    "fieldwork",
    "consolidation",
    "dashboard",
)


class Xingping(Flask):
    """Flask with one habit more: a view that returns has its work committed before the answer leaves."""

    def dispatch_request(self) -> Any:
        answer = super().dispatch_request()
        db.commit()
        return answer


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """Build the application. Touches neither network nor database; `overrides` replace single settings (tests)."""
    app = Xingping(__name__, static_folder=None, template_folder="../templates")
    config.load(app, overrides or {})
    db.init_app(app)
    problems.init_app(app)
    security.init_app(app)
    access.init_app(app)
    texts.init_app(app)
    assets.init_app(app)
    navigation.init_app(app)
    doors("models")  # importing them puts the tables on the metadata
    session.init_app(app)
    for pages in doors("pages"):
        app.register_blueprint(pages.bp)
    for module in ("webapp.field_sync", "webapp.cli"):
        if find_spec(module):
            import_module(module).init_app(app)
    access.check_every_route_has_a_rule(app)
    return app


def doors(name: str) -> list[ModuleType]:
    """The modules of this name, one per room that has it, in the order of the rooms."""
    return [
        import_module(f"webapp.{room}.{name}")
        for room in ROOMS
        if find_spec(f"webapp.{room}") and find_spec(f"webapp.{room}.{name}")
    ]
