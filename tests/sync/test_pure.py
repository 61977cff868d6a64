"""The pure part of sync stays pure, and its two encoders agree."""

import ast
import sys
from pathlib import Path

import sync
from sync import digest
from sync.registers import canonical

FOLDER = Path(sync.__file__).parent
PURE = {"catalogue", "operations", "chain", "merge", "digest", "cursor"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "sync" else {node.module}
    return found


def test_the_protocol_needs_only_the_standard_library():
    for name in PURE:
        for module in imports(FOLDER / f"{name}.py"):
            root, _, rest = module.partition(".")
            assert root in sys.stdlib_module_names or (root == "sync" and rest in PURE), (name, module)


def test_sync_knows_nothing_of_its_host():
    for path in FOLDER.glob("*.py"):
        assert not any(module.split(".")[0] in {"webapp", "tests"} for module in imports(path)), path


def test_both_encoders_write_the_same_canonical_json():
    every = [chr(point) for point in range(0x11000) if not 0xD800 <= point <= 0xDFFF]
    value = {"z": every, "a": {"b": [1, -(2**53) + 1, True, None], "B": "", "_": {}}, "aa": []}
    assert canonical(value) == digest.canonical(value)
    assert digest.canonical({"b": 'é"\\\b\f\n\r\t\x01\x7f\u2028', "a": 0}) == (
        '{"a":0,"b":"é\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\u2028"}'
    )
