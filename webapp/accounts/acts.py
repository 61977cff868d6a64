"""Use cases of accounts: people and roles, signing in and out, tokens, the first administrator."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from webapp import events
from webapp.access import Actor, Role, require
from webapp.accounts import passwords, rules
from webapp.accounts.models import FailedSignIn, Person, PersonRole, ServiceToken, SetupAddress, SignIn, Tenant
from webapp.db import change_tenant, current_tenant, db, found, now, use_tenant
from webapp.problems import Problem
from webapp.texts import LANGUAGES

_clients: list[Callable[[], list[tuple[str, str]]]] = []
_readings: list[Callable[[Actor], list[tuple[str, str]]]] = []


def offer_clients(listing: Callable[[], list[tuple[str, str]]]) -> None:
    """A later room says which clients there are, as (id, name): a client contact belongs to one."""
    _clients[:] = [listing]


def offered_clients() -> list[tuple[str, str]]:
    return [client for listing in _clients for client in listing()]


def offer_readings(listing: Callable[[Actor], list[tuple[str, str]]]) -> None:
    """A later room says what a person without a page of their own may read, as (words, address)."""
    _readings[:] = [listing]


def offered_readings(actor: Actor) -> list[tuple[str, str]]:
    return [reading for listing in _readings for reading in listing(actor)]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_tenant(*, name: str, demo: bool = False) -> Tenant:
    """A new certification body; the session works for it from here on."""
    tenant = Tenant(name=name, demo=demo)
    db.session.add(tenant)
    db.session.flush()
    use_tenant(tenant.id)
    return tenant


def create_person(
    *,
    login: str,
    name: str,
    password: str | None,
    roles: Iterable[Role],
    by: str | None,
    language: str = "zh-CN",
    city: str | None = None,
    position: str | None = None,
) -> Person:
    """Problems: login-invalid, login-taken, password-short, password-long, name-missing, position-invalid."""
    login, name = login.strip(), name.strip()
    for code in (
        rules.login_problem(login),
        None if password is None else rules.password_problem(password),
        None if name else "name-missing",
    ):
        if code:
            raise Problem(code, least=rules.PASSWORD_LEAST, most=rules.PASSWORD_MOST)
    if person_by_login(login) is not None:
        raise Problem("login-taken", 409, login=login)
    if code := rules.position_problem((position or "").strip()):
        raise Problem(code)
    person = Person(
        login=login,
        name=name,
        language=language,
        city=city or None,
        position=position or None,
        password_hash=None if password is None else passwords.hashed(password),
    )
    db.session.add(person)
    db.session.flush()
    set_roles(person=person, roles=roles, by=by)
    events.record("person-created", f"person {person.id}", by=by, login=login)
    return person


def set_roles(*, person: Person, roles: Iterable[Role], by: str | None) -> None:
    wanted = set(roles)
    db.session.execute(delete(PersonRole).where(PersonRole.person == person.id))
    db.session.add_all(PersonRole(person=person.id, role=role) for role in wanted)
    events.record("roles-set", f"person {person.id}", by=by, roles=sorted(wanted))


def change_person(
    *,
    actor: Actor,
    person: Person,
    name: str,
    roles: Iterable[Role],
    language: str,
    city: str = "",
    position: str = "",
    client: str = "",
) -> None:
    """By an administrator. Problems: name-missing, position-invalid, language-unknown, account-ended, last-administrator."""
    require(actor.has(Role.administrator))
    wanted = set(roles)
    if person.ended_at is not None:
        raise Problem("account-ended", 409)
    if not name.strip():
        raise Problem("name-missing")
    if code := rules.position_problem(position.strip()):
        raise Problem(code)
    _keeps_an_administrator(person, wanted)
    _speak(person, language)
    person.name, person.city, person.position = name.strip(), city.strip() or None, position.strip() or None
    if wanted != set(roles_of(person)):
        set_roles(person=person, roles=wanted, by=actor.person)
    assign_client(person=person, client=client)
    events.record("person-changed", f"person {person.id}", by=actor.person, name=person.name, city=person.city)


def assign_client(*, person: Person, client: str) -> None:
    """The client whose contact this person is; of nobody else. Problem: client-unknown."""
    contact = Role.client_contact in roles_of(person)
    if client and contact and client not in dict(offered_clients()):
        raise Problem("client-unknown")
    person.client = client if client and contact else None


def give_password(*, actor: Actor, person: Person, password: str) -> None:
    """By an administrator. Problems: account-ended, password-short, password-long."""
    require(actor.has(Role.administrator))
    if person.ended_at is not None:
        raise Problem("account-ended", 409)
    set_password(person=person, password=password, by=actor.person)


def set_language(*, person: Person, language: str) -> None:
    """Problem: language-unknown."""
    _speak(person, language)
    events.record("language-set", f"person {person.id}", by=person.id, language=language)


def change_password(*, person: Person, old: str, new: str, token: str | None) -> None:
    """By the person, in the browser with this sign-in, which alone goes on. Problems: password-wrong, password-short, password-long."""
    if not passwords.fits(old, person.password_hash):
        raise Problem("password-wrong")
    set_password(person=person, password=new, by=person.id, keep=token)


def set_password(*, person: Person, password: str, by: str | None, keep: str | None = None) -> None:
    """All sign-ins of the person end but the one of the token to `keep`: whoever knew the old password is out."""
    if code := rules.password_problem(password):
        raise Problem(code, least=rules.PASSWORD_LEAST, most=rules.PASSWORD_MOST)
    person.password_hash = passwords.hashed(password)
    kept = digest(keep) if keep else ""
    db.session.execute(delete(SignIn).where(SignIn.person == person.id, SignIn.token_hash != kept))
    events.record("password-set", f"person {person.id}", by=by)


def end_person(*, person: Person, by: str | None, reason: str = "") -> None:
    """The account can no longer work; its tablets may still deliver what they hold (sync.md). Problem: last-administrator."""
    _keeps_an_administrator(person, ())
    person.ended_at = person.ended_at or now()
    events.record("person-ended", f"person {person.id}", by=by, reason=reason.strip())


def ending_of(person: Person) -> tuple[str | None, str]:
    """Who ended the account (None: a command) and why, as the event log says."""
    query = select(events.Event).where(
        events.Event.subject == f"person {person.id}", events.Event.kind == "person-ended"
    )
    row = db.session.execute(query.order_by(events.Event.at).limit(1)).scalar_one_or_none()
    if row is None:
        return None, ""
    by = db.session.get(Person, (person.tenant, row.by)) if row.by else None
    return by.name if by else None, str(json.loads(row.facts).get("reason", ""))


def sign_in(
    *, login: str, password: str, address: str, browser: str, instead_of: str | None = None
) -> tuple[Person, str]:
    """The person and the new session's token; the one `instead_of` which it stands in this browser ends.

    Problems: sign-in-failed, too-many-attempts (with `seconds`).
    """
    login, at = login.strip().lower(), now()
    subjects = (f"login {login[:100]}", f"address {address[:100]}")
    failures = select(FailedSignIn.subject, FailedSignIn.at).where(
        FailedSignIn.subject.in_(subjects), FailedSignIn.at > at - rules.FORGOTTEN_AFTER
    )
    tried = db.session.execute(failures).all()
    frees = (rules.FREE_TRIES, rules.FREE_TRIES_OF_AN_ADDRESS)
    wait = max(
        rules.wait_after([when for subject, when in tried if subject == of], at=at, free=free)
        for of, free in zip(subjects, frees, strict=True)
    )
    if wait > timedelta(0):
        raise Problem("too-many-attempts", seconds=int(wait.total_seconds()) + 1)
    person = person_by_login(login)
    if not passwords.fits(password, person.password_hash if person else None) or person is None:
        db.session.add_all(FailedSignIn(subject=subject) for subject in subjects)
        db.session.commit()  # the failure must outlive the refusal, which rolls back
        raise Problem("sign-in-failed")
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.subject == subjects[0]))
    db.session.execute(delete(FailedSignIn).where(FailedSignIn.at < at - rules.FORGOTTEN_AFTER))
    if instead_of is not None:
        sign_out(token=instead_of)
    change_tenant(person.tenant)
    token = secrets.token_urlsafe(32)
    db.session.add(
        SignIn(person=person.id, token_hash=digest(token), browser=browser[:200], ends_at=at + rules.SESSION_FOR)
    )
    events.record("signed-in", f"person {person.id}", by=person.id)
    return person, token


def sign_out(*, token: str) -> None:
    row = db.session.execute(select(SignIn).where(SignIn.token_hash == digest(token))).scalar_one_or_none()
    if row is not None:
        db.session.delete(row)
        events.record("signed-out", f"person {row.person}", by=row.person)


def note_seen(*, token: str) -> None:
    """This browser is in use."""
    db.session.execute(update(SignIn).where(SignIn.token_hash == digest(token)).values(seen_at=now()))


def sign_ins_of(person: Person) -> list[SignIn]:
    """The browsers in which this person is signed in, the latest first."""
    query = select(SignIn).where(SignIn.person == person.id, SignIn.ends_at > now())
    return list(db.session.execute(query.order_by(SignIn.started_at.desc())).scalars())


def end_sign_in(*, person: Person, id: str) -> None:
    """One's own alone: another's is not found."""
    row = db.session.get(SignIn, (person.tenant, id))
    db.session.delete(found(row if row is not None and row.person == person.id else None))
    events.record("sign-in-ended", f"person {person.id}", by=person.id)


def tokens_of(person: Person) -> list[ServiceToken]:
    """Service tokens of this person that are in force."""
    query = select(ServiceToken).where(ServiceToken.person == person.id, ServiceToken.ended_at.is_(None))
    return list(db.session.execute(query.order_by(ServiceToken.created_at.desc())).scalars())


def end_token(*, person: Person, id: str) -> None:
    row = db.session.get(ServiceToken, (person.tenant, id))
    token: ServiceToken = found(row if row is not None and row.person == person.id else None)
    token.ended_at = token.ended_at or now()
    events.record("token-ended", f"person {person.id}", by=person.id)


def create_token(*, person: Person, by: str | None) -> str:
    token = "xp_" + secrets.token_urlsafe(32)
    db.session.add(ServiceToken(person=person.id, token_hash=digest(token)))
    events.record("token-created", f"person {person.id}", by=by)
    return token


def end_tokens(*, person: str) -> None:
    """None of this person's tokens works any longer."""
    db.session.execute(
        update(ServiceToken)
        .where(ServiceToken.person == person, ServiceToken.ended_at.is_(None))
        .values(ended_at=now())
    )


