"""One register between operations: its merge, its heads as they travel, and its row in the table.

Never here: SQL, who may write. The JSON of a row is what a pull sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from json.encoder import encode_basestring as quote

import msgspec

from sync import merge
from sync.sql import Row, compact

_Wire = msgspec.json.Decoder(tuple[str, str, str, list[list[msgspec.Raw]]])
_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(slots=True)
class Shown:
    """A head as it travels; `value` in canonical JSON."""

    device: int
    at: str
    value: str
    reason: str | None = None


@dataclass(slots=True)
class Slot:
    """One register: its merge and its heads. `first`: the value that stands in a `once` register without heads."""

    visit: str
    record: str
    rest: str
    field: str
    name: str
    prefix: str
    register: merge.Register = made(default_factory=merge.Register)
    shown: dict[str, Shown] = made(default_factory=dict)
    first: str | None = None
    dirty: bool = False

    def value_standing(self) -> str | None:
        """For policy `once`: the value that stands, in canonical JSON."""
        return next((shown.value for shown in self.shown.values()), self.first)


def canonical(value: object) -> str:
    """As digest.canonical, by a faster encoder; a test holds them equal."""
    return _encode(value).decode()


def fill(slot: Slot, wire: str, waiting: str | None, owners: Mapping[int, tuple[str, str]]) -> None:
    """Reads the heads and what merging must remember from the columns `json` and `waiting`."""
    for raw in _Wire.decode(wire)[3]:
        op = bytes(raw[0])[1:-1].decode()
        device = int(bytes(raw[1]))
        reason = json.loads(bytes(raw[4])) if len(raw) > 4 else None
        slot.shown[op] = Shown(device, json.loads(bytes(raw[2])), bytes(raw[3]).decode(), reason)
        slot.register.heads[op] = merge.Op(op, owners[device][1], reason is not None)
    if waiting is not None:
        kept = json.loads(waiting)
        slot.first = kept.get("first")
        slot.register.passing = set(kept.get("passing", ()))
        slot.register.waiting = {
            op: merge.Waiting(set(plain), set(settling)) for op, (plain, settling) in kept.get("named", {}).items()
        }


def row_of(tenant: str, stream: str, seq: int, slot: Slot) -> Row:
    """The register's row under a new number."""
    heads = ",".join(
        f'["{op}",{shown.device},{quote(shown.at)},{shown.value}'
        + ("]" if shown.reason is None else f",{compact(shown.reason)}]")
        for op, shown in sorted(slot.shown.items())
    )
    return {
        "tenant": tenant,
        "stream": stream,
        "seq": seq,
        "visit": slot.visit,
        "name": slot.name,
        "json": f'["{slot.record}",{quote(slot.rest)},"{slot.field}",[{heads}]]',
        "waiting": _kept(slot),
        "devices": ",".join(map(str, sorted({shown.device for shown in slot.shown.values()}))),
    }


def _kept(slot: Slot) -> str | None:
    """What merging must remember beside the heads; nothing, for most registers."""
    register = slot.register
    kept: dict[str, object] = {}
    if slot.first is not None and not slot.shown:
        kept["first"] = slot.first
    if passing := sorted(register.passing & register.heads.keys()):
        kept["passing"] = passing
    if register.waiting:
        kept["named"] = {
            op: [sorted(each.plain), sorted(each.settling)] for op, each in sorted(register.waiting.items())
        }
    return compact(kept) if kept else None
