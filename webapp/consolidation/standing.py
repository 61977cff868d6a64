"""How an evaluation stands now: everything a page of the lead reads, loaded once in a constant number of queries, and scored.

Architecture invariant: whoever is not the lead of the evaluation gets it without the mystery visits that are not released,
in every list, count and figure. `load` is the only way to a score.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from sync import store
from webapp.accounts.models import Person
from webapp.clients.models import Client, LevelHeld, Site, SiteKind
from webapp.consolidation import matrix, rules
from webapp.consolidation.evidence import Answer, Photo, answers, photos
from webapp.consolidation.models import Override
from webapp.consolidation.rules import Dispute, Input, JsonObject, SiteFacts, VisitFacts
from webapp.db import db, now
from webapp.evaluations.models import Evaluation, FrozenVersion
from webapp.planning.models import Visit, VisitKind, Visitor
from webapp.problems import Problem
from webapp.rules import Actor, Role
from webapp.sampling.models import Draw, Drawn, FrozenList, Pick, Replacement, Scope
from webapp.schemes.models import SchemeVersion
from webapp.schemes.scoring import ScoringError, score
from webapp.texts import ZONE

VERIFIES = "rectification"  # the purpose of a visit that only verifies rectification


@dataclass(kw_only=True)
class Standing:
    """One evaluation as one reader may know it."""

    evaluation: Evaluation
    client: Client
    version: SchemeVersion
    checklists: rules.Checklists
    sites: dict[str, Site]
    outlets: int
    visits: dict[str, Visit]
    facts: tuple[VisitFacts, ...]
    heads: dict[str, dict[str, list[store.Head]]]
    parts: dict[str, list[store.PartOf]]
    missing: frozenset[tuple[str, str]]
    names: dict[str, str]
    overrides: list[Override]
    held: dict[str, int]
    frozen: FrozenVersion | None
    input: Input
    include_mystery: bool
    at: datetime

    @property
    def scheme(self) -> JsonObject:
        return self.checklists.scheme

    @cached_property
    def score(self) -> JsonObject:
        return scored(self.scheme, self.input, overrides=self.overrides, held=self.held)

    @cached_property
    def own(self) -> dict[str, JsonObject]:
        """Each site's own figure: the score of that site alone, for order and comparison."""
        at: dict[str, list[JsonObject]] = {}
        for result in self.input.results:
            at.setdefault(result["site"], []).append(result)
        return {site["id"]: score(self.scheme, [site], at.get(site["id"], [])) for site in self.input.sites}

    @cached_property
    def disputes(self) -> list[Dispute]:
        """The inbox, in the order of the scheme, then of the other records."""
        order = {clause["code"]: place for place, clause in enumerate(self.scheme["clauses"])}
        listed = rules.disputes(self.heads, self.input.visits)
        return sorted(listed, key=lambda each: (order.get(each.clause or "", len(order)), each.visit, each.name))

    @cached_property
    def answers(self) -> dict[str, list[Answer]]:
        """Clause → the answers of all counted visits."""
        found: dict[str, list[Answer]] = {}
        for visit in self.input.visits:
            for answer in answers(visit.id, self.heads.get(visit.id, {})):
                found.setdefault(answer.clause, []).append(answer)
        return found

    @cached_property
    def photos(self) -> dict[str, dict[str, list[Photo]]]:
        """Visit → clause → photos."""
        return {visit.id: photos(visit.id, self.heads.get(visit.id, {}), self.missing) for visit in self.input.visits}

    @cached_property
    def clauses(self) -> dict[str, JsonObject]:
        return {clause["code"]: clause for clause in self.scheme["clauses"]}

    @cached_property
    def visited(self) -> set[str]:
        """Sites where something is answered."""
        return {
            visit.site
            for visit in self.input.visits
            for name, heads in self.heads.get(visit.id, {}).items()
            if name.startswith("result/") and name.endswith("/value") and any(head.value is not None for head in heads)
        }

    def matrix(self, show: matrix.Show) -> matrix.Matrix:
        sites, results = self.input.sites, self.input.results
        return matrix.laid_out(self.scheme, sites=sites, results=results, score=self.score, own=self.own, show=show)

    def without(self, dispute: Dispute, value: object) -> JsonObject:
        """The score if this dispute were settled to `value`."""
        record, rest, _ = rules.split(dispute.name)
        clause, _, checkpoint = rest.partition("/")
        register = (dispute.visit, clause, checkpoint)
        kept = [
            each
            for each in self.input.results
            if (each["visit"], each["clause"], each.get("checkpoint", "")) != register
        ]
        taken = next(
            (
                each
                for each in self.input.results
                if (each["visit"], each["clause"], each.get("checkpoint", "")) == register
            ),
            None,
        )
        if record != "result" or taken is None or not isinstance(value, dict):
            return self.score
        place: JsonObject = {key: taken[key] for key in ("site", "visit", "clause", "checkpoint") if key in taken}
        settled = Input(
            sites=self.input.sites,
            results=[*kept, place | value],
            specials=self.input.specials,
            visits=self.input.visits,
        )
        return scored(self.scheme, settled, overrides=self.overrides, held=self.held)

    def site_of(self, visit: str) -> Site:
        return self.sites[self.visits[visit].site]

    def name(self, person: str | None) -> str:
        return self.names.get(person or "", person or "")

    @cached_property
    def input_sha256(self) -> str:
        """Of the canonical JSON of all that the scorer was given but the scheme, which has its own hash."""
        given = {
            "sites": self.input.sites,
            "results": self.input.results,
            "specials": self.input.specials,
            "held": self.held,
        }
        return hashlib.sha256(rules.same(given | {"overrides": told(self.overrides)}).encode()).hexdigest()


