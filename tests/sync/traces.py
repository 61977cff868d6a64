"""The traces that break simpler readings of the merge, with the heads that stand at the end, worked out by hand.

A and B are reviewers, L is the lead. make_histories.py writes them to tests/vectors/sync/histories.json.
"""

YES, NO = {"met": True}, {"met": False}
VALUE = "result/5.1.1/value"


def op(id: str, author: str, value: object = None, *seen: str, arrives: str = "stored", **more: object) -> dict:
    """An operation on the value of result V/5.1.1, or on what `more` says."""
    operation = {"id": id, "author": author, "arrives": arrives, "record": "result", "key": "V/5.1.1"}
    operation |= {"set": {"value": value}, "seen": {"value": list(seen)} if seen else {}}
    return operation | more


def trace(name: str, why: str, *operations: dict, admitted: tuple = (), heads: tuple, **registers: object) -> dict:
    """`heads`: (heads, state) of the value of V/5.1.1; further registers of V by name."""
    expect = {VALUE: (list(heads[:-1]), heads[-1])}
    expect |= {name.replace("__", "/"): (list(found[:-1]), found[-1]) for name, found in registers.items()}
    return {
        "name": name,
        "why": why,
        "operations": list(operations),
        "admitted": list(admitted),
        "heads": {"V": expect},
    }


