"""The vector of the protocol: one line, its hash, chain and digest."""

import json
from hashlib import sha256
from pathlib import Path

from sync import chain, digest, operations

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/sync/line.json").read_text("utf-8"))


def test_the_line_has_the_hash_chain_and_digest_that_every_language_computes():
    line = VECTOR["line"].encode()
    read = operations.read(line)
    assert read.fault is None
    assert sha256(line).hexdigest() == VECTOR["hash"]
    assert chain.link(chain.START, line).hex() == VECTOR["chain"]
    prefix = digest.prefix(read.visit, read.record, read.rest, "value")
    term = digest.term(prefix, read.id, digest.canonical(read.set["value"]))
    assert digest.add(digest.ZERO, [term]) == VECTOR["digest"]
    assert digest.add(VECTOR["digest"], minus=[term]) == digest.ZERO