def may_read(actor: Actor, evaluation: Evaluation) -> bool:
    """Lead of this evaluation; deliberator, decision maker and administrator read every consolidation."""
    return evaluation.lead == actor.person or actor.has(Role.deliberator, Role.decision_maker, Role.administrator)


def load(evaluation: Evaluation, *, include_mystery: bool) -> Standing:
    """Problem: scoring-failed, with the scorer's code, when what is stored cannot be scored."""
    return load_all([evaluation], include_mystery={evaluation.id: include_mystery})[0]


def load_all(evaluations: Sequence[Evaluation], *, include_mystery: dict[str, bool]) -> list[Standing]:
    """Several at once, in the same number of queries as one."""
    if not evaluations:
        return []
    tenant, ids = evaluations[0].tenant, [each.id for each in evaluations]
    connection = db.session.connection()
    clients = {row.id: row for row in rows(select(Client).where(Client.id.in_({each.client for each in evaluations})))}
    schemes = {
        row.id: row
        for row in rows(
            select(SchemeVersion).where(SchemeVersion.id.in_({each.scheme_version for each in evaluations}))
        )
    }
    checklists = {id: rules.Checklists(json.loads(row.body)) for id, row in schemes.items()}
    sites = rows(select(Site).where(Site.client.in_(clients)))
    visits = rows(select(Visit).where(Visit.evaluation.in_(ids)).order_by(Visit.from_on, Visit.id))
    of_visits = [visit.id for visit in visits]
    heads = store.heads(connection, tenant=tenant, visits=of_visits)
    parts = store.parts(connection, tenant=tenant, visits=of_visits)
    absent = store.missing_evidence(connection, tenant=tenant, visits=of_visits)
    names = {row.id: row.name for row in db.session.execute(select(Person.id, Person.name))}
    overrides = rows(
        select(Override).where(Override.evaluation.in_(ids), Override.lifted_at.is_(None)).order_by(Override.made_at)
    )
    levels = rows(select(LevelHeld).where(LevelHeld.client.in_(clients)))
    versions = rows(select(FrozenVersion).where(FrozenVersion.evaluation.in_(ids)))
    samples = _samples(ids)
    found = []
    for evaluation in evaluations:
        version = schemes[evaluation.scheme_version]
        frozen = next(
            (each for each in versions if each.evaluation == evaluation.id and each.version == evaluation.version), None
        )
        frozen = frozen if evaluation.frozen else None
        at = frozen.frozen_at if frozen else now()
        mystery = include_mystery[evaluation.id]
        here = {
            visit.id: visit
            for visit in visits
            if visit.evaluation == evaluation.id and (mystery or visit.kind is VisitKind.open or visit.released_at)
        }
        facts = tuple(_facts(visit, parts.get(visit.id, [])) for visit in here.values())
        own_sites = {site.id: site for site in sites if site.client == evaluation.client}
        sample = samples.get(evaluation.id, _Sample())
        given = rules.scorer_input(
            checklists[version.id],
            sites=_sites(own_sites.values(), sample, facts),
            visits=facts,
            heads=heads,
            mystery_modes=[mode for mode in evaluation.modes if mode in ("B", "D")],
            include_mystery=mystery,
        )
        found.append(
            Standing(
                evaluation=evaluation,
                client=clients[evaluation.client],
                version=version,
                checklists=checklists[version.id],
                sites=own_sites,
                outlets=sample.listed
                or sum(site.kind is SiteKind.outlet and site.closed_on is None for site in own_sites.values()),
                visits=here,
                facts=facts,
                heads={visit: heads.get(visit, {}) for visit in here},
                parts={visit: parts.get(visit, []) for visit in here},
                missing=frozenset((visit, uuid) for visit, uuid in absent if visit in here),
                names=names,
                overrides=[each for each in overrides if each.evaluation == evaluation.id],
                held={
                    each.level: rules.months_between(each.since, at.astimezone(ZONE).date())
                    for each in levels
                    if each.client == evaluation.client and each.scheme == version.code
                },
                frozen=frozen,
                input=given,
                include_mystery=mystery,
                at=at,
            )
        )
    return found


