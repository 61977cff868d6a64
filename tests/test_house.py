"""The promises of ARCHITECTURE.md that no linter holds: texts, routes, precache, settings, commands, where the request may be touched."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

from flask import Flask

from webapp import access, assets, texts
from webapp.config import ROOT, SETTINGS

SOURCES = [path for folder in ("webapp", "sync") for path in (ROOT / folder).rglob("*.py")]


def calls(path: Path, name: str) -> list[ast.Call]:
    tree = ast.parse(path.read_text("utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", None)) == name
    ]


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    chinese, english = texts.catalogue("zh-CN"), texts.catalogue("en")
    assert set(chinese) == set(english)
    places = lambda text: sorted({field for _, field, _, _ in string.Formatter().parse(text) if field})  # noqa: E731
    assert [key for key in chinese if places(chinese[key]) != places(english[key])] == []


def test_every_problem_has_words() -> None:
    raised = {
        call.args[0].value
        for path in SOURCES
        for name in ("Problem", "Refused")
        for call in calls(path, name)
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    assert len(raised) > 20
    assert sorted(code for code in raised if f"problem.{code}" not in texts.catalogue("en")) == []


def test_every_text_that_python_or_a_template_names_exists() -> None:
    words = texts.catalogue("en")
    named = {
        (path.name, call.args[0].value)
        for path in SOURCES
        for call in calls(path, "t")
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    for template in (ROOT / "templates").rglob("*.html"):
        named |= {
            (template.name, key) for key in re.findall(r"\bt\('([a-z_.-]+[a-z_-])'\s*[,)]", template.read_text("utf-8"))
        }
    assert sorted((place, key) for place, key in named if key not in words) == []


def test_every_route_has_a_rule_of_access(app: Flask) -> None:
    access.check_every_route_has_a_rule(app)


def test_only_pages_and_the_frame_touch_the_request() -> None:
    allowed = {
        "pages.py",
        "access.py",
        "assets.py",
        "problems.py",
        "wire.py",
        "evidence.py",
        "texts.py",
        "security.py",
        "navigation.py",
        "session.py",
        "answers.py",  # of sync/wire.py
    }
    touched = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("flask")
        and {alias.name for alias in node.names} & {"request", "session", "current_user"}
        and path.name not in allowed
        and not path.name.endswith("_pages.py")
    ]
    assert sorted(set(touched)) == []


def test_acts_and_pages_never_commit() -> None:
    allowed = {"db.py", "field_sync.py", "demo.py"}
    committing = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for call in calls(path, "commit")
        if path.name not in allowed and path.parts[-2] != "sync"
    }
    # a failed sign-in must outlive the refusal that rolls back; the frame commits once a request
    assert committing <= {"webapp/accounts/acts.py", "webapp/__init__.py"}


def test_the_field_app_is_precached_whole() -> None:
    listed = set(assets.precached())
    for path in (ROOT / "static/js").rglob("*.js"):
        name = path.relative_to(ROOT / "static").as_posix()
        if "office" not in path.name:
            assert assets.static_url(name) in listed
    for language in texts.LANGUAGES:
        assert assets.static_url(f"texts/{language}/field.json") in listed


def test_modules_of_the_field_app_import_in_one_direction() -> None:
    """views → {store, sync, ui, core, vendor}, ui → vendor, sync → core, store → {core, vendor}, core → vendor/sha256.js."""
    may = {
        "views": {"views", "store", "sync", "ui", "core", "vendor"},
        "ui": {"ui", "vendor"},
        "sync": {"sync", "core", "vendor"},
        "store": {"store", "core", "vendor"},
        "core": {"core", "vendor"},
        "vendor": {"vendor"},
    }
    wrong = []
    for path in (ROOT / "static/js").rglob("*.js"):
        room = path.relative_to(ROOT / "static/js").parts[0]
        code = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)  # types named in JSDoc are no imports
        for target in re.findall(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", code):
            to = (path.parent / target).resolve().relative_to(ROOT / "static/js").parts[0]
            if room in may and to not in may[room]:
                wrong.append(f"{path.name} → {target}")
            if room == "core" and to == "vendor" and not target.endswith("vendor/sha256.js"):
                wrong.append(f"{path.name} → {target}")
    assert wrong == []


def test_core_knows_no_document_no_storage_no_network_no_clock() -> None:
    for path in (ROOT / "static/js/core").glob("*.js"):
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        assert not re.findall(
            r"\b(?:document|window|indexedDB|fetch|localStorage|setTimeout)\b\s*[.(]|Date\.now|Math\.random", code
        ), path.name


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    assert [name for name in SETTINGS if f"`{name}`" not in page] == []


def test_every_flask_command_in_the_docs_exists(app: Flask) -> None:
    known = set()

    def walk(group: object, words: tuple[str, ...]) -> None:
        for name, command in getattr(group, "commands", {}).items():
            known.add((*words, name))
            walk(command, (*words, name))

    walk(app.cli, ())
    pages = [
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "schemes/README.md",
    ]
    for page in pages:
        for found in re.findall(r"flask ((?:[a-z]+ ?){1,2})", page.read_text("utf-8")):
            words = tuple(found.split())
            if words[0] in ("db", "score", "backup") or (words[0],) not in known:
                assert (words[0],) in known or words[0] == "db", (page.name, found)
                continue
            assert words in known or (words[0],) in known, (page.name, found)


def test_no_page_carries_inline_style_or_script() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert "style=" not in text, template.name
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == [], template.name
        assert re.findall(r"\son[a-z]+=", text) == [], template.name


def test_every_icon_named_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text("utf-8")))
    named = set()
    for template in (ROOT / "templates").rglob("*.html"):
        named |= set(re.findall(r"\bicon\('([a-z0-9-]+)'\)", template.read_text("utf-8")))
    assert named
    assert named - sprite == set()


def test_the_json_of_this_house_is_readable() -> None:
    for path in [
        *(ROOT / "static/texts").rglob("*.json"),
        *(ROOT / "schemes").rglob("*.json"),
        ROOT / "sync/catalogue.json",
    ]:
        json.loads(path.read_text("utf-8"))


def test_the_pictures_of_the_readme_are_there_and_small() -> None:
    named = re.findall(r"\((docs/[^)]+\.png)\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(named) >= 6
    for name in named:
        assert (ROOT / name).stat().st_size < 200_000, name


def test_links_between_the_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "schemes/README.md", ROOT / "sync/README.md"]
    broken = [
        f"{page.name} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
