"""The merge of one register: which operations nothing stored supersedes.

Never here: I/O, clocks, server order. Heads are a function of the set of operations and of what is or was parked, never
of the order of arrival: a name that has not arrived is remembered in `waiting` and counts when it does.

*y supersedes x* when y names x, directly or through operations of its own author that are or were parked. A plain
operation supersedes only plain operations of its own author, a settlement any.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Op:
    """What merging reads of an operation; `seen` is that of this register's field."""

    id: str
    author: str
    settlement: bool = False
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """An operation of this register that has arrived. `stored`: in effect; `passes`: is or was parked."""

    op: Op
    stored: bool
    passes: bool


# None: has not arrived; False: arrived, but writes another register.
Lookup = Callable[[str], Known | bool | None]


@dataclass(slots=True)
class Waiting:
    """Who named an operation that is not in effect (yet), in plain operations and in settlements."""

    plain: set[str] = field(default_factory=set)
    settling: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Register:
    """What must be kept of a register between operations. `passing`: heads that were parked once."""

    heads: dict[str, Op] = field(default_factory=dict)
    passing: set[str] = field(default_factory=set)
    waiting: dict[str, Waiting] = field(default_factory=dict)


def store(register: Register, op: Op, look: Lookup, *, passes: bool = False) -> bool:
    """An operation takes effect (`passes`: it was parked and is admitted). False: it is superseded already."""
    named = register.waiting.pop(op.id, None)
    if not (named and (named.settling or (not op.settlement and op.author in named.plain))):
        register.heads[op.id] = op
        if passes:
            register.passing.add(op.id)
    _name(register, op.seen, op.author, op.settlement, look)
    return op.id in register.heads


def park(register: Register, op: Op, look: Lookup) -> None:
    """An operation arrives and is parked: it passes on what it names to those of its author's that name it."""
    named = register.waiting.get(op.id)
    if named is None:
        return
    if op.author in named.plain:
        _name(register, op.seen, op.author, False, look)
    if op.author in named.settling:
        _name(register, op.seen, op.author, True, look)


def state(policy: str, values: Iterable[str]) -> str:
    """`open`, `agreed` or `disputed`, from the heads' values in canonical JSON."""
    different = {value for value in values if value != "null"}
    if not different:
        return "open"
    return "disputed" if policy == "one" and len(different) > 1 else "agreed"


def _name(register: Register, names: Iterable[str], author: str, settlement: bool, look: Lookup) -> None:
    todo, done = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in done:
            continue
        done.add(name)
        head = register.heads.get(name)
        if head is not None:
            if _may(author, settlement, head):
                del register.heads[name]
            if name in register.passing and head.author == author:
                known = look(name)
                assert isinstance(known, Known)
                todo.extend(known.op.seen)
            continue
        known = look(name)
        if known is None:
            _wait(register, name, author, settlement)
        elif isinstance(known, Known):
            if not known.stored and _may(author, settlement, known.op):
                _wait(register, name, author, settlement)
            if known.passes and known.op.author == author:
                todo.extend(known.op.seen)


def _may(author: str, settlement: bool, op: Op) -> bool:
    return settlement or (not op.settlement and op.author == author)


def _wait(register: Register, name: str, author: str, settlement: bool) -> None:
    waiting = register.waiting.setdefault(name, Waiting())
    (waiting.settling if settlement else waiting.plain).add(author)
