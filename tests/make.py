"""Builders: the fixed cast and small worlds, made through the real acts."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask

from webapp.access import Actor, Role
from webapp.accounts import acts
from webapp.db import transaction, use_tenant

PASSWORD = "made-for-tests"
CAST: dict[str, tuple[str, tuple[Role, ...]]] = {
    "lin": ("林 Lin", (Role.lead_auditor,)),
    "an": ("安 An", (Role.reviewer,)),
    "bai": ("白 Bai", (Role.reviewer,)),
    "pan": ("潘 Pan", (Role.planner,)),
    "ding": ("丁 Ding", (Role.deliberator,)),
    "dai": ("戴 Dai", (Role.decision_maker,)),
    "he": ("何 He", (Role.hq_viewer,)),
    "shen": ("沈 Shen", (Role.client_contact,)),
    "qin": ("秦 Qin", (Role.scheme_manager,)),
    "guo": ("郭 Guo", (Role.administrator,)),
}
LOGIN_OF = {roles[0]: login for login, (_, roles) in CAST.items()}


@dataclass
class World:
    """Ids of what was made: the body, its people by login."""

    app: Flask
    tenant: str
    people: dict[str, str] = field(default_factory=dict)

    def actor(self, login: str) -> Actor:
        """The person as acts want them. Needs an application context."""
        actor = acts.actor_of(self.tenant, self.people[login])
        assert actor is not None
        return actor


def world(app: Flask, *, name: str = "星评认证演示机构", logins: str = "") -> World:
    """The cast in a new body; `logins` is put behind each login name, which is unique in an installation."""
    with app.app_context(), transaction():
        tenant = acts.create_tenant(name=name)
        made = World(app=app, tenant=tenant.id)
        for login, (person, roles) in CAST.items():
            made.people[login] = acts.create_person(
                login=login + logins, name=person, password=PASSWORD, roles=roles, by=None
            ).id
    return made


def scoped(made: World) -> None:
    """Bind the session of the current application context to this body."""
    use_tenant(made.tenant)
