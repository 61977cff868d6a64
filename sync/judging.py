"""What speaks against an operation, beyond its line: account, device, visit, scheme, rights, states. Codes in order.

Never here: the database, and what follows from a code. Pushing parks by the first objection; admitting asks whether one
is left that a lead's word cannot lift.
"""

from collections.abc import Callable, Iterator

from sync.catalogue import RECORDS
from sync.digest import canonical
from sync.host import Asker, Rights, Rulebook
from sync.ledger import Part, Visit
from sync.operations import Line


def objections(
    line: Line,
    *,
    asker: Asker,
    revoked: bool,
    visit: Visit | None,
    rights: Rights,
    rules: Callable[[], Rulebook],
    standing: Callable[[str], str | None],
) -> Iterator[str]:
    """The codes that apply, in their order. `standing`: the value that stands in a `once` field, canonical."""
    if asker.ended:
        yield "user-ended"
    if revoked:
        yield "device-revoked"
    if visit is None or visit.removed:
        yield "unknown-visit"
        return
    if not rights.knows:
        yield "unknown-visit"
    if not rules().fits(line.record, line.rest, line.set):
        yield "malformed"
    if visit.frozen:
        yield "frozen"
    record, part = RECORDS[line.record], visit.parts.get(asker.person)
    if line.settlement is None:
        foreign = record.by_person and line.rest.split("/")[0] != asker.person
        if foreign or part is None or not rights.assigned:
            yield "not-on-visit"
    elif not rights.lead:
        if not rights.assigned:
            yield "not-on-visit"
        yield "not-lead"
    for name, value in line.set.items():
        if record.fields[name].policy == "once" and standing(name) not in {None, canonical(value)}:
            yield "once"
            break
    if line.settlement is None and part is not None:
        yield from _state(line, part, rules)


def submits(line: Line, visit: Visit, person: str) -> Part | None:
    """The part that this operation, taking effect, submits."""
    if line.record != "submission" or "done" not in line.set:
        return None
    owner, number = line.rest.split("/")
    part = visit.parts.get(person)
    if part is None or owner != person or part.state != "open" or int(number) != part.round:
        return None
    return part


def _state(line: Line, part: Part, rules: Callable[[], Rulebook]) -> Iterator[str]:
    if line.record == "submission" and int(line.rest.split("/")[1]) != part.round:
        yield "round"
    if part.state == "closed":
        yield "visit-closed"
    elif part.state == "submitted":
        yield "submitted"
    if line.record == "result" and part.clauses is not None:
        clause = line.rest.split("/")[0]
        if not rules().under(clause, part.clauses):
            yield "not-returned"
