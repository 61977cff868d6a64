"""Serves the minimal host of tests/sync on a free port of this machine, for the engine's test against the real protocol.

`real_server.py FOLDER` prints `PORT n`. `POST /act/NAME` with JSON arguments runs one act of sync.store, `GET /digest/VISIT` tells a digest.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from flask import Response, jsonify, request
from werkzeug.serving import make_server

from tests.sync.conftest import sqlite_engine
from tests.sync.world import World


def main() -> None:
    folder = Path(sys.argv[1])
    world = World(sqlite_engine(folder / "sync.sqlite"), folder / "evidence")

    @world.app.post("/act/<name>")
    def act(name: str) -> Response:
        arguments = request.get_json()
        if arguments.pop("host", False):
            arguments["host"] = world.host
        world.act(name, **arguments)
        return jsonify(done=True)

    @world.app.get("/digest/<visit>")
    def digest(visit: str) -> Response:
        return jsonify(digest=world.digest(visit))

    @world.app.post("/epoch")
    def epoch() -> Response:
        from sync import store

        with world.write() as db:
            return jsonify(epoch=store.new_epoch(db))

    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    print("PORT", server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
