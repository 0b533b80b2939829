"""The registry's tests share one process and one empty MLflow store: each takes seconds to make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import registry_project
from registry_project import Project

from noxline.registry import store

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests together where tests are shared out among processes."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("registry"))


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