def scored(scheme: JsonObject, given: Input, *, overrides: Iterable[Override], held: dict[str, int]) -> JsonObject:
    try:
        return score(scheme, given.sites, given.results, given.specials, overrides=told(overrides), held=held)
    except ScoringError as error:
        raise Problem("scoring-failed", 409, why=error.code) from error


def rescored(stands: Standing, overrides: list[JsonObject]) -> JsonObject:
    """The score under other overrides: what recovering some clauses would bring."""
    given = stands.input
    return score(stands.scheme, given.sites, given.results, given.specials, overrides=overrides, held=stands.held)


def told(overrides: Iterable[Override]) -> list[JsonObject]:
    return [{"clause": each.clause, "loss": each.loss, "reason": each.reason} for each in overrides]


def rows(query: object) -> list:  # type: ignore[type-arg]
    return list(db.session.execute(query).scalars())  # type: ignore[call-overload]


def _facts(visit: Visit, parts: Sequence[store.PartOf]) -> VisitFacts:
    return VisitFacts(
        id=visit.id,
        site=visit.site,
        modes=tuple(visit.modes),
        mystery=visit.kind is VisitKind.mystery,
        released=visit.released_at is not None,
        cancelled=visit.cancelled_at is not None,
        verifies=visit.purpose == VERIFIES,
        submitted=bool(parts) and all(part.state != "open" for part in parts),
    )


def _sites(sites: Iterable[Site], sample: _Sample, visits: Sequence[VisitFacts]) -> list[SiteFacts]:
    """The HQ and the outlets of the sample as it is now. Where nothing was drawn, the sites with a visit are the sample."""
    drawn = {
        False: {visit.site for visit in visits if not visit.mystery and not visit.verifies}
        if sample.open is None
        else sample.open,
        True: {visit.site for visit in visits if visit.mystery and not visit.verifies}
        if sample.mystery is None
        else sample.mystery,
    }
    return [
        SiteFacts(
            id=site.id,
            kind=site.kind.value,
            type=site.type or None,
            only_mystery=site.kind is not SiteKind.hq and site.id not in drawn[False],
        )
        for site in sorted(sites, key=lambda each: each.code)
        if site.kind is SiteKind.hq or site.id in drawn[False] or site.id in drawn[True]
    ]


@dataclass
class _Sample:
    """Sites of the last draw of each scope, replacements done; None: nothing drawn. `listed`: outlets on the open list."""

    open: set[str] | None = None
    mystery: set[str] | None = None
    listed: int = 0


def _samples(evaluations: Sequence[str]) -> dict[str, _Sample]:
    lists = rows(
        select(FrozenList).where(FrozenList.evaluation.in_(evaluations)).order_by(FrozenList.frozen_at, FrozenList.id)
    )
    draws = rows(select(Draw).where(Draw.frozen_list.in_([each.id for each in lists])).order_by(Draw.number))
    last = {each.frozen_list: each.id for each in draws}
    codes: dict[str, set[str]] = {draw: set() for draw in last.values()}
    for table in (Pick, Drawn):
        for draw, code in db.session.execute(select(table.draw, table.code).where(table.draw.in_(codes))):
            codes[draw].add(code)
    for row in rows(select(Replacement).where(Replacement.draw.in_(codes)).order_by(Replacement.place)):
        codes[row.draw] = codes[row.draw] - {row.code_out} | {row.code_in}
    found: dict[str, _Sample] = {}
    for frozen in lists:
        if frozen.id not in last:
            continue
        sample = found.setdefault(frozen.evaluation, _Sample())
        sites = {outlet["site"] for outlet in frozen.outlets if outlet["code"] in codes[last[frozen.id]]}
        if frozen.scope is Scope.open:
            sample.open, sample.listed = sites, len(frozen.outlets)
        else:
            sample.mystery = sites
    return found


def visitors_of(visits: Iterable[str]) -> dict[str, list[str]]:
    """Visit → the people who go."""
    found: dict[str, list[str]] = {}
    query = select(Visitor.visit, Visitor.person).where(Visitor.visit.in_(list(visits)))
    for visit, person in db.session.execute(query):
        found.setdefault(visit, []).append(person)
    return found
