"""The matrix of rights: every route of the application with who may use it, kept in rights.json and reviewed by people.

`python -m tests.rights` prints rows that are missing and rows without a route; nothing is written by itself.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask import Flask

from webapp import access
from webapp.access import Role

FILE = Path(__file__).with_name("rights.json")
PUBLIC, SIGNED_IN = "public", "signed in"
Row = str | list[str]


def routes(app: Flask) -> dict[str, Row]:
    """ "GET /evaluations/<id>" → "public", "signed in" or the roles, as the routes themselves declare it."""
    declared: dict[str, Row] = {}
    for rule in app.url_map.iter_rules():
        said = access.rule_of(app, rule.endpoint)
        assert said is not None, rule
        roles = [role.value for role in Role if role in said.roles]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            declared[f"{method} {rule.rule}"] = PUBLIC if said.public else roles or SIGNED_IN
    return dict(sorted(declared.items(), key=lambda row: row[0].split()[::-1]))


def reviewed() -> dict[str, Row]:
    rows: dict[str, Row] = json.loads(FILE.read_text("utf-8"))
    return rows


def filled(route: str, values: dict[str, str] | None = None) -> tuple[str, str]:
    """Method and path of a row, its places filled: by name from `values`, else with a word that no row has."""
    method, path = route.split(" ", 1)

    def word(place: re.Match[str]) -> str:
        kind, name = place["kind"] or "", place["name"]
        if kind.startswith("any("):
            return kind[4:-1].split(",")[0].strip()
        return (values or {}).get(name, "1" if kind == "int" else "none-such")

    return method, re.sub(r"<(?:(?P<kind>[^:<>]+):)?(?P<name>\w+)>", word, path)


def difference(app: Flask) -> tuple[dict[str, Row], list[str]]:
    """Rows that are missing or differ from what the route declares, and rows without a route."""
    declared, kept = routes(app), reviewed()
    return {route: row for route, row in declared.items() if kept.get(route) != row}, sorted(set(kept) - set(declared))


def written(rows: dict[str, Row]) -> str:
    return "{\n" + ",\n".join(f" {json.dumps(route)}: {json.dumps(row)}" for route, row in rows.items()) + "\n}\n"


if __name__ == "__main__":
    from webapp import create_app

    missing, gone = difference(create_app())
    print(written(missing) if missing else "no row is missing")
    print("\n".join(f"no such route: {route}" for route in gone))
