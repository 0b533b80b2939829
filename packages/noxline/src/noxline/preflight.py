"""The check, before the work begins, that the declared world is really there."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .config import TABLE, Runtime
from .errors import ExitCode, NoxlineError

SHM = Path("/dev/shm")  # noqa: S108  (the device itself, not a file made in it)
_GPU_QUERY = (
    "nvidia-smi",
    "--query-gpu=name,memory.total,driver_version",
    "--format=csv,noheader,nounits",
)
_GPU_PATIENCE = 30.0  # seconds; a driver that wakes a GPU up takes a few
# A GPU without memory of its own answers [N/A] or [Not Supported].
_ROW = re.compile(r"(.+), (?:(\d+)|\[.+\]), (\S+)")


@dataclass(frozen=True)
class Gpu:
    """One GPU: its name, its memory in MiB (0 where it shares the machine's), its driver."""

    name: str
    memory: int
    driver: str


@dataclass(frozen=True)
class Gpus:
    """The GPUs that were found or, where there is none, the layer that is missing and its fix."""

    found: tuple[Gpu, ...] = ()
    missing: str = ""
    fix: str = ""


def check(name: str, runtime: Runtime, root: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Check a declared world against this machine and give what was measured.

    Raises:
        NoxlineError: Something that was declared is not there.
    """
    gpus = Gpus() if runtime.gpu == "off" else find_gpus()
    measured = measure(root) | {"gpus": [asdict(gpu) for gpu in gpus.found]}
    for failed in problems(name, runtime, environ, measured["shm"], gpus):
        raise failed
    return measured


def problems(
    name: str, runtime: Runtime, environ: Mapping[str, str], shm: int, gpus: Gpus
) -> list[NoxlineError]:
    """What a runtime declares and this machine lacks, each with what fixes it."""
    table = f"[{TABLE}.runtimes.{name}]"
    found = [
        NoxlineError(
            f"{table} declares the secret {secret}, which is not set",
            fix=f"export {secret}=... (its value is never printed)",
            code=ExitCode.MACHINE,
        )
        for secret in runtime.secrets
        if not environ.get(secret)
    ]
    if shm < runtime.shm:
        found.append(
            NoxlineError(
                f"{table} declares more shared memory than /dev/shm has",
                found=f"{shm / 2**20:.0f} MiB",
                expected=f"at least {runtime.shm / 2**20:.0f} MiB",
                fix=f"sudo mount -o remount,size={runtime.shm} /dev/shm",
                code=ExitCode.MACHINE,
            )
        )
    if runtime.gpu == "required" and not gpus.found:
        found.append(
            NoxlineError(
                f'{table} declares gpu = "required", and there is none',
                found=gpus.missing,
                expected="at least one GPU that nvidia-smi lists",
                fix=gpus.fix,
                code=ExitCode.MACHINE,
            )
        )
    return found


def measure(root: Path) -> dict[str, Any]:
    """What this machine is: processor, memory, limits and user. Sizes in bytes."""
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cpus": _cpus(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "shm": shutil.disk_usage(SHM).total if SHM.is_dir() else 0,
        "disk_free": shutil.disk_usage(root).free,
        "uid": os.getuid(),
    }


def find_gpus() -> Gpus:
    """The GPUs that the driver lists."""
    if shutil.which(_GPU_QUERY[0]) is None:
        return Gpus(
            missing="no nvidia-smi: the driver is not installed, or not visible here",
            fix='install the NVIDIA driver, or declare gpu = "optional"',
        )
    try:
        answer = subprocess.run(
            _GPU_QUERY, capture_output=True, text=True, check=False, timeout=_GPU_PATIENCE
        )
    except subprocess.TimeoutExpired:
        return Gpus(
            missing=f"nvidia-smi gave no answer in {_GPU_PATIENCE:g} s: the driver hangs",
            fix="reset the GPU or restart the machine, until `nvidia-smi` answers",
        )
    return parse_gpus(answer.returncode, answer.stdout, answer.stderr)


def parse_gpus(status: int, out: str, err: str) -> Gpus:
    """The GPUs in nvidia-smi's answer, or what it complains of."""
    if status != 0:
        said = (err.strip() or out.strip()).splitlines()
        return Gpus(
            missing=f"nvidia-smi: {said[0] if said else f'exit {status}'}",
            fix="mend the driver until `nvidia-smi` lists the GPU",
        )
    rows = [_ROW.fullmatch(line) for line in out.splitlines()]
    found = tuple(Gpu(row[1], int(row[2] or 0), row[3]) for row in rows if row)
    if not found:
        return Gpus(missing="nvidia-smi lists no GPU", fix="check that the GPU is passed through")
    return Gpus(found)


def _cpus() -> int:
    """The processors that this process may use, where the system tells; else all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
