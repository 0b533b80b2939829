from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from noxline import preflight
from noxline.config import Runtime
from noxline.errors import ExitCode, NoxlineError
from noxline.preflight import Gpu, Gpus, parse_gpus

ANSWERS = Path(__file__).parent / "resources/nvidia-smi"
GPUS = Gpus((Gpu("NVIDIA H200", 143771, "570.133.20"),))

NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    " Make sure that the latest NVIDIA driver is installed and running."
)


def put_nvidia_smi(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int) -> None:
    """Put a program of that name on PATH, which gives a recorded answer to the right question."""
    program = folder / "nvidia-smi"
    query = "--query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits"
    program.write_text(
        f'#!/bin/sh\n[ "$*" = "{query}" ] || exit 99\ncat {ANSWERS / answer}\nexit {status}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_gpus_that_are_listed() -> None:
    """Each row that nvidia-smi lists is a GPU, with its memory in MiB and its driver."""
    found = parse_gpus(0, (ANSWERS / "two-h200.txt").read_text(), "")

    assert found == Gpus((Gpu("NVIDIA H200", 143771, "570.133.20"),) * 2)


def test_gpu_without_its_own_memory() -> None:
    """A GPU that shares the machine's memory is one, though it tells no size."""
    found = parse_gpus(0, (ANSWERS / "unified-memory.txt").read_text(), "")

    assert found == Gpus((Gpu("NVIDIA GB10", 0, "580.95.05"),))


@pytest.mark.parametrize(
    ("answer", "status", "missing", "fix"),
    [
        (
            "no-driver.txt", 9,
            f"nvidia-smi: {NO_DRIVER}",
            "mend the driver until `nvidia-smi` lists the GPU",
        ),
        (
            "mismatch.txt", 18,
            "nvidia-smi: Failed to initialize NVML: Driver/library version mismatch",
            "mend the driver until `nvidia-smi` lists the GPU",
        ),
        (
            "no-devices.txt", 6, "nvidia-smi: No devices were found",
            "mend the driver until `nvidia-smi` lists the GPU",
        ),
        (
            "no-devices.txt", 0, "nvidia-smi lists no GPU",
            "check that the GPU is passed through",
        ),
    ],
)  # fmt: skip
def test_gpus_that_are_not_listed(answer: str, status: int, missing: str, fix: str) -> None:
    """Where nvidia-smi lists no GPU, its own complaint says which layer is missing."""
    text = (ANSWERS / answer).read_text()

    assert parse_gpus(status, text, "") == Gpus(missing=missing, fix=fix)


def test_complaint_on_standard_error() -> None:
    """A complaint on standard error goes before one on standard output; silence has its status."""
    assert parse_gpus(1, "out\n", "\nerr\nmore\n").missing == "nvidia-smi: err"
    assert parse_gpus(7, "", "").missing == "nvidia-smi: exit 7"


def test_found_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPUs of a machine are what its nvidia-smi answers to the query."""
    put_nvidia_smi(tmp_path, monkeypatch, "two-h200.txt", 0)
    assert len(preflight.find_gpus().found) == 2

    put_nvidia_smi(tmp_path, monkeypatch, "no-driver.txt", 9)
    assert preflight.find_gpus().missing.startswith("nvidia-smi: NVIDIA-SMI has failed")


def test_a_driver_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that never answers is not waited for without end."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(preflight, "_GPU_PATIENCE", 0.05)

    assert preflight.find_gpus().missing == "nvidia-smi gave no answer in 0.05 s: the driver hangs"


def test_no_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without nvidia-smi has no driver that can be seen."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert preflight.find_gpus() == Gpus(
        missing="no nvidia-smi: the driver is not installed, or not visible here",
        fix='install the NVIDIA driver, or declare gpu = "optional"',
    )


def test_nothing_lacks() -> None:
    """What is declared and there is no problem: exactly enough memory is enough."""
    runtime = Runtime(gpu="required", shm=2**20, secrets=("TOKEN",))

    assert preflight.problems("r", runtime, {"TOKEN": "x"}, 2**20, GPUS) == []


@pytest.mark.parametrize("gpu", ["off", "optional"])
def test_gpu_that_is_not_required(gpu: str) -> None:
    """A GPU that isn't required may be missing."""
    runtime = Runtime(gpu="off" if gpu == "off" else "optional")

    assert preflight.problems("r", runtime, {}, 0, Gpus(missing="none")) == []


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}])
def test_secret_that_is_not_set(environ: dict[str, str]) -> None:
    """A secret that is unset or empty is named, and its value never asked for on a line."""
    (error,) = preflight.problems("r", Runtime(secrets=("TOKEN",)), environ, 0, GPUS)

    assert error.what == "[tool.noxline.runtimes.r] declares the secret TOKEN, which is not set"
    assert error.fix == "export TOKEN=... (its value is never printed)"
    assert error.code == ExitCode.MACHINE


def test_too_little_shared_memory() -> None:
    """Less shared memory than declared is told in MiB, with the command that gives more."""
    (error,) = preflight.problems("r", Runtime(shm=2**30), {}, 64 * 2**20, GPUS)

    assert str(error).splitlines() == [
        "[tool.noxline.runtimes.r] declares more shared memory than /dev/shm has",
        "  found:    64 MiB",
        "  expected: at least 1024 MiB",
        "  fix:      sudo mount -o remount,size=1073741824 /dev/shm",
    ]
    assert error.code == ExitCode.MACHINE


def test_gpu_that_is_missing() -> None:
    """A required GPU that is missing is told with the layer that lacks, and what mends it."""
    gpus = Gpus(missing="no driver", fix="install it")

    (error,) = preflight.problems("r", Runtime(gpu="required"), {}, 0, gpus)

    assert (error.found, error.fix, error.code) == ("no driver", "install it", ExitCode.MACHINE)


def test_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that is there is measured, its GPUs among the rest."""
    put_nvidia_smi(tmp_path, monkeypatch, "two-h200.txt", 0)

    measured = preflight.check("r", Runtime(gpu="required"), tmp_path, {})

    assert measured["gpus"][0] == {
        "name": "NVIDIA H200", "memory": 143771, "driver": "570.133.20",
    }  # fmt: skip
    assert (measured["system"], measured["uid"]) == (platform.system(), os.getuid())
    assert 1 <= measured["cpus"] <= (os.cpu_count() or 1)
    assert measured["memory"] > 2**20
    assert measured["disk_free"] > 0


def test_check_of_a_gpu_that_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime without a GPU doesn't ask for one."""
    put_nvidia_smi(tmp_path, monkeypatch, "two-h200.txt", 0)

    assert preflight.check("r", Runtime(gpu="off"), tmp_path, {})["gpus"] == []


def test_check_of_a_world_that_lacks(tmp_path: Path) -> None:
    """A world that lacks something is refused before the work begins."""
    with pytest.raises(NoxlineError, match="declares the secret TOKEN"):
        preflight.check("r", Runtime(secrets=("TOKEN",)), tmp_path, {})


def test_bare_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without /dev/shm and without processor affinity is measured all the same."""
    monkeypatch.setattr(preflight, "SHM", tmp_path / "none")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    measured = preflight.measure(tmp_path)

    assert (measured["shm"], measured["cpus"]) == (0, os.cpu_count())
