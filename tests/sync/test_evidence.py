"""Bytes of evidence: uploaded whole for each record, verified on disk, safe only for who has said and sent it."""

import fcntl
import os
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from sync import evidence, store, vault
from tests.sync.world import MYSTERY, OPEN, TENANT, World, line

PHOTO = "0195f7a0-0000-4000-8000-000000000001"
OTHER = "0195f7a0-0000-4000-8000-000000000002"
BYTES = bytes(range(256)) * 40
HASH = sha256(BYTES).hexdigest()
TUS = {"Tus-Resumable": "1.0.0"}


def begin(tablet, *, visit: str = OPEN, photo: str = PHOTO, sha: str = HASH, length: int = len(BYTES), **headers: str):
    words = {"device": tablet.uuid, "visit": visit, "evidence": photo, "sha256": sha}
    metadata = ",".join(f"{name} {b64encode(text.encode()).decode()}" for name, text in words.items())
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata, **headers}
    return tablet.world.call("POST", "/sync/v1/evidence", tablet.person, headers=headers)


def send(tablet, place: str, offset: int, chunk: bytes, **headers: str):
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **headers}
    return tablet.world.call("PATCH", place, tablet.person, data=chunk, headers=headers)


def where(tablet, place: str):
    return tablet.world.call("HEAD", place, tablet.person, headers=TUS)


def upload(tablet, content: bytes = BYTES, **about: object):
    place = begin(tablet, length=len(content), **about).headers["Location"]
    for start in range(0, len(content), 3000):
        reply = send(tablet, place, start, content[start : start + 3000])
    return reply


def state(tablet, *keys: str) -> dict:
    return tablet.world.call("POST", "/sync/v1/evidence/state", tablet.person, json={"evidence": list(keys)}).json


def say(tablet, *, visit: str = OPEN, photo: str = PHOTO, sha: str = HASH, **more: object) -> list:
    values = {"sha256": sha, "bytes": len(BYTES), "media_type": "image/jpeg", **more}
    return tablet.codes(line("evidence", f"{visit}/{photo}", values))


def read(tablet, visit: str = OPEN, photo: str = PHOTO):
    return tablet.world.call("GET", f"/sync/v1/evidence/{visit}/{photo}", tablet.person, buffered=True)


def missing(world: World) -> list:
    with world.read() as db:
        return store.missing_evidence(db, tenant=TENANT, visits=[OPEN, MYSTERY])


