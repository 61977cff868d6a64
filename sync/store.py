"""The door of the package for its host: everything that reads or writes the tables, in the caller's transaction.

Never here: logic. README.md lists these functions with what they promise and refuse.
"""

from sync.desk import desk_write
from sync.devices import register, revoke_device
from sync.log import Envelope, push
from sync.pulling import SETS, pull
from sync.reading import (
    DeviceRow,
    Head,
    Obstacles,
    Parked,
    PartOf,
    devices,
    digests,
    evidence_hash,
    heads,
    missing_evidence,
    obstacles,
    parked,
    parts,
    state_of,
)
from sync.sql import epoch, new_epoch
from sync.verdicts import Admitted, admit, discard
from sync.visits import (
    close_part,
    drop_part,
    freeze,
    open_part,
    put_row,
    put_visit,
    remove_visit,
    reopen,
    return_part,
    visit_row,
)

__all__ = [
    "SETS",
    "Admitted",
    "DeviceRow",
    "Envelope",
    "Head",
    "Obstacles",
    "Parked",
    "PartOf",
    "admit",
    "close_part",
    "desk_write",
    "devices",
    "digests",
    "discard",
    "drop_part",
    "epoch",
    "evidence_hash",
    "freeze",
    "heads",
    "missing_evidence",
    "new_epoch",
    "obstacles",
    "open_part",
    "parked",
    "parts",
    "pull",
    "push",
    "put_row",
    "put_visit",
    "register",
    "remove_visit",
    "reopen",
    "return_part",
    "revoke_device",
    "state_of",
    "visit_row",
]
