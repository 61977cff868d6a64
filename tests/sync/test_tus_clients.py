"""tuspy, a tus client that others wrote, uploads to a served app: what it needs of the protocol is there, resuming included."""

from collections.abc import Iterator
from io import BytesIO
from threading import Thread

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from werkzeug.serving import make_server

from tests.sync.test_evidence import BYTES, HASH, PHOTO, read, say, state
from tests.sync.world import OPEN, Tablet, World


@pytest.fixture
def address(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sync/v1/evidence"
    server.shutdown()
    thread.join()
    server.server_close()


def client(address: str, tablet: Tablet) -> TusClient:
    return TusClient(address, headers={"Authorization": f"Bearer {tablet.person}"})


def about(tablet: Tablet, sha: str = HASH) -> dict[str, str]:
    return {"device": tablet.uuid, "visit": OPEN, "evidence": PHOTO, "sha256": sha}


def test_tuspy_uploads_a_photo_in_chunks(world: World, address: str) -> None:
    an = world.tablet("an")
    say(an)
    client(address, an).uploader(file_stream=BytesIO(BYTES), chunk_size=3000, metadata=about(an)).upload()
    assert state(an, f"{OPEN}/{PHOTO}")["safe"] == [f"{OPEN}/{PHOTO}"]
    assert read(an).data == BYTES


def test_tuspy_resumes_where_the_connection_was_lost(world: World, address: str) -> None:
    an = world.tablet("an")
    say(an)
    begun = client(address, an).uploader(file_stream=BytesIO(BYTES), chunk_size=3000, metadata=about(an))
    begun.upload_chunk()
    resumed = client(address, an).uploader(file_stream=BytesIO(BYTES), chunk_size=3000, url=begun.url)
    assert resumed.offset == 3000
    resumed.upload()
    assert read(an).data == BYTES


def test_tuspy_is_told_of_wrong_bytes_and_of_an_upload_that_is_not_its_own(world: World, address: str) -> None:
    an, bai = world.tablet("an"), world.tablet("bai")
    wrong = client(address, an).uploader(file_stream=BytesIO(BYTES), chunk_size=6000, metadata=about(an, "0" * 64))
    wrong.upload_chunk()
    with pytest.raises(TusCommunicationError) as foreign:
        client(address, bai).uploader(file_stream=BytesIO(BYTES), url=wrong.url)
    assert foreign.value.status_code == 404
    with pytest.raises(TusCommunicationError) as refused:
        wrong.upload()
    assert refused.value.status_code == 422
