"""Where the registry is: a local SQLite file, or what MLFLOW_TRACKING_URI names."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from noxline import files
from noxline.errors import ExitCode, NoxlineError
from noxline.redact import without_credentials

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

VARIABLE = "MLFLOW_TRACKING_URI"
DATABASE = ".noxline/mlflow.db"

_SQLITE = "sqlite:///"
# A server that answers at all answers a first small question within this; uploads keep
# MLflow's own, longer limits.
_FIRST = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}
# No telemetry, no pickles, no chatter, and nothing cut short in silence.
SETTINGS = {
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
}


@dataclass(frozen=True)
class Store:
    """One tracking store with its registry.

    Attributes:
        uri: What MLflow is given, without credentials.
        shown: The same as it was written, for people and files.
        database: The SQLite file, or None for a server.
        declared: Whether MLFLOW_TRACKING_URI named it.
        credentials: The environment variables of the user and password that the URI held. MLflow
            prints its URI, in messages and links, so they are kept apart from it.
    """

    uri: str
    shown: str
    database: Path | None
    declared: bool
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def artifacts(self) -> Path | None:
        """The folder of a local store's artifacts; a server has its own."""
        return self.database.parent / "mlartifacts" if self.database else None


def choose(root: Path, environ: Mapping[str, str]) -> Store:
    """The store that this environment names, or the project's own SQLite.

    Raises:
        NoxlineError: It names something that is neither a server nor an SQLite file.
    """
    uri = environ.get(VARIABLE) or f"{_SQLITE}{DATABASE}"
    declared = bool(environ.get(VARIABLE))
    if uri.startswith(_SQLITE) and len(uri) > len(_SQLITE):
        database = root.resolve() / uri.removeprefix(_SQLITE)
        return Store(f"{_SQLITE}{database}", uri, database, declared)
    server = _server(uri)
    if server:
        bare = without_credentials(uri)
        return Store(bare, bare, None, declared, _credentials(server))
    raise NoxlineError(
        f"{VARIABLE}: not a tracking store that can be used here",
        found=_shown(uri),
        expected="https://HOST or sqlite:///FILE; USER:PASSWORD@ may stand before HOST, in which"
        " / ? # and spaces are written %2F %3F %23 %20",
        fix=f"correct {VARIABLE}, or unset it for {_SQLITE}{DATABASE}",
    )


def _server(uri: str) -> SplitResult | None:
    """The parts of a server's address, or None.

    A slash or the like in a password ends the host's part of an address early: what follows, an @
    among it, stands where no server's address has anything, and the host would be the user.
    """
    try:
        parts = urlsplit(uri)
        _ = parts.port  # read for its error: a port that can't be
    except ValueError:
        return None
    host_only = "@" not in parts.path and not re.search(r"[?#\s]", uri)
    return parts if parts.scheme in {"http", "https"} and parts.hostname and host_only else None


def _shown(uri: str) -> str:
    """What may be shown of something that is no address, and may yet hold a password."""
    return re.split(r"[?#]", without_credentials(uri).rpartition("@")[2])[0]


def _credentials(parts: SplitResult) -> Mapping[str, str]:
    given = {"USERNAME": parts.username, "PASSWORD": parts.password}
    return {f"MLFLOW_TRACKING_{name}": unquote(text) for name, text in given.items() if text}


@contextlib.contextmanager
def connected(store: Store) -> Iterator[MlflowClient]:
    """Give a client of the store; what MLflow raises inside becomes a NoxlineError.

    A local store is made first where there is none. A server is asked one small question, so that
    one that cannot be reached is found within seconds.

    Raises:
        NoxlineError: The store cannot be reached, is of another version, or refuses.
    """
    # Some of the client's own calls read the address from the environment, not from the client.
    with _environment({**SETTINGS, **store.credentials, VARIABLE: store.uri}):
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        if store.database and not store.database.exists():
            make_database(store.database)
        if store.artifacts:
            store.artifacts.mkdir(parents=True, exist_ok=True)
        try:
            client = MlflowClient(store.uri, store.uri)
            with _environment(_FIRST):
                client.search_experiments(max_results=1)
            yield client
        except MlflowException as error:
            raise refusal(store, error) from None


def make_database(path: Path) -> None:
    """Make an SQLite file with MLflow's tables; one that is killed half way leaves no file."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with files.replacing(path) as temporary:
        store = SqlAlchemyStore(f"{_SQLITE}{temporary}", str(path.parent / "mlartifacts"))
        store.engine.dispose()


def refusal(store: Store, error: MlflowException) -> NoxlineError:
    """What MLflow raised, in the words of the one error type, without credentials."""
    found = without_credentials(" ".join(str(error).split()))
    if re.search(r"API request to \S+ failed with exception", found):
        return NoxlineError(
            f"MLflow's server cannot be reached: {store.shown}",
            found=_reason(found),
            expected="an answer within a few seconds",
            fix=f"start the server, correct {VARIABLE}, or unset it for {_SQLITE}{DATABASE}",
            code=ExitCode.MACHINE,
        )
    if re.search(r"\b(401|403)\b|UNAUTHENTICATED|PERMISSION_DENIED", found):
        return NoxlineError(
            f"MLflow's server refuses this caller: {store.shown}",
            found=found,
            fix="set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and _PASSWORD",
            code=ExitCode.MACHINE,
        )
    if "database schema" in found:
        return NoxlineError(
            f"MLflow's database was made by another version of MLflow: {store.shown}",
            found=found,
            fix=f"keep a copy of the file, then: mlflow db upgrade {store.shown}",
            code=ExitCode.MACHINE,
        )
    return NoxlineError(
        f"MLflow refused: {store.shown}",
        found=found,
        fix="correct what it says, then run the same command again",
        code=ExitCode.FAILED,
    )


def _reason(found: str) -> str:
    """The short cause inside the long chain of requests' and urllib3's messages."""
    causes = re.findall(r"\[Errno -?\d+\] [\w ]+|timed out|Name or service not known", found)
    return causes[-1] if causes else found


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