def person_by_login(login: str) -> Person | None:
    """In any body: login names are unique in an installation."""
    return db.session.execute(
        select(Person).where(Person.login == login), execution_options={"any_tenant": True}
    ).scalar_one_or_none()


def actor_of_session(token: str) -> tuple[Actor, datetime] | None:
    """Who is signed in with it, and when that was last noted."""
    row = db.session.execute(
        select(SignIn).where(SignIn.token_hash == digest(token), SignIn.ends_at > now()),
        execution_options={"any_tenant": True},
    ).scalar_one_or_none()
    actor = None if row is None else actor_of(row.tenant, row.person)
    return None if row is None or actor is None else (actor, row.seen_at)


def actor_of_token(token: str) -> Actor | None:
    query = select(ServiceToken).where(ServiceToken.token_hash == digest(token), ServiceToken.ended_at.is_(None))
    row = db.session.execute(query, execution_options={"any_tenant": True}).scalar_one_or_none()
    return None if row is None else actor_of(row.tenant, row.person)


def actor_of(tenant: str, person_id: str) -> Actor | None:
    """The actor, and the session bound to their body."""
    use_tenant(tenant)
    person = db.session.get(Person, (tenant, person_id))
    if person is None:
        return None
    roles = db.session.execute(select(PersonRole.role).where(PersonRole.person == person.id)).scalars()
    return Actor(
        tenant=tenant,
        person=person.id,
        name=person.name,
        roles=frozenset(roles),
        language=person.language,
        ended=person.ended_at is not None,
    )


