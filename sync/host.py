"""The one object that a host application hands in, and the words in which both sides speak.

Never here: Flask, SQL, rules of merging. The host decides who asks, who reads and writes what, and whether a value fits
the visit's scheme; sync decides everything else.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sqlalchemy import Connection


class Refused(Exception):
    """An act that cannot be done: `code` says why, `facts` what it is about. The host turns it into its own error."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Asker:
    """Who speaks. `ended`: the account is closed; its owner may still deliver, and every line is parked."""

    tenant: str
    person: str
    ended: bool = False


class Rights(NamedTuple):
    """What one person may do with one visit. Who may not `know` of a visit is told that it does not exist."""

    knows: bool = False
    assigned: bool = False
    lead: bool = False


NO_RIGHTS = Rights()


class Rulebook(Protocol):
    """What only the scheme of a visit can tell. Pure: no database."""

    def fits(self, record: str, rest: str, values: Mapping[str, object]) -> bool:
        """Whether clause, checkpoint, kind of value, special kind and ground exist in this scheme.

        `rest` is what follows the visit in the key (`"5.1.1.1/a"`); `values` is the operation's `set`, already of the
        catalogue's shape; null (taken back) always fits. A clause that is not asked at the site fits.
        """

    def under(self, clause: str, codes: Collection[str]) -> bool:
        """Whether the clause is one of `codes` or stands below one of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction stored: the registers written, by visit, and the parts submitted."""

    tenant: str
    person: str
    registers: Mapping[str, frozenset[str]]
    submitted: tuple[tuple[str, str], ...] = ()


class Host(Protocol):
    """Handed to `wire.blueprint` and to the functions of `store` that judge operations."""

    def asker(self) -> Asker | None:
        """Who asks in the present request: cookie session (with the forged-request defence) or bearer token."""

    def transaction(self, *, write: bool) -> AbstractContextManager[Connection]:
        """A connection in a transaction that is committed when the block ends without exception, else rolled back.

        write=True: SQLite `BEGIN IMMEDIATE` (PostgreSQL read committed). write=False: one snapshot for all its reads
        (PostgreSQL `REPEATABLE READ`). What is answered after the block counts as durable.
        """

    def streams(self, db: Connection, asker: Asker) -> Sequence[str] | None:
        """The streams this person pulls (without the person's own `u:` stream); None: one who pulls nothing at all."""

    def rights(self, db: Connection, asker: Asker, visits: Collection[str]) -> Mapping[str, Rights]:
        """The rights for each of these visits, in one query; absent = none. All of them exist in sync."""

    def rulebook(self, db: Connection, tenant: str, scheme: str) -> Rulebook:
        """The rules of a published scheme version (the `scheme` of the visit's row), kept in memory by the host."""

    def stored(self, db: Connection, change: Change) -> None:
        """Called once per transaction after operations took effect, inside it: summaries, events. Must not raise."""
