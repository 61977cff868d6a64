"""Sheets of sites for the browser tests, written as a spreadsheet program writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

HEADINGS = ("代码", "类别", "名称", "省代码", "城市", "地址", "性质", "类型", "人数", "联系人", "电话", "位置")
HQ = (
    "HQ",
    "总部",
    "云岭电器总部",
    "530000",
    "昆明",
    "北京路 1 号",
    "自建",
    "headquarters",
    "40",
    "",
    "",
    "24.8800,102.8300",
)
OUTLETS = (
    ("Y01", "网点", "昆明盘龙店", "530000", "昆明", "白云路 2 号", "自建", "store", "12", "李", "", "25.0700,102.7500"),
    ("Y02", "网点", "大理下关店", "530000", "大理", "泰安路 3 号", "委托", "store", "10", "张", "", "25.5900,100.2300"),
    ("Y03", "网点", "贵阳云岩店", "520000", "贵阳", "中华路 4 号", "自建", "store", "11", "王", "", "26.6000,106.7100"),
)


def sheet(path: Path, rows: Sequence[Sequence[str]], *, headings: Sequence[str] = HEADINGS) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("网点")
        for at, row in enumerate((headings, *rows)):
            page.write_row(at, 0, row)
    return path