def roles_of(person: Person) -> list[Role]:
    rows = set(db.session.execute(select(PersonRole.role).where(PersonRole.person == person.id)).scalars())
    return [role for role in Role if role in rows]


def people_with(*roles: Role) -> list[Person]:
    """Everybody of this body with one of the roles whose account has not ended, by name."""
    query = select(Person).where(
        Person.ended_at.is_(None),
        Person.id.in_(
            select(PersonRole.person).where(PersonRole.role.in_(roles), PersonRole.tenant == current_tenant())
        ),
    )
    return list(db.session.execute(query.order_by(Person.login)).scalars())


def people(search: str = "") -> list[tuple[Person, list[Role]]]:
    """Everybody of this body with their roles, those whose account has ended last; two queries."""
    roles: dict[str, set[Role]] = {}
    for person, role in db.session.execute(select(PersonRole.person, PersonRole.role)):
        roles.setdefault(person, set()).add(role)
    rows = list(db.session.execute(select(Person).order_by(Person.login)).scalars())
    rows.sort(key=lambda person: person.ended_at is not None)
    held = [(person, [role for role in Role if role in roles.get(person.id, ())]) for person in rows]
    return [
        (person, had) for person, had in held if rules.matches(search, (person.login, person.name, person.city or ""))
    ]


