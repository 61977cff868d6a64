"""Sheets of sites: reading an xlsx that somebody uploads, writing the template and the export.

Nothing here stores. An upload is hostile until measured: entries, packed and unpacked bytes, ratio, rows and columns are all bounded
before the reader (python-calamine) sees it. One wrong row stops the whole file; warnings stand apart and stop nothing.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from xml.parsers import expat

import xlsxwriter
from python_calamine import CalamineWorkbook

from webapp.clients import columns
from webapp.clients.columns import COLUMNS, HEADINGS, Fault
from webapp.problems import Problem

MOST_BYTES = 8 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_ENTRIES = 500
MOST_RATIO = 200
MOST_ROWS = 5000
MOST_COLUMNS = 200


class Place(NamedTuple):
    """An error or warning in the file: row and column as the sheet counts them, heading as it stands there."""

    row: int
    letter: str
    heading: str
    fault: Fault


@dataclass
class Sheet:
    """What was read. `rows` are texts by column, `sites` the values of the rows without errors."""

    rows: list[dict[str, str]] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Place] = field(default_factory=list)
    warnings: list[Place] = field(default_factory=list)


def read_sheet(content: bytes) -> Sheet:
    """The first sheet of an xlsx. Problems: sheet-empty, sheet-too-large, sheet-unreadable, sheet-rows, sheet-headings."""
    grid = _grid(_measured(content))
    at = next((n for n, cells in enumerate(grid) if "code" in map(columns.column_of, cells)), None)
    if at is None:
        raise Problem("sheet-headings", missing="、".join(HEADINGS[column][0] for column in columns.REQUIRED))
    headings = grid[at]
    found = {columns.column_of(heading): place for place, heading in reversed(list(enumerate(headings)))}
    if missing := [HEADINGS[column][0] for column in columns.REQUIRED if column not in found]:
        raise Problem("sheet-headings", missing="、".join(missing))
    lines = [
        (number, {column: cells[found[column]] for column in COLUMNS if column in found and found[column] < len(cells)})
        for number, cells in enumerate(grid[at + 1 :], at + 2)
        if any(cell.strip() for cell in cells)
    ]
    if not lines:
        raise Problem("sheet-empty")
    if len(lines) > MOST_ROWS:
        raise Problem("sheet-rows", rows=len(lines), most=MOST_ROWS)
    return read_rows(lines, {column: (letter(place), headings[place]) for column, place in found.items() if column})


def read_rows(lines: Iterable[tuple[int, dict[str, str]]], places: Mapping[str, tuple[str, str]]) -> Sheet:
    """Rows of texts with their numbers; `places` says letter and heading of each column."""
    sheet, first, hq = Sheet(), dict[str, int](), 0
    for number, texts in lines:
        made = columns.read(texts)
        code = made.values["code"]
        if code and code in first:
            made.errors.append(Fault("code", "code-twice", code, {"first": first[code]}))
        if made.values["kind"] == "hq":
            if hq:
                made.errors.append(Fault("kind", "hq-twice", texts.get("kind", ""), {"first": hq}))
            hq = hq or number
        first.setdefault(code, number)
        for faults, into in ((made.errors, sheet.errors), (made.warnings, sheet.warnings)):
            into += [
                Place(number, *places.get(fault.column, ("", HEADINGS[fault.column][0])), fault) for fault in faults
            ]
        sheet.rows.append(texts)
        if not made.errors:
            sheet.sites.append(made.values)
    return sheet


def letter(place: int) -> str:
    """0 is A, 26 is AA."""
    return (letter(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


def write_sheet(
    rows: Iterable[Mapping[str, str]], *, language: str, title: str, hints: Mapping[str, str] | None = None
) -> bytes:
    """An xlsx of these columns with headings in the language. Every cell is text, whatever it begins with. `hints`: what to write."""
    side = 1 if language == "en" else 0
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        page = book.add_worksheet(title[:31])
        bold, text = (
            book.add_format({"bold": True, "bg_color": "#E2F3F1", "bottom": 1}),
            book.add_format({"num_format": "@"}),
        )
        for place, column in enumerate(COLUMNS):
            star = " *" if column in columns.REQUIRED else ""
            page.write_string(0, place, HEADINGS[column][side] + star, bold)
            page.set_column(place, place, 28 if column in ("name", "address", "position") else 14, text)
            if hints:
                _guide(page, place, column, hints[column], side)
        for number, row in enumerate(rows, 1):
            for place, column in enumerate(COLUMNS):
                page.write_string(number, place, row.get(column, ""), text)
        page.freeze_panes(1, 0)
        if hints:
            notes = book.add_worksheet("填写说明" if side == 0 else "How to fill in")
            notes.set_column(0, 0, 18)
            notes.set_column(1, 1, 80)
            for number, column in enumerate(COLUMNS):
                notes.write_string(number, 0, HEADINGS[column][side], bold)
                notes.write_string(number, 1, hints[column])
    return file.getvalue()


def _guide(page: Any, place: int, column: str, hint: str, side: int) -> None:
    words = {"kind": (("总部", "网点"), ("HQ", "outlet")), "ownership": (("自建", "委托"), ("own", "contracted"))}
    rule: dict[str, object] = {
        "validate": "any",
        "input_title": HEADINGS[column][side][:32],
        "input_message": hint[:255],
    }
    if column in words:
        rule |= {"validate": "list", "source": list(words[column][side]), "error_type": "warning"}
    page.data_validation(1, place, MOST_ROWS, place, rule)


def _measured(content: bytes) -> bytes:
    """The same parts, packed anew: what was measured is what the reader gets, whatever the file says of itself.

    Refuses what is no xlsx or would grow beyond measure. A part that names less than it holds is cut there, and its sum is wrong;
    of two parts with one name the reader could take the other.
    """
    clean = io.BytesIO()
    if not content:
        raise Problem("sheet-empty")
    if len(content) > MOST_BYTES:
        raise Problem("sheet-too-large", most=MOST_BYTES // 1024 // 1024)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(clean, "w") as kept:
            parts = packed.infolist()
            total = sum(part.file_size for part in parts)
            small = all(part.file_size <= max(1 << 20, MOST_RATIO * part.compress_size) for part in parts)
            if len(parts) > MOST_ENTRIES or total > MOST_UNPACKED or not small:
                raise Problem("sheet-too-large", most=MOST_BYTES // 1024 // 1024)
            if "xl/workbook.xml" not in packed.namelist() or any(part.flag_bits & 1 for part in parts):
                raise Problem("sheet-unreadable")
            if len({part.filename.casefold() for part in parts}) < len(parts):
                raise Problem("sheet-unreadable")
            for part in parts:
                whole = packed.read(part)
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _look(whole)
                kept.writestr(part.filename, whole)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        expat.ExpatError,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
    ):
        raise Problem("sheet-unreadable") from None
    except Exception as error:
        if isinstance(error, Problem):
            raise
        raise Problem("sheet-unreadable") from error
    return clean.getvalue()


def _look(sheet: bytes) -> None:
    """The reader lays out every cell between the first and the last: one far corner would fill the memory."""
    parser = expat.ParserCreate()

    def begin(name: str, said: dict[str, str]) -> None:
        kind = name.rsplit(":", 1)[-1]
        if kind in ("c", "row", "dimension", "mergeCell"):
            for corner in said.get("ref" if kind in ("dimension", "mergeCell") else "r", "").split(":"):
                name_of_column = corner.rstrip("0123456789").replace("$", "")
                row = corner[len(corner.rstrip("0123456789")) :]
                if len(row) > 7 or int(row or 0) > MOST_ROWS * 4 or (kind == "c" and len(name_of_column) > 2):
                    raise Problem("sheet-rows", rows=row[:12], most=MOST_ROWS)

    def doctype(*_: object) -> None:
        raise Problem("sheet-unreadable")

    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(sheet, True)


def _grid(content: bytes) -> list[list[str]]:
    """The first sheet as texts, from its first row on."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MOST_ROWS * 4)
    except BaseException as error:  # a panic of the reader is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise Problem("sheet-unreadable") from error
    return [[_text(cell) for cell in line[:MOST_COLUMNS]] for line in cells]


def _text(cell: object) -> str:
    """44.0 was typed as 44; dates as they are written here."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).replace("\x00", "")


def packed(sheet: Sheet) -> str:
    """The rows as text that a page can carry from the preview to the confirmation."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(sheet.rows, ensure_ascii=False).encode())).decode()


def unpacked(text: str) -> Sheet:
    """What `packed` carried, read and checked again. Problem: sheet-unreadable."""
    try:
        opened = zlib.decompressobj()
        rows = json.loads(opened.decompress(base64.urlsafe_b64decode(text), MOST_BYTES))
        if opened.unconsumed_tail or len(rows) > MOST_ROWS:
            raise ValueError("more rows than a sheet may have")
        lines = [
            (number, {column: str(row[column]) for column in COLUMNS if column in row})
            for number, row in enumerate(rows, 2)
        ]
        json.dumps([texts for _, texts in lines], ensure_ascii=False).encode()  # half a character is no text
    except (ValueError, zlib.error, TypeError, AttributeError, KeyError, RecursionError):
        raise Problem("sheet-unreadable") from None
    return read_rows(lines, {})