def test_a_photo_is_safe_when_it_is_said_and_sent(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    key = f"{OPEN}/{PHOTO}"
    assert state(an, key) == {"safe": [], "missing": [key]}
    say(an)
    assert state(an, key)["safe"] == []
    assert missing(world) == [(OPEN, PHOTO)]
    assert read(an).status_code == 404
    assert upload(an).status_code == 204
    assert state(an, key, "x", f"{OPEN}/{OTHER}") == {"safe": [key], "missing": ["x", f"{OPEN}/{OTHER}"]}
    assert missing(world) == []
    assert vault.blob_path(world.folder, TENANT, HASH).read_bytes() == BYTES
    for tablet in (an, bai):
        reply = read(tablet)
        assert reply.data == BYTES
        assert reply.mimetype == "image/jpeg"
        assert reply.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert state(bai, key)["missing"] == [key]


def test_bytes_may_come_before_the_operation_and_for_a_parked_one(world):
    an = world.tablet("an")
    upload(an, visit="v0")
    assert state(an, f"v0/{PHOTO}")["safe"] == []
    assert say(an, visit="v0") == ["unknown-visit"]
    assert state(an, f"v0/{PHOTO}")["safe"] == [f"v0/{PHOTO}"]


def test_the_hash_is_checked_on_what_was_stored(world):
    an = world.tablet("an")
    say(an)
    reply = upload(an, BYTES[:-1] + b"x")
    assert (reply.status_code, reply.json["code"]) == (422, "hash")
    assert state(an, f"{OPEN}/{PHOTO}")["safe"] == []
    assert not vault.blob_path(world.folder, TENANT, HASH).exists()
    assert list((world.folder / "uploads").iterdir()) == []
    assert upload(an).status_code == 204
    assert state(an, f"{OPEN}/{PHOTO}")["safe"] == [f"{OPEN}/{PHOTO}"]


def test_an_upload_of_other_bytes_than_said_is_not_safe(world):
    an = world.tablet("an")
    say(an, sha="b" * 64)
    upload(an)
    assert state(an, f"{OPEN}/{PHOTO}")["safe"] == []
    assert missing(world) == [(OPEN, PHOTO)]
    assert read(an).status_code == 404


def test_a_cut_upload_goes_on_where_it_was(world):
    an = world.tablet("an")
    place = begin(an).headers["Location"]
    assert send(an, place, 0, BYTES[:5000]).headers["Upload-Offset"] == "5000"
    for offset in (0, 4000, 6000):
        reply = send(an, place, offset, BYTES[offset : offset + 100])
        assert (reply.status_code, reply.json["code"], reply.json["offset"]) == (409, "offset", 5000)
    head = where(an, place)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("5000", str(len(BYTES)))
    assert head.headers["Cache-Control"] == "no-store"
    assert send(an, place, 5000, BYTES[5000:]).status_code == 204
    assert where(an, place).headers["Upload-Offset"] == str(len(BYTES))
    assert send(an, place, len(BYTES), b"").status_code == 204
    assert send(an, place, len(BYTES), b"x").status_code == 409


def test_bytes_written_but_not_acknowledged_are_written_again(world):
    an = world.tablet("an")
    place = begin(an).headers["Location"]
    send(an, place, 0, BYTES[:3000])
    # A crash after the write, before the commit: the file is longer than the database says.
    vault.append(world.folder, place.rsplit("/", 1)[1], 3000, b"y" * (len(BYTES) + 5))
    assert where(an, place).headers["Upload-Offset"] == "3000"
    assert send(an, place, 3000, BYTES[3000:]).status_code == 204
    assert vault.blob_path(world.folder, TENANT, HASH).read_bytes() == BYTES


def test_an_upload_whose_file_is_lost_begins_again(world):
    an = world.tablet("an")
    place = begin(an).headers["Location"]
    send(an, place, 0, BYTES[:3000])
    vault.drop(world.folder, place.rsplit("/", 1)[1])
    assert send(an, place, 3000, BYTES[3000:]).status_code == 410
    assert upload(an).status_code == 204


def test_uploads_belong_to_their_user(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    place = begin(an).headers["Location"]
    assert where(bai, place).status_code == 404
    assert send(bai, place, 0, b"x").status_code == 404
    assert where(an, "/sync/v1/evidence/none").status_code == 404
    an.uuid = bai.uuid
    assert (begin(an).status_code, begin(an).json["code"]) == (403, "other-user")
    an.uuid = OTHER
    assert (begin(an).status_code, begin(an).json["code"]) == (409, "device")


def test_knowing_a_hash_gives_nobody_the_bytes(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    say(bai, visit=MYSTERY)
    upload(bai, visit=MYSTERY)
    say(an, photo=OTHER)
    assert state(an, f"{OPEN}/{OTHER}")["safe"] == []
    assert read(an, photo=OTHER).status_code == 404
    assert read(an, visit=MYSTERY).status_code == 404
    assert read(bai, visit=MYSTERY).data == BYTES
    place = begin(an, photo=OTHER).headers["Location"]
    assert where(an, place).headers["Upload-Offset"] == "0"


def test_one_file_serves_several_records(world):
    an = world.tablet("an")
    for photo in (PHOTO, OTHER):
        say(an, photo=photo)
        upload(an, photo=photo)
    assert read(an).data == read(an, photo=OTHER).data == BYTES
    blobs = [path for path in (world.folder / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 1


def test_an_empty_file_is_whole_at_once(world):
    an = world.tablet("an")
    empty = sha256(b"").hexdigest()
    say(an, sha=empty, media_type="text/html")
    assert begin(an, sha=empty, length=0).status_code == 201
    assert state(an, f"{OPEN}/{PHOTO}")["safe"] == [f"{OPEN}/{PHOTO}"]
    assert read(an).mimetype == "application/octet-stream"
    assert begin(an, length=0).json["code"] == "hash"


def test_a_finished_upload_cannot_be_changed_by_a_late_chunk(world):
    an = world.tablet("an")
    place = begin(an).headers["Location"]
    send(an, place, 0, BYTES)
    with pytest.raises(vault.LostError):
        vault.append(world.folder, place.rsplit("/", 1)[1], 100, b"evil")
    assert vault.blob_path(world.folder, TENANT, HASH).read_bytes() == BYTES


def test_requests_that_tus_refuses(world, monkeypatch):
    an = world.tablet("an")
    offers = world.call("OPTIONS", "/sync/v1/evidence", None)
    assert (offers.headers["Tus-Version"], offers.headers["Tus-Extension"]) == ("1.0.0", "creation")
    place = begin(an).headers["Location"]
    assert begin(an, **{"Tus-Resumable": "0.9"}).status_code == 412
    assert begin(an, **{"Upload-Length": "x"}).status_code == 400
    assert begin(an, length=10**12).status_code == 413
    for metadata in ("", "device", "device %%", "device !", "visit " + b64encode(b"\xff").decode()):
        assert begin(an, **{"Upload-Metadata": metadata}).json["code"] == "metadata"
    assert begin(an, visit="a/b").status_code == 400
    assert begin(an, photo="x").status_code == 400
    assert begin(an, sha="x").status_code == 400
    assert send(an, place, 0, b"x", **{"Content-Type": "text/plain"}).status_code == 415
    assert send(an, place, 0, b"x" * (evidence.CHUNK + 1)).status_code == 413
    assert send(an, place, 0, BYTES + b"x").status_code == 413
    reply = world.call("POST", "/sync/v1/evidence/state", "an", json={"evidence": [1]})
    assert reply.status_code == 400
    monkeypatch.setattr(evidence, "UNFINISHED_MS", -1000)
    assert where(an, place).status_code == 410


def test_who_only_delivers_uploads_but_reads_nothing(world):
    an = world.tablet("an")
    say(an)
    world.host.ended.add("an")
    assert upload(an).status_code == 204
    assert state(an, f"{OPEN}/{PHOTO}")["safe"] == [f"{OPEN}/{PHOTO}"]
    assert read(an).json["code"] == "deliver-only"


def test_a_withdrawn_photo_is_not_missed(world):
    an = world.tablet("an")
    say(an)
    an.push(line("evidence", f"{OPEN}/{PHOTO}", {"withdrawn": True}))
    assert missing(world) == []


def test_a_colleagues_upload_makes_nothing_of_mine_safe(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    say(an)
    upload(bai)
    for tablet in (an, bai):
        assert state(tablet, f"{OPEN}/{PHOTO}")["safe"] == []
    assert read(an).status_code == 404


def test_a_chunk_that_waited_while_another_finished_touches_nothing(world):
    an = world.tablet("an")
    name = begin(an).headers["Location"].rsplit("/", 1)[1]
    vault.append(world.folder, name, 0, BYTES)
    path = world.folder / "uploads" / name
    with path.open("rb") as held, ThreadPoolExecutor(1) as pool:
        fcntl.flock(held, fcntl.LOCK_EX)
        late = pool.submit(vault.append, world.folder, name, 100, b"evil")
        with pytest.raises(TimeoutError):
            late.result(timeout=0.2)
        path.rename(world.folder / "finished")
        fcntl.flock(held, fcntl.LOCK_UN)
        with pytest.raises(vault.LostError):
            late.result(timeout=10)
    assert (world.folder / "finished").read_bytes() == BYTES


def test_another_version_of_tus_is_refused_with_the_one_spoken_here(world):
    reply = begin(world.tablet("an"), **{"Tus-Resumable": "0.2.2"})
    assert (reply.status_code, reply.headers["Tus-Version"]) == (412, "1.0.0")


def test_the_same_bytes_uploaded_by_somebody_else_change_nothing_in_what_is_read(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    say(an)
    upload(an)
    before = read(an)
    os.utime(vault.blob_path(world.folder, TENANT, HASH), (1, 1))
    say(bai, visit=MYSTERY)
    upload(bai, visit=MYSTERY)
    headers = [{name: value for name, value in each.headers if name != "Date"} for each in (before, read(an))]
    assert headers[0] == headers[1]
    assert "Last-Modified" not in headers[0]