def person_named(id: str) -> Person:
    """Of this body, ended or not. Problem: not-found."""
    row: Person = found(db.session.get(Person, (current_tenant(), id)))
    return row


def setup_open(token: str) -> bool:
    """Whether the one-time address can still be used."""
    address = db.session.get(SetupAddress, digest(token))
    return (
        address is not None
        and address.used_at is None
        and not db.session.scalar(select(func.count()).select_from(Tenant))
    )


def open_setup() -> str | None:
    """A fresh one-time token for setting up the first administrator; None once there is a body."""
    if db.session.scalar(select(func.count()).select_from(Tenant)):
        return None
    token = secrets.token_urlsafe(24)
    db.session.execute(delete(SetupAddress))
    db.session.add(SetupAddress(token_hash=digest(token)))
    return token


def set_up(*, token: str, body: str, login: str, name: str, password: str, language: str = "zh-CN") -> Person:
    """The body and its first administrator. Problem: setup-used."""
    if not setup_open(token):
        raise Problem("setup-used", 410)
    if not body.strip():
        raise Problem("body-missing")
    free = (SetupAddress.token_hash == digest(token)) & SetupAddress.used_at.is_(None)
    if not db.session.execute(update(SetupAddress).where(free).values(used_at=now())).rowcount:  # type: ignore[attr-defined]
        raise Problem("setup-used", 410)  # somebody else was faster
    create_tenant(name=body.strip())
    return create_person(
        login=login, name=name, password=password, roles=[Role.administrator], by=None, language=language
    )


def _speak(person: Person, language: str) -> None:
    if language not in LANGUAGES:
        raise Problem("language-unknown")
    person.language = language


def _keeps_an_administrator(person: Person, roles: Collection[Role]) -> None:
    active = [one.id for one in people_with(Role.administrator)]
    if person.id in active and not rules.leaves_an_administrator(active, person=person.id, roles=roles):
        raise Problem("last-administrator", 409)
