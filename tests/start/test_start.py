"""bin/run's program: demo world, empty start, one server per folder, a kill that leaves nothing behind, https on the local net, backup."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import ssl
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.start import servers
from webapp.config import ROOT


def flask(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as a person types it: XINGPING_DATA alone."""
    environment = {name: text for name, text in os.environ.items() if name != "FLASK_APP"} | {
        "XINGPING_DATA": str(data)
    }
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def count(database: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"select count(*) from {table}").fetchone()[0])


def test_a_command_without_a_database_ends_with_a_sentence_and_makes_none(tmp_path: Path) -> None:
    done = flask(tmp_path / "nowhere", "token", "create", "an")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: the database does not answer")
    assert not (tmp_path / "nowhere").exists()


def test_the_first_start_makes_the_demo_world_and_says_who_can_sign_in(tmp_path: Path) -> None:
    with servers.running(tmp_path / "data") as server:
        demo = server.demo()
        assert stat.S_IMODE((server.data / "demo.json").stat().st_mode) == 0o600
        assert demo["url"] == server.url
        assert set(demo["users"]) == {"lin", "an", "bai", "pan", "ding", "dai", "he", "shen", "qin", "guo"}  # type: ignore[call-overload]
        assert str(demo["password"]) in server.said()
        assert "lin" in server.said()
        token = flask(server.data, "token", "create", "lin")
        assert token.returncode == 0
        assert len(token.stdout.split()) == 1
        status = urllib.request.Request(
            f"{server.url}/sync/v1/pull?device=none", headers={"Authorization": f"Bearer {token.stdout.strip()}"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(status)
        assert refused.value.code == 409  # signed in, only the device is unknown
        refused.value.close()


def test_an_empty_start_prints_a_one_time_address(tmp_path: Path) -> None:
    with servers.running(tmp_path / "data", "--empty") as server:
        assert "/setup/" in server.said()
        assert not (server.data / "demo.json").exists()


def test_a_kill_leaves_no_worker_and_the_next_start_has_everything(tmp_path: Path) -> None:
    server = servers.start(tmp_path / "data")
    port = int(server.url.rsplit(":", 1)[1])
    everybody = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
    assert len(everybody) > 1
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    _, alive = psutil.wait_procs(everybody, timeout=10)
    assert not [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert servers.refused(port)
    with servers.running(tmp_path / "data", port=port) as again:
        assert set(again.demo()["users"]) == set(server.demo()["users"])  # type: ignore[call-overload]


def test_a_second_server_on_one_folder_or_port_says_so_and_ends(tmp_path: Path) -> None:
    with servers.running(tmp_path / "data", "--empty") as first:
        second = servers.start(tmp_path / "data", "--empty")
        assert second.process.wait() == 1
        assert "Another Xingping already serves" in second.said()
        third = servers.start(tmp_path / "other", "--empty", port=int(first.url.rsplit(":", 1)[1]), wait=0)
        assert third.process.wait(timeout=60) == 1
        assert "cannot be used" in third.said()


def test_demo_passwords_are_random_and_printed_once_where_others_can_reach_the_server(tmp_path: Path) -> None:
    with servers.running(tmp_path / "data") as server:
        known = str(server.demo()["password"])
    with servers.running(tmp_path / "data", XINGPING_PROXY="1") as server:
        assert known not in server.said()
        assert not (server.data / "demo.json").exists()
        assert "password" in server.said()
    with servers.running(tmp_path / "data", XINGPING_PROXY="1") as server:
        assert "password" not in server.said()
    with servers.running(tmp_path / "data") as server:
        assert server.demo()["password"] == known


def test_https_on_the_local_net_with_an_authority_that_a_tablet_can_take(tmp_path: Path) -> None:
    with servers.running(tmp_path / "data", "--lan", "--empty", HOST="127.0.0.1") as server:
        port = int(server.url.rsplit(":", 1)[1])
        with urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/authority.crt") as answer:
            authority = answer.read().decode()
        trusting = ssl.create_default_context(cadata=authority)
        with urllib.request.urlopen(f"{server.url}/login", context=trusting) as page:
            assert page.status == 200
            assert page.headers["Strict-Transport-Security"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/") as page:
            assert server.url in page.read().decode()
        assert stat.S_IMODE((server.data / "https/authority.key").stat().st_mode) == 0o600


def test_a_backup_of_a_running_server_starts_again(tmp_path: Path) -> None:
    with servers.running(tmp_path / "data") as server:
        made = flask(server.data, "backup", str(tmp_path / "copy"))
        assert made.returncode == 0, made.stderr
        people = count(server.data / "xingping.db", "person")
    with servers.running(tmp_path / "copy") as restored:
        assert count(restored.data / "xingping.db", "person") == people


def test_a_continuous_replica_restores_what_was_committed(tmp_path: Path) -> None:
    """The configuration of docs/operations.md, with the real program."""

    program = Path(sys.executable).with_name("litestream")
    with servers.running(tmp_path / "data") as server:
        database = server.data / "xingping.db"
        config = tmp_path / "litestream.yml"
        config.write_text(
            f"dbs:\n  - path: {database}\n    replica:\n      type: file\n      path: {tmp_path / 'replica'}\n      sync-interval: 200ms\n"
        )
        replica = subprocess.Popen(
            [program, "replicate", "-config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            made = flask(server.data, "token", "create", "an")
            assert made.returncode == 0
            kept = count(database, "service_token")
            restored = tmp_path / "restored.db"
            for _ in range(60):
                restored.unlink(missing_ok=True)
                done = subprocess.run(
                    [program, "restore", "-config", str(config), "-o", str(restored), str(database)],
                    capture_output=True,
                    check=False,
                )
                if done.returncode == 0 and count(restored, "service_token") == kept:
                    break
            assert count(restored, "service_token") == kept
        finally:
            replica.terminate()
            replica.wait()
