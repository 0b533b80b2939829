#!/usr/bin/env python3
"""Interrupt and kill stages at seeded moments, and see the next run go on as if nothing had been.

For each stage and each of SIGINT, SIGTERM and SIGKILL, sent to nox alone: nothing of the stage is
left running, the interrupted run ends with 130, no half-written file is taken for a whole one, and
the same command, typed again, ends with 0 and the outputs that an undisturbed run makes. Two runs
of one stage at the same time both end with 0, the second having waited. Runs on a clone.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from clone import Clone, expect

STAGES = ("lint", "data", "train", "golden", "register")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def main() -> int:
    """Kill every stage in every way."""
    moments = random.Random(57)  # noqa: S311  (when to kill is no secret)
    with tempfile.TemporaryDirectory(prefix="noxline-kills-") as folder:
        clone = Clone(Path(folder) / "project")
        expect(clone.nox("pipeline") == 0, "the pipeline is green before anything is killed")
        made = clone.outputs()
        for stage in STAGES:
            seconds = undisturbed(clone, stage)
            for number in SIGNALS:
                at = moments.uniform(0.1, 0.9) * seconds
                disturbed(clone, stage, number, at)
                expect(clone.nox(stage) == 0, f"{stage} goes on after {number.name} at {at:.1f} s")
        expect(clone.outputs() == made, "the outputs are those of an undisturbed run")
        expect(clone.nox("pipeline") == 0, "the pipeline is green after all of it")
        at_once(clone)
    print("killed in every way; every next run went on")
    return 0


def undisturbed(clone: Clone, stage: str) -> float:
    """How long the stage takes, in seconds."""
    started = time.monotonic()
    expect(clone.nox(stage, "--force") == 0, f"{stage} passes undisturbed")
    return time.monotonic() - started


def disturbed(clone: Clone, stage: str, number: signal.Signals, at: float) -> None:
    """Start the stage, make it do all of its work again, and send nox the signal."""
    clone.forget(stage)
    run = clone.start(stage, "--force")
    time.sleep(at)
    run.send_signal(number)
    code = run.wait()
    # Before a stage begins, an interrupt is Python's own: a shell makes 130 of that too.
    wanted = {-number} if number == signal.SIGKILL else {130, -number}
    expect(code in wanted, f"{stage} ends with {wanted} after {number.name}, not with {code}")
    expect(clone.quiet(10), f"nothing of {stage} runs on after {number.name}")
    expect(not clone.temporaries() or number == signal.SIGKILL, f"{stage} leaves no half file")


def at_once(clone: Clone) -> None:
    """Two runs of one stage at the same time."""
    runs = [clone.start("golden", "--force") for _ in range(2)]
    expect([run.wait() for run in runs] == [0, 0], "two runs at once both end with 0")


if __name__ == "__main__":
    sys.exit(main())
