"""The register stage: gate, log, version, alias, and a file that says what came out."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from noxline import files
from noxline.errors import ExitCode, NoxlineError

from . import settings, versions
from .evidence import gather
from .store import DATABASE, VARIABLE, Store, choose, connected

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Registered:
    """A version in the registry.

    Attributes:
        name: The registered model's name.
        version: Its version, from 1.
        alias: `champion` or `candidate`.
        model_sha256: The digest of the ONNX file, 64 hex digits.
        tracking: The store, without credentials.
        note: Who chose the store.
    """

    name: str
    version: int
    alias: str
    model_sha256: str
    tracking: str
    note: str

    def __str__(self) -> str:
        return (
            f"{self.name} version {self.version}, {self.alias}\n"
            f"model sha256 {self.model_sha256}\n"
            f"in {self.tracking} ({self.note})"
        )


def register(root: Path) -> Registered:
    """Register the model that golden accepted; the same model twice is one version.

    Args:
        root: The project's folder, with its pyproject.toml.

    Raises:
        NoxlineError: Golden did not accept this very model, something to log cannot be read, or
            the registry cannot be reached or refuses.
    """
    declared = settings.read(root)
    evidence = gather(root, declared)
    store = choose(root, os.environ)
    with connected(store) as client:
        experiment = _experiment(client, store, declared.name)
        versions.end_killed(client, experiment, versions.checkout(root))
        version = versions.find(client, declared.name, evidence.sha256) or versions.create(
            client, experiment, root, declared, evidence
        )
        versions.check_stored(client, declared.name, version, evidence.sha256)
        alias = versions.give_alias(client, declared.name, version)
    registered = Registered(
        name=declared.name,
        version=int(version.version),
        alias=alias,
        model_sha256=evidence.sha256,
        tracking=store.shown,
        note=f"from {VARIABLE}" if store.declared else f"the default; {VARIABLE} names another",
    )
    files.write_text(root / declared.output, json.dumps(asdict(registered), indent=1) + "\n")
    return registered


def _experiment(client: MlflowClient, store: Store, name: str) -> str:
    """The identity of the experiment of that name, made where there is none."""
    found = client.get_experiment_by_name(name)
    if found is None:
        artifacts = store.artifacts.as_uri() if store.artifacts else None
        return str(client.create_experiment(name, artifacts))
    if found.lifecycle_stage != "active":
        raise NoxlineError(
            f"MLflow's experiment '{name}' is deleted: {store.shown}",
            expected="an active experiment",
            fix=f"mlflow experiments restore --experiment-id {found.experiment_id}, or take "
            f"another name in [{settings.KEY}]",
            code=ExitCode.FAILED,
        )
    place = urlsplit(found.artifact_location)
    if (
        place.scheme in {"", "file"}
        and store.database
        and not Path(url2pathname(place.path)).is_dir()
    ):
        # MLflow keeps absolute paths: it would write to the old place, which nobody reads.
        raise NoxlineError(
            f"MLflow's store was made at another path: {store.shown}",
            found=f"artifacts at {url2pathname(place.path)}, which is not there",
            expected=f"artifacts at {store.artifacts}",
            fix=f"move it back, or start a new one: mv {DATABASE} {DATABASE}.old",
            code=ExitCode.MACHINE,
        )
    return str(found.experiment_id)
