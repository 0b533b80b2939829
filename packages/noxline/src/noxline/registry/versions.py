"""Versions of the registered model: made whole in one step, found by digest, named by alias.

A version is created by one request that carries its digest as a tag, and after everything that it
points to is there. So a version with the tag is whole, whenever its maker was killed; what a
killed maker leaves is a run that is still RUNNING, and the next one on the same checkout ends it.
"""

from __future__ import annotations

import re
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noxline import digest
from noxline.errors import ExitCode, NoxlineError

from . import onnx_model
from .evidence import Evidence
from .settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

SHA256 = "noxline.model_sha256"
CHECKOUT = "noxline.checkout"
CHAMPION, CANDIDATE = "champion", "candidate"

_BATCH = 100  # MLflow takes at most so many parameters in one request


def checkout(root: Path) -> str:
    """The name of this checkout on this machine; only one stage registers from it at a time."""
    return f"{socket.gethostname()}:{root.resolve()}"


def find(client: MlflowClient, name: str, sha256: str) -> Any | None:
    """The version of that model digest, the first if there are several, or None."""
    found = client.search_model_versions(f"name = '{name}' and tags.`{SHA256}` = '{sha256}'")
    return min(found, key=lambda version: int(version.version), default=None)


def end_killed(client: MlflowClient, experiment: str, owner: str) -> None:
    """Finish or delete the runs that this checkout's killed predecessors left running."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if run.data.tags.get(CHECKOUT) != owner:
            continue
        if client.search_model_versions(f"run_id = '{run.info.run_id}'"):
            client.set_terminated(run.info.run_id)
            continue
        query = f"source_run_id = '{run.info.run_id}'"
        for model in client.search_logged_models([experiment], query):
            client.delete_logged_model(model.model_id)
        client.delete_run(run.info.run_id)


def create(
    client: MlflowClient, experiment: str, root: Path, settings: Settings, evidence: Evidence
) -> Any:
    """Log everything, and make the version of it.

    Returns:
        The version; an earlier one if someone else registered the same digest meanwhile.

    Raises:
        NoxlineError: The model is no ONNX or has no signature, or was stored as other bytes.
    """
    tags = {SHA256: evidence.sha256, CHECKOUT: checkout(root)}
    run = client.create_run(experiment, tags=tags, run_name=evidence.sha256[:12]).info.run_id
    _log(client, run, root / settings.report, evidence)
    model_id = _log_model(client, experiment, run, settings, evidence)
    _registered_model(client, settings.name)
    version = client.create_model_version(
        settings.name, f"models:/{model_id}", run, {SHA256: evidence.sha256}, model_id=model_id
    )
    client.set_terminated(run)
    first = find(client, settings.name, evidence.sha256) or version
    if first.version != version.version:
        client.delete_model_version(settings.name, version.version)
    return first


def give_alias(client: MlflowClient, name: str, version: Any) -> str:
    """Name a version `champion` if it is the first or has that name already, else `candidate`.

    Raises:
        NoxlineError: Someone else gave the alias to another version at the same time.
    """
    if CHAMPION in client.get_model_version(name, version.version).aliases:
        return CHAMPION
    alone = len(client.search_model_versions(f"name = '{name}'")) == 1
    alias = CHAMPION if alone else CANDIDATE
    client.set_registered_model_alias(name, alias, version.version)
    holder = client.get_model_version_by_alias(name, alias).version
    if holder != version.version:
        raise NoxlineError(
            f"{name}: another registration took the alias '{alias}'",
            found=f"version {holder}",
            expected=f"version {version.version}",
            fix="nox -s register",
            code=ExitCode.FAILED,
        )
    return alias


def check_stored(client: MlflowClient, name: str, version: Any, sha256: str) -> None:
    """Read the version's model back and compare its digest.

    Raises:
        NoxlineError: The file is gone, or holds other bytes.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    place = client.get_model_version_download_uri(name, version.version)
    with tempfile.TemporaryDirectory() as folder:
        try:
            stored = download_artifacts(f"{place}/{onnx_model.FILE}", dst_path=folder)
            found = f"sha256 {digest.of_file(Path(stored))}"
        except MlflowException as error:
            # A local store says the one, a server the other; anything else is not about the file.
            if not re.search("No such artifact|404 Client Error", str(error)):
                raise
            found = "no file"
    if found != f"sha256 {sha256}":
        raise NoxlineError(
            f"{name}: version {version.version} does not hold the model that it is tagged with",
            found=found,
            expected=f"sha256 {sha256}",
            fix=f"restore its artifacts, or delete version {version.version} in MLflow, "
            "and run: nox -s register -- --force",
            code=ExitCode.FAILED,
        )


def _log(client: MlflowClient, run: str, report: Path, evidence: Evidence) -> None:
    from mlflow.entities import Metric, Param
    from mlflow.utils.time import get_current_time_millis

    now = get_current_time_millis()
    params = [Param(name, value) for name, value in evidence.params.items()]
    metrics = [Metric(name, value, now, 0) for name, value in evidence.metrics.items()]
    for start in range(0, max(len(params), len(metrics)), _BATCH):
        end = start + _BATCH
        client.log_batch(run, metrics=metrics[start:end], params=params[start:end])
    for name in evidence.report:
        client.log_artifact(run, str(report / name), str(Path("golden", name).parent))


def _log_model(
    client: MlflowClient, experiment: str, run: str, settings: Settings, evidence: Evidence
) -> str:
    """Make MLflow's logged model of the ONNX file, and give its identity."""
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    tags = {SHA256: evidence.sha256}
    logged = client.create_logged_model(experiment, settings.name, run, tags)
    about = Model(
        artifact_path=logged.artifact_location,
        model_uuid=logged.model_id,
        model_id=logged.model_id,
        run_id=run,
    )
    client.log_outputs(run, [LoggedModelOutput(logged.model_id, 0)])
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "model")
        onnx_model.save(folder, evidence.model, settings.model, about)
        client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def _registered_model(client: MlflowClient, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
