"""The roof over sync/: the one object that tells it who asks, who may read and write which visit, and what fits a scheme.

Built from accounts (who), evaluations and planning (streams and rights) and schemes (fit). No rule of merging lives here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select

from sync.host import Asker, Change, Rights
from sync.tables import make_tables
from webapp import access, assets
from webapp.accounts.models import PersonRole
from webapp.config import secret_key
from webapp.db import Base, db, now, uuid7, writing
from webapp.evaluations.models import Evaluation, Member
from webapp.events import Event
from webapp.planning.models import Visit, VisitKind, Visitor
from webapp.schemes.models import SchemeVersion
from webapp.schemes.rulebook import Rulebook

STAYS_AFTER_CLOSING = timedelta(days=30)

make_tables(Base.metadata)


class XingpingHost:
    """sync.host.Host for this house."""

    def __init__(self) -> None:
        self._rulebooks: dict[tuple[str, str], Rulebook] = {}

    def asker(self) -> Asker | None:
        actor = access.maybe_actor()
        return None if actor is None else Asker(tenant=actor.tenant, person=actor.person, ended=actor.ended)

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Connection]:
        db.session.commit()  # ends the reading of who asks
        before = writing.set(write)
        options = {"isolation_level": "REPEATABLE READ"} if not write and db.engine.dialect.name == "postgresql" else {}
        try:
            yield db.session.connection(execution_options=options)
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        finally:
            writing.reset(before)

    def streams(self, db: Connection, asker: Asker) -> Sequence[str] | None:
        roles = set(
            db.execute(
                select(PersonRole.role).where(PersonRole.tenant == asker.tenant, PersonRole.person == asker.person)
            ).scalars()
        )
        if roles.isdisjoint((access.Role.reviewer, access.Role.lead_auditor)):
            return None
        evaluations = db.execute(
            select(Evaluation.id).where(
                Evaluation.tenant == asker.tenant, _in_time(), or_(_leads(asker), _in_team(asker))
            )
        ).scalars()
        mystery = db.execute(
            select(Visit.id)
            .join(Evaluation, and_(Evaluation.tenant == Visit.tenant, Evaluation.id == Visit.evaluation))
            .where(
                Visit.tenant == asker.tenant,
                Visit.kind == VisitKind.mystery,
                _in_time(),
                or_(_leads(asker), _goes(asker)),
            )
        ).scalars()
        return [f"e:{evaluation}" for evaluation in evaluations] + [f"m:{visit}" for visit in mystery]

    def rights(self, db: Connection, asker: Asker, visits: Collection[str]) -> Mapping[str, Rights]:
        rows = db.execute(
            select(
                Visit.id,
                Visit.kind,
                Visit.cancelled_at,
                _leads(asker).label("lead"),
                _in_team(asker).label("member"),
                _goes(asker).label("goes"),
            )
            .join(Evaluation, and_(Evaluation.tenant == Visit.tenant, Evaluation.id == Visit.evaluation))
            .where(Visit.tenant == asker.tenant, Visit.id.in_(visits))
        )
        return {
            row.id: Rights(
                knows=bool(row.lead or row.goes or (row.member and row.kind is VisitKind.open)),
                assigned=bool(row.goes and row.cancelled_at is None),
                lead=bool(row.lead),
            )
            for row in rows
        }

    def rulebook(self, db: Connection, tenant: str, scheme: str) -> Rulebook:
        known = self._rulebooks.get((tenant, scheme))
        if known is None:
            body = db.execute(
                select(SchemeVersion.body).where(SchemeVersion.tenant == tenant, SchemeVersion.sha256 == scheme)
            ).scalar_one()
            known = self._rulebooks[tenant, scheme] = Rulebook(json.loads(body))
        return known

    def stored(self, db: Connection, change: Change) -> None:
        for visit, person in change.submitted:
            row = {
                "tenant": change.tenant,
                "id": uuid7(),
                "at": now(),
                "by": change.person,
                "kind": "part-submitted",
                "subject": f"visit {visit}",
            }
            db.execute(insert(Event).values(**row, facts=json.dumps({"person": person})))


def _in_time() -> ColumnElement[bool]:
    return or_(Evaluation.closed_on.is_(None), Evaluation.closed_on > (now() - STAYS_AFTER_CLOSING).date())


def _leads(asker: Asker) -> ColumnElement[bool]:
    return Evaluation.lead == asker.person


def _in_team(asker: Asker) -> ColumnElement[bool]:
    return (
        select(Member.id)
        .where(Member.tenant == asker.tenant, Member.evaluation == Evaluation.id, Member.person == asker.person)
        .exists()
    )


def _goes(asker: Asker) -> ColumnElement[bool]:
    return (
        select(Visitor.id)
        .where(Visitor.tenant == asker.tenant, Visitor.visit == Visit.id, Visitor.person == asker.person)
        .exists()
    )


def init_app(app: Flask) -> None:
    from sync.wire import blueprint

    made = app.extensions["sync_host"] = XingpingHost()
    # the key of cursors is derived, so that a cursor is never a cookie
    app.register_blueprint(
        blueprint(
            made,
            key=lambda: b"cursor " + secret_key(app.config["SECRET_KEY_FILE"]),
            folder=app.config["EVIDENCE"],
            app=assets.version(),
            mark=access.public,
        )
    )
