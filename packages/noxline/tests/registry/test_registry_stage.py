from __future__ import annotations

import json
import os
import shutil
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from registry_project import Project

from noxline.errors import ExitCode, NoxlineError
from noxline.registry import register, settings, store, versions
from noxline.registry.evidence import gather

STEPS = (
    "create_experiment",
    "create_run",
    "log_batch",
    "log_artifact",
    "create_logged_model",
    "log_model_artifacts",
    "finalize_logged_model",
    "create_registered_model",
    "create_model_version",
    "set_terminated",
    "set_registered_model_alias",
)


@contextmanager
def client_of(project: Project) -> Iterator[Any]:
    """MLflow's own client of the project's local store."""
    with store.connected(store.choose(project.root, {})) as client:
        yield client


def register_next(project: Project, slope: float) -> Any:
    """Train another model, have golden accept it, and register it."""
    project.train(slope)
    project.golden()
    return register(project.root)


def refused(project: Project) -> NoxlineError:
    """The error with which registering ends."""
    with pytest.raises(NoxlineError) as caught:
        register(project.root)
    return caught.value


def test_first(stored: Project) -> None:
    """The first model becomes version 1, the champion, and a file says so."""
    registered = register(stored.root)
    assert ("tiny", 1, "champion") == (registered.name, registered.version, registered.alias)
    written = json.loads((stored.root / "reports/register.json").read_text())
    assert registered.model_sha256 == written["model_sha256"]
    assert "sqlite:///.noxline/mlflow.db" == written["tracking"]
    with client_of(stored) as client:
        assert 1 == int(client.get_model_version_by_alias("tiny", "champion").version)


def test_what_it_carries(stored: Project) -> None:
    """A version leads to its run, with parameters, metrics, the golden report and the digest."""
    registered = register(stored.root)
    with client_of(stored) as client:
        version = client.get_model_version("tiny", "1")
        run = client.get_run(version.run_id)
        assert {"train.folds": "5", "train.penalty": "0.1"} == run.data.params
        assert {"test.sensitivity": 0.97} == run.data.metrics
        assert "FINISHED" == run.info.status
        names = {file.path for file in client.list_artifacts(run.info.run_id, "golden")}
        assert {"golden/cases", "golden/index.html", "golden/results.json"} == names
        assert registered.model_sha256 == version.tags[versions.SHA256]


def test_printed(stored: Project) -> None:
    """What is printed fits a terminal of 80 columns and names version, alias, digest and store."""
    registered = register(stored.root)
    lines = str(registered).splitlines()
    assert max(map(len, lines)) <= 80
    assert "tiny version 1, champion" == lines[0]
    assert registered.model_sha256 in lines[1]
    assert "sqlite:///.noxline/mlflow.db" in lines[2]


def test_twice(stored: Project) -> None:
    """The same model again is the same version, and nothing is added."""
    assert register(stored.root) == register(stored.root)
    with client_of(stored) as client:
        assert 1 == len(client.search_model_versions("name = 'tiny'"))
        experiment = client.get_experiment_by_name("tiny").experiment_id
        assert 1 == len(client.search_runs([experiment]))


def test_next(stored: Project) -> None:
    """A later model is the candidate; going back moves the alias, and never the champion's."""
    first = register(stored.root)
    second = register_next(stored, slope=2.0)
    assert (2, "candidate") == (second.version, second.alias)
    third = register_next(stored, slope=3.0)
    assert (3, "candidate") == (third.version, third.alias)
    assert second == register_next(stored, slope=2.0)
    assert first == register_next(stored, slope=1.0)
    with client_of(stored) as client:
        assert {"champion": "1", "candidate": "2"} == {
            alias: str(version)
            for alias, version in client.get_registered_model("tiny").aliases.items()
        }


def test_declared_store(
    project: Project, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLFLOW_TRACKING_URI names the store, and the result says that it did."""
    shutil.copy(database, tmp_path / "team.db")
    monkeypatch.setenv(store.VARIABLE, f"sqlite:///{tmp_path}/team.db")
    registered = register(project.root)
    assert f"sqlite:///{tmp_path}/team.db" == registered.tracking
    assert "from MLFLOW_TRACKING_URI" == registered.note
    assert not (project.root / store.DATABASE).exists()


class Killed(BaseException):
    """What a test throws where a process would die: nothing may catch it."""


@pytest.mark.parametrize("step", ["create_model_version", "set_terminated"])
def test_killed_before(stored: Project, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Before the version is made its run is deleted by the next one; after it, it is finished."""
    from mlflow import MlflowClient

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, step, die)
        with pytest.raises(Killed):
            register(stored.root)
    registered = register(stored.root)
    assert (1, "champion") == (registered.version, registered.alias)
    assert_one_of_each(stored)


