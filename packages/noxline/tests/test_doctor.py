from __future__ import annotations

import pytest
import tiny_project
from tiny_project import Tiny

from noxline import doctor
from noxline.doctor import Finding
from noxline.errors import ExitCode
from noxline.preflight import Gpu, Gpus

GPUS = Gpus((Gpu("NVIDIA H200", 143771, "570.133.20"),))


def examine(tiny: Tiny, name: str) -> list[Finding]:
    """What a stage needs of a machine with a GPU and 64 MiB of shared memory."""
    return doctor.examine(tiny.project, name, {}, 64 * 2**20, GPUS)


def test_project_that_has_all(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    """Where every stage has what it needs, doctor says so by stage and ends with 0."""
    tiny.run("make")
    capsys.readouterr()

    assert doctor.main(tiny.root, tiny_project.caller()) == ExitCode.DONE

    lines = capsys.readouterr().out.splitlines()
    assert "/dev/shm" in lines[1]
    assert lines[2].startswith("GPU: ")
    assert lines[lines.index("judge") :][:4] == [
        "judge",
        "  has        the environment of locks/sh.txt",
        "  has        what the runtime 'default' declares",
        "  has        what 'make' makes",
    ]


def test_project_that_lacks(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a stage lacks something, doctor says how to get it, and ends with 3."""
    tiny.change(
        'lock = "locks/sh.txt"\ninputs = ["out"]', 'lock = "locks/no.txt"\ninputs = ["out"]'
    )

    assert doctor.main(tiny.root, tiny_project.caller()) == ExitCode.MACHINE

    lines = capsys.readouterr().out.splitlines()
    at = lines.index("judge") + 1
    assert lines[at] == (
        "  lacks      pyproject.toml: tool.noxline.stages.judge.lock: there is no such file"
    )
    assert lines[at + 1].startswith('             get it: write "locks/sh.txt"')


def test_run(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command looks at the project where it was started, and exits with what it found."""
    monkeypatch.chdir(tiny.root)

    with pytest.raises(SystemExit) as end:
        doctor.run()

    assert end.value.code == 0


def test_world_that_lacks(tiny: Tiny) -> None:
    """Each part of a declared world that is missing is a finding with its fix."""
    tiny.declare(
        tiny_project.PYPROJECT
        + '[tool.noxline.runtimes.default]\nsecrets = ["TOKEN"]\nshm = "1 GiB"\n'
    )

    lacks = [finding for finding in examine(tiny, "check") if finding.state == "lacks"]

    assert [finding.what for finding in lacks] == [
        "[tool.noxline.runtimes.default] declares the secret TOKEN, which is not set",
        "[tool.noxline.runtimes.default] declares more shared memory than /dev/shm has",
    ]
    assert all(finding.fix for finding in lacks)


def test_environment_that_is_not_made(tiny: Tiny) -> None:
    """An environment that the first run makes is nothing to lack."""
    (tiny.root / ".noxline/envs/sh/noxline.json").unlink()

    assert examine(tiny, "check")[0] == Finding(
        "has", "locks/sh.txt; its first run makes the environment"
    )


def test_no_git(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git lacks it for every stage that isn't made yet."""
    (tiny.root / ".noxline/envs/sh/noxline.json").unlink()
    monkeypatch.setenv("PATH", str(tiny.root))

    assert examine(tiny, "check")[0] == Finding("lacks", "git", "install git")


def test_maker(tiny: Tiny) -> None:
    """What another stage makes is there, comes first, or has a receipt that can't be read."""
    waits = Finding("waits for", "what 'make' makes", "nox -s make")
    assert examine(tiny, "judge")[-1] == waits

    tiny.run("make")
    assert examine(tiny, "judge")[-1] == Finding("has", "what 'make' makes")

    tiny.run("make", "--force", command=("false",))
    assert examine(tiny, "judge")[-1] == waits

    (tiny.root / ".noxline/receipts/make.json").write_text("{")
    broken = examine(tiny, "judge")[-1]
    assert (broken.state, "not a receipt of 'make'" in broken.what) == ("lacks", True)


def test_gpus(
    tiny: Tiny, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's line names its GPUs or, where there is none, the layer that is missing."""
    nvidia_smi = tiny.write("bin/nvidia-smi", "#!/bin/sh\necho NVIDIA H200, 143771, 570.133.20\n")
    nvidia_smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{nvidia_smi.parent}", prepend=":")
    doctor.main(tiny.root, {})
    assert "\nGPU: NVIDIA H200\n" in capsys.readouterr().out

    nvidia_smi.write_text("#!/bin/sh\nexit 9\n")
    doctor.main(tiny.root, {})
    assert "\nGPU: none (nvidia-smi: exit 9)\n" in capsys.readouterr().out