TRACES = [
    trace(
        "an-author-saves-twice-offline",
        "seen holds what the form showed, not only what was pulled",
        op("o1", "A", YES),
        op("o2", "A", NO, "o1"),
        heads=("o2", "agreed"),
    ),
    trace(
        "names-count-through-a-parked-line",
        "o3 names o2, which is parked and names o1",
        op("o1", "A", YES),
        op("o2", "A", NO, "o1", arrives="parked"),
        op("o3", "A", YES, "o2"),
        heads=("o3", "agreed"),
    ),
    trace(
        "an-admission-does-not-bring-back-what-was-replaced",
        "o3 names o2; both are parked, o3 is admitted first",
        op("o2", "A", YES, arrives="parked"),
        op("o3", "A", NO, "o2", arrives="parked"),
        admitted=("o3", "o2"),
        heads=("o3", "agreed"),
    ),
    trace(
        "naming-somebody-elses-answer-does-not-remove-it",
        "B answers and names A's answer",
        op("o1", "A", YES),
        op("o2", "B", NO, "o1"),
        heads=("o1", "o2", "disputed"),
    ),
    trace(
        "equal-answers-stay-two",
        "A and B say met, then B changes to not met",
        op("o1", "A", YES),
        op("o2", "B", YES),
        op("o3", "B", NO, "o1", "o2"),
        heads=("o1", "o3", "disputed"),
    ),
    trace(
        "equal-answers-agree",
        "A and B say met",
        op("o1", "A", YES),
        op("o2", "B", YES),
        heads=("o1", "o2", "agreed"),
    ),
    trace(
        "an-answer-on-top-of-a-settlement-stands-beside-it",
        "L settles, B answers and names the settlement",
        op("o1", "A", YES),
        op("o2", "B", NO),
        op("o3", "L", YES, "o1", "o2", settlement="seen"),
        op("o4", "B", NO, "o2", "o3"),
        heads=("o3", "o4", "disputed"),
    ),
    trace(
        "the-leads-own-plain-answer-does-not-lift-the-settlement",
        "a plain operation supersedes plain ones only",
        op("o1", "L", YES, settlement="seen"),
        op("o2", "L", NO, "o1"),
        heads=("o1", "o2", "disputed"),
    ),
    trace(
        "two-settlements-at-the-same-time-stand-side-by-side",
        "neither has seen the other",
        op("o1", "A", YES),
        op("o2", "L", YES, "o1", settlement="a"),
        op("o3", "L", NO, "o1", settlement="b"),
        heads=("o2", "o3", "disputed"),
    ),
    trace(
        "a-settlement-settles-settlements",
        "disputed again, settled again",
        op("o2", "L", YES, settlement="a"),
        op("o3", "L", NO, settlement="b"),
        op("o4", "L", NO, "o2", "o3", settlement="c"),
        heads=("o4", "agreed"),
    ),
    trace(
        "each-field-has-its-own-seen",
        "the other tablet had pulled the value, not the note; its edit of both leaves the unseen note",
        op("o1", "A", YES, set={"value": YES, "note": "first"}),
        op("o2", "A", NO, set={"value": NO, "note": "second"}, seen={"value": ["o1"]}),
        heads=("o2", "agreed"),
        **{"result/5.1.1/note": ("o1", "o2", "agreed")},
    ),
    trace(
        "a-name-counts-when-it-arrives-later",
        "o2 reaches the server before o1, which it replaces",
        op("o2", "A", NO, "o1"),
        op("o1", "A", YES),
        heads=("o2", "agreed"),
    ),
    trace(
        "a-name-counts-when-it-arrives-later-and-is-parked",
        "o3 names o2, which comes later, is parked and names o1",
        op("o1", "A", YES),
        op("o3", "A", NO, "o2"),
        op("o2", "A", YES, "o1", arrives="parked"),
        heads=("o3", "agreed"),
    ),
    trace(
        "somebody-elses-parked-line-passes-nothing-on",
        "B's o2 names B's o1 and is parked; A's settlement-free o3 names it",
        op("o1", "B", YES),
        op("o2", "B", NO, "o1", arrives="parked"),
        op("o3", "A", NO, "o2"),
        heads=("o1", "o3", "disputed"),
    ),
    trace(
        "a-settlement-counts-through-the-leads-own-parked-line",
        "o2 could not remove A's answer, the settlement that names it does",
        op("o1", "A", YES),
        op("o2", "L", NO, "o1", arrives="parked"),
        op("o3", "L", NO, "o2", settlement="seen"),
        heads=("o3", "agreed"),
    ),
    trace(
        "an-admitted-line-still-passes-on-what-it-names",
        "o2 was parked, is admitted, and L's settlement names only o2",
        op("o1", "A", YES),
        op("o2", "L", NO, "o1", arrives="parked"),
        op("o3", "L", NO, "o2", settlement="seen"),
        admitted=("o2",),
        heads=("o3", "agreed"),
    ),
    trace(
        "a-stored-line-passes-nothing-on",
        "o2 is stored and names A's answer in vain; the settlement names only o2",
        op("o1", "A", YES),
        op("o2", "L", NO, "o1"),
        op("o3", "L", NO, "o2", settlement="seen"),
        heads=("o1", "o3", "disputed"),
    ),
    trace(
        "a-circle-leaves-no-head",
        "only a faulty client writes it",
        op("o1", "A", YES, "o2"),
        op("o2", "A", NO, "o1"),
        heads=("open",),
    ),
    trace(
        "a-circle-through-a-parked-line-leaves-no-head",
        "o1 names o2, which is parked and names o1",
        op("o1", "A", YES, "o2"),
        op("o2", "A", NO, "o1", arrives="parked"),
        heads=("open",),
    ),
    trace(
        "names-of-other-registers-have-no-effect",
        "o2 names, for its value, an operation that writes only the note",
        op("o1", "A", set={"note": "n"}),
        op("o2", "A", NO, "o1"),
        heads=("o2", "agreed"),
        **{"result/5.1.1/note": ("o1", "agreed")},
    ),
    trace(
        "an-answer-taken-back-disputes-nothing",
        "A takes back, B has answered",
        op("o1", "A", YES),
        op("o2", "A", None, "o1"),
        op("o3", "B", NO),
        heads=("o2", "o3", "agreed"),
    ),
    trace(
        "taken-back-by-everybody-is-open",
        "heads that are all null",
        op("o1", "A", None),
        op("o2", "B", None),
        heads=("o1", "o2", "open"),
    ),
    trace(
        "a-settlement-may-take-back",
        "the lead settles on nothing",
        op("o1", "A", YES),
        op("o2", "B", NO),
        op("o3", "L", None, "o1", "o2", settlement="asked again"),
        heads=("o3", "open"),
    ),
    trace(
        "two-tablets-of-one-person-disagree-until-the-next-answer",
        "o3 names both",
        op("o1", "A", YES),
        op("o2", "A", NO),
        op("o3", "A", NO, "o1", "o2"),
        heads=("o3", "agreed"),
    ),
    trace(
        "a-line-set-aside-leaves-its-authors-own-dispute",
        "known and accepted: o2 never reaches the server, o3 names only o2",
        op("o1", "A", YES),
        op("o3", "A", NO, "o2"),
        heads=("o1", "o3", "disputed"),
    ),
]
