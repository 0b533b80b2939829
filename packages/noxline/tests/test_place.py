from __future__ import annotations

import pytest

from noxline.place import CISystem, Place, ci_system, place


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "host"),
        ({"CI": ""}, "host"),
        ({"CI": "false"}, "host"),
        ({"CI": "0"}, "host"),
        ({"CI": "true"}, "ci"),
        ({"CI": "1", "REMOTE_CONTAINERS": "true"}, "ci"),
        ({"REMOTE_CONTAINERS": "true"}, "devcontainer"),
        ({"CODESPACES": "true"}, "devcontainer"),
        ({"DEVCONTAINER": ""}, "devcontainer"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "CI": "true"}, "pod"),
    ],
)
def test_place(environ: dict[str, str], expected: Place) -> None:
    """The place is told by the variables that are set there, the innermost one first."""
    assert place(environ) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"CI": "true"}, None),
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITHUB_ACTIONS": "false"}, None),
        ({"GITLAB_CI": "true"}, "gitlab"),
    ],
)
def test_ci_system(environ: dict[str, str], expected: CISystem | None) -> None:
    """A CI system is known by its own variable."""
    assert ci_system(environ) == expected
