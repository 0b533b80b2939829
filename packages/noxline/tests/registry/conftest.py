"""The registry's tests share one empty MLflow store: its migrations take seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import registry_project
from registry_project import Project

from noxline.registry import store


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with MLflow's tables, made as `register` makes it."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with store.connected(store.choose(path.parent, {store.VARIABLE: "sqlite:///mlflow.db"})):
        return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a model that golden has accepted, and no store in the environment."""
    monkeypatch.delenv(store.VARIABLE, raising=False)
    return registry_project.make(tmp_path / "project")


@pytest.fixture
def stored(project: Project, database: Path) -> Project:
    """The same with an empty local store."""
    shutil.copy(database, project.root / store.DATABASE)
    return project
