"""What stands behind an answer: who said it when, with which note, samples, basis and photos. Pure.

Photos are records of sync; their bytes are read at /sync/v1/evidence/VISIT/UUID by whoever reads the visit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.consolidation.rules import HeadLike, Opinion, opinions, records

Register = Sequence[HeadLike]


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that somebody attached to a clause. `place` as the tablet measured it; `here`: its bytes are safe on the server."""

    visit: str
    uuid: str
    person: str
    taken_at: str
    caption: str
    sha256: str
    place: dict[str, Any] | None
    media_type: str
    here: bool

    @property
    def address(self) -> str:
        return f"/sync/v1/evidence/{self.visit}/{self.uuid}"

    @property
    def accuracy(self) -> str | None:
        """Metres, as the tablet said."""
        said = (self.place or {}).get("accuracy")
        return None if said is None else str(said).partition(".")[0]


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A note, the samples or the basis of one person."""

    person: str
    at: str
    value: Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One value register of a visit with all that was said beside it."""

    visit: str
    clause: str
    checkpoint: str
    opinions: tuple[Opinion, ...]
    notes: tuple[Remark, ...]
    samples: tuple[Remark, ...]
    basis: tuple[Remark, ...]

    @property
    def disputed(self) -> bool:
        return len(self.opinions) > 1

    @property
    def settled(self) -> HeadLike | None:
        """The settlement that stands here, if one does."""
        return next((head for opinion in self.opinions for head in opinion.heads if head.reason is not None), None)

    def of(self, opinion: Opinion, remarks: Sequence[Remark]) -> list[Remark]:
        """The remarks of the people who hold this opinion."""
        people = {head.person for head in opinion.heads}
        return [remark for remark in remarks if remark.person in people]


def answers(visit: str, heads: Mapping[str, Register]) -> list[Answer]:
    """Every result record of one visit."""
    return [
        Answer(
            visit=visit,
            clause=rest.partition("/")[0],
            checkpoint=rest.partition("/")[2],
            opinions=opinions(fields.get("value", ())),
            notes=_remarks(fields.get("note", ())),
            samples=_remarks(fields.get("samples", ())),
            basis=_remarks(fields.get("basis", ())),
        )
        for rest, fields in records(heads, "result").items()
    ]


def photos(visit: str, heads: Mapping[str, Register], missing: Collection[tuple[str, str]]) -> dict[str, list[Photo]]:
    """Clause → photos attached to it by anybody and not withdrawn, in the order they were taken. "" = attached to none.

    `missing`: (visit, evidence) whose bytes have not come.
    """
    found: dict[str, list[Photo]] = {}
    for uuid, fields in records(heads, "evidence").items():
        media = one(fields, "media_type") or ""
        if one(fields, "withdrawn") is True or not str(media).startswith("image/"):
            continue
        photo = Photo(
            visit=visit,
            uuid=uuid,
            person=next((head.person for head in fields.get("sha256", ())), ""),
            taken_at=str(one(fields, "taken_at") or ""),
            caption=str(one(fields, "caption") or ""),
            sha256=str(one(fields, "sha256") or ""),
            place=one(fields, "place"),
            media_type=str(media),
            here=(visit, uuid) not in missing,
        )
        attached = {clause for head in fields.get("attached_to", ()) for clause in head.value or ()}
        for clause in attached or {""}:
            found.setdefault(clause, []).append(photo)
    for listed in found.values():
        listed.sort(key=lambda photo: (photo.taken_at, photo.uuid))
    return found


def one(fields: Mapping[str, Register], field: str) -> Any:
    """The value of a field that nobody disputes, else the first that stands."""
    different = opinions(fields.get(field, ()))
    return different[0].value if different else None


def differing_samples(answer: Answer) -> tuple[list[str], int]:
    """The record numbers that people judged differently, and how many they judged alike."""
    told: dict[str, dict[str, Any]] = {}
    for remark in answer.samples:
        for sample in remark.value or ():
            told.setdefault(str(sample.get("ref") or ""), {})[remark.person] = sample.get("failing")
    shared = {ref: list(said.values()) for ref, said in told.items() if ref and len(said) > 1}
    different = sorted(ref for ref, said in shared.items() if any(one != said[0] for one in said))
    return different, len(shared) - len(different)


def _remarks(heads: Register) -> tuple[Remark, ...]:
    return tuple(
        Remark(person=head.person, at=head.at, value=head.value) for head in heads if head.value not in (None, "", [])
    )
