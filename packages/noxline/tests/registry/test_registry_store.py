from __future__ import annotations

import http.server
import os
import shutil
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from noxline.errors import ExitCode, NoxlineError
from noxline.registry import store


def refused(chosen: store.Store) -> NoxlineError:
    """The error with which connecting ends."""
    with pytest.raises(NoxlineError) as caught, store.connected(chosen):
        pass
    return caught.value


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_default(tmp_path: Path) -> None:
    """Without a declaration the store is an SQLite file of the project."""
    chosen = store.choose(tmp_path, {})
    assert f"sqlite:///{tmp_path}/.noxline/mlflow.db" == chosen.uri
    assert "sqlite:///.noxline/mlflow.db" == chosen.shown
    assert tmp_path / ".noxline/mlartifacts" == chosen.artifacts
    assert not chosen.declared


def test_sqlite_file(tmp_path: Path) -> None:
    """A declared SQLite file has its artifacts beside it."""
    chosen = store.choose(Path("/project"), {store.VARIABLE: f"sqlite:///{tmp_path}/a.db"})
    assert tmp_path / "a.db" == chosen.database
    assert tmp_path / "mlartifacts" == chosen.artifacts
    assert chosen.declared


def test_server(tmp_path: Path) -> None:
    """A server's user and password are kept apart from its address."""
    uri = "https://me:p%40ss@mlflow.example:8443/team"  # pragma: allowlist secret (made up)
    chosen = store.choose(tmp_path, {store.VARIABLE: uri})
    assert "https://mlflow.example:8443/team" == chosen.uri == chosen.shown
    assert chosen.artifacts is None
    assert list(chosen.credentials) == ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"]
    assert list(chosen.credentials.values()) == ["me", "p@ss"]
    assert "p@ss" not in repr(chosen)


@pytest.mark.parametrize("written", ["s@cret", "s%40cret"])
def test_password(tmp_path: Path, written: str) -> None:
    """A password with an @ in it, written as it is or escaped, is taken whole."""
    uri = f"https://me:{written}@mlflow.example/team"
    chosen = store.choose(tmp_path, {store.VARIABLE: uri})
    assert "https://mlflow.example/team" == chosen.uri == chosen.shown
    assert ["me", "s@cret"] == list(chosen.credentials.values())


@pytest.mark.parametrize(
    "uri",
    [
        "mlruns",
        "sqlite:///",
        "http://",
        "http://[::1",
        "http://host:99999",
        "http://host:port",
        "https://host?key=secret",
        "https://host#secret",
        "host?key=secret",
        "ftp://me:secret@host",  # pragma: allowlist secret (made up)
        "me:secret@host",
        "https:/me:secret@host",
        "https://me:secret/1@host",
        "https://me:1/secret@host",
        "https://me:1?secret@host",
        "https://me:1#secret@host",
        "https://me:secret 1@host",
        "https://me:a@secret/1@host:1",
        "https://[me:secret@host",
    ],
)
def test_other_store(tmp_path: Path, uri: str) -> None:
    """Anything but a server or an SQLite file is an error that shows no user and no password."""
    with pytest.raises(NoxlineError, match=store.VARIABLE) as caught:
        store.choose(tmp_path, {store.VARIABLE: uri})
    assert ExitCode.USAGE == caught.value.code
    assert "secret" not in str(caught.value)
    assert "me" not in str(caught.value.found).split(":")


def test_closed_port(tmp_path: Path) -> None:
    """A server that is not there is found within seconds, and named without its password."""
    import mlflow.store.tracking.rest_store  # noqa: F401  (before the clock starts: it takes long)

    caller, host = "me:se@cret%2F1@", f"127.0.0.1:{free_port()}"
    uri = f"http://{caller}{host}"
    started = time.monotonic()
    error = refused(store.choose(tmp_path, {store.VARIABLE: uri}))
    assert time.monotonic() - started < 5
    assert ExitCode.MACHINE == error.code
    assert f"http://{host}" in error.what
    assert "Connection refused" in str(error.found)
    assert "cret" not in str(error)


def test_unknown_host(tmp_path: Path) -> None:
    """A host that no one knows cannot be reached either."""
    error = refused(store.choose(tmp_path, {store.VARIABLE: "http://nowhere.invalid"}))
    assert ExitCode.MACHINE == error.code
    assert "cannot be reached" in error.what


class Refusing(http.server.BaseHTTPRequestHandler):
    """A server that lets nobody in."""

    def do_GET(self) -> None:
        """Answer with what a caller without rights gets."""
        self.do_POST()

    def do_POST(self) -> None:
        """Answer with what a caller without rights gets."""
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b"Unauthorized")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_no_rights(tmp_path: Path) -> None:
    """A server that refuses the caller is answered with the variables that let one in."""
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        uri = f"http://127.0.0.1:{server.server_port}"
        error = refused(store.choose(tmp_path, {store.VARIABLE: uri}))
        server.shutdown()
        thread.join()
    assert ExitCode.MACHINE == error.code
    assert "MLFLOW_TRACKING_TOKEN" in error.fix


def test_other_schema(tmp_path: Path, database: Path) -> None:
    """A database of another version of MLflow is left as it is, and the upgrade named."""
    shutil.copy(database, tmp_path / "old.db")
    with sqlite3.connect(tmp_path / "old.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    connection.close()
    uri = f"sqlite:///{tmp_path}/old.db"
    error = refused(store.choose(tmp_path, {store.VARIABLE: uri}))
    assert ExitCode.MACHINE == error.code
    assert f"mlflow db upgrade {uri}" in error.fix


def test_environment(tmp_path: Path, database: Path) -> None:
    """Connecting leaves the environment as it was, and inside it no pickle is loaded."""
    shutil.copy(database, tmp_path / "mlflow.db")
    before = dict(os.environ)
    with store.connected(store.choose(tmp_path, {store.VARIABLE: "sqlite:///mlflow.db"})):
        assert "false" == os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"]
    assert before == dict(os.environ)