def assert_one_of_each(project: Project) -> None:
    """There is one version, one finished run and one logged model."""
    with client_of(project) as client:
        assert 1 == len(client.search_model_versions("name = 'tiny'"))
        experiment = client.get_experiment_by_name("tiny").experiment_id
        (run,) = client.search_runs([experiment])
        assert "FINISHED" == run.info.status
        assert 1 == len(client.search_logged_models([experiment]))


def kill_before(step: str, root: Path) -> None:
    """Register in a fork of this process, which is killed just before that step."""
    from mlflow import MlflowClient

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with warnings.catch_warnings():
        # Python warns of threads, of which MLflow's libraries have some; none is in this code.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            setattr(MlflowClient, step, die)
            register(root)
        finally:
            os._exit(1)
    assert signal.SIGKILL == os.WTERMSIG(os.waitpid(child, 0)[1])


def test_killed(stored: Project) -> None:
    """Killed before each step in turn, it leaves nothing that the next run takes for whole."""
    for step in STEPS:
        kill_before(step, stored.root)
    registered = register(stored.root)
    assert (1, "champion") == (registered.version, registered.alias)
    assert_one_of_each(stored)


def test_others_run(stored: Project) -> None:
    """A run that another checkout is at just now is left alone."""
    register(stored.root)
    with client_of(stored) as client:
        experiment = client.get_experiment_by_name("tiny").experiment_id
        run = client.create_run(experiment, tags={versions.CHECKOUT: "elsewhere:/project"})
        register_next(stored, slope=2.0)
        assert "RUNNING" == client.get_run(run.info.run_id).info.status
        assert "active" == client.get_run(run.info.run_id).info.lifecycle_stage


def test_both_at_once(stored: Project) -> None:
    """Of two that register the same model at once, the later gives way to the earlier."""
    register(stored.root)
    declared = settings.read(stored.root)
    evidence = gather(stored.root, declared)
    with client_of(stored) as client:
        experiment = client.get_experiment_by_name("tiny").experiment_id
        version = versions.create(client, experiment, stored.root, declared, evidence)
        assert 1 == int(version.version)
        assert 1 == len(client.search_model_versions("name = 'tiny'"))


def test_lost_alias(stored: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another registration takes the alias at the same moment, that is said."""
    from mlflow import MlflowClient

    register(stored.root)
    project_two = register_next(stored, slope=2.0)
    give = MlflowClient.set_registered_model_alias

    def give_and_lose(client: Any, name: str, alias: str, version: Any) -> None:
        give(client, name, alias, version)
        give(client, name, alias, str(project_two.version))

    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", give_and_lose)
    stored.train(slope=3.0)
    stored.golden()
    error = refused(stored)
    assert ExitCode.FAILED == error.code
    assert "version 2" == error.found


@pytest.mark.parametrize("damage", ["edit", "delete"])
def test_damaged_artifacts(stored: Project, damage: str) -> None:
    """A version whose stored model is gone or other than its tag says is not taken for whole."""
    register(stored.root)
    (model,) = stored.root.glob(".noxline/mlartifacts/models/*/artifacts/model.onnx")
    if damage == "edit":
        model.write_bytes(b"other")
    else:
        model.unlink()
    error = refused(stored)
    assert ExitCode.FAILED == error.code
    assert "version 1 does not hold the model" in error.what


def test_moved(stored: Project, tmp_path: Path) -> None:
    """A store that was moved is refused, since MLflow would write to where it was before."""
    register(stored.root)
    moved = Project(stored.root.rename(tmp_path / "moved"))
    error = refused(moved)
    assert ExitCode.MACHINE == error.code
    assert str(tmp_path / "project") in str(error.found)
    assert not (tmp_path / "project").exists()


def test_deleted_experiment(stored: Project) -> None:
    """An experiment that was deleted in MLflow is not made anew under the same name."""
    register(stored.root)
    with client_of(stored) as client:
        experiment = client.get_experiment_by_name("tiny").experiment_id
        client.delete_experiment(experiment)
    error = refused(stored)
    assert ExitCode.FAILED == error.code
    assert f"--experiment-id {experiment}" in error.fix


def test_mlflow_refuses(stored: Project) -> None:
    """What MLflow itself refuses keeps its words, without a traceback."""
    (stored.root / "params.yaml").write_text(f"long: {'x' * 7000}\n")
    error = refused(stored)
    assert ExitCode.FAILED == error.code
    assert "MLflow refused" in error.what
