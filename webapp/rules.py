"""The frame's pure part: roles, the actor, and the two answers to "may they?". No Flask, no database, no clock.

`webapp.access` gives both names on; the rooms' rules take them from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    lead_auditor = "lead_auditor"
    reviewer = "reviewer"
    planner = "planner"
    deliberator = "deliberator"
    decision_maker = "decision_maker"
    hq_viewer = "hq_viewer"
    client_contact = "client_contact"
    scheme_manager = "scheme_manager"
    administrator = "administrator"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: one person of one certification body, as the session or token at the server says."""

    tenant: str
    person: str
    name: str
    roles: frozenset[Role]
    language: str = "zh-CN"
    ended: bool = False

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True)
class Allowed:
    """Yes."""


@dataclass(frozen=True)
class Refused:
    """No, with the problem's code that says why."""

    code: str


Verdict = Allowed | Refused
