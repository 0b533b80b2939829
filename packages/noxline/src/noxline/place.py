"""Where a stage was started: on a host, in a devcontainer, on a CI runner, in a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Place = Literal["host", "devcontainer", "ci", "pod"]
CISystem = Literal["github", "gitlab"]


def place(environ: Mapping[str, str]) -> Place:
    """The place, by the variables that Kubernetes, CI systems and devcontainer clients set."""
    if "KUBERNETES_SERVICE_HOST" in environ:
        return "pod"
    if environ.get("CI", "").lower() not in {"", "0", "false"}:
        return "ci"
    if any(name in environ for name in ("REMOTE_CONTAINERS", "CODESPACES", "DEVCONTAINER")):
        return "devcontainer"
    return "host"


def ci_system(environ: Mapping[str, str]) -> CISystem | None:
    """The CI system whose log format is read, or None."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return "github"
    if environ.get("GITLAB_CI") == "true":
        return "gitlab"
    return None
