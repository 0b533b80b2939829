from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from tiny_project import Tiny

from noxline import chain, digest, receipt
from noxline.digest import Digests
from noxline.errors import ExitCode, NoxlineError
from noxline.receipt import Receipt

OTHER = digest.of_bytes(b"b\n")


@pytest.fixture
def made(tiny: Tiny) -> Tiny:
    """The project after make, judge and check have passed."""
    assert [tiny.run(name).code for name in ("make", "judge", "check")] == [ExitCode.DONE] * 3
    return tiny


def keep(tiny: Tiny, name: str, **changed: object) -> Receipt:
    """Change the last receipt of a stage."""
    last = replace(tiny.receipt(name), **changed)  # type: ignore[arg-type]  # by name
    receipt.write(tiny.project.state, last)
    return last


def digests(tiny: Tiny) -> Digests:
    """The digests of what is there now."""
    return Digests(tiny.root, tiny.project.state / "digests.json")


def verify(tiny: Tiny) -> None:
    """Verify what judge reads, which is what make made."""
    chain.verify(tiny.project, "judge", digests(tiny).of(["out", "locks/sh.txt"]))


def refused(check: Callable[[], object], code: ExitCode = ExitCode.FAILED) -> NoxlineError:
    """The error of a check."""
    with pytest.raises(NoxlineError) as caught:
        check()
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["src"], {}),
        (["out"], {"make": ["out"]}),
        (["out/all.txt", "src", "out"], {"make": ["out/all.txt", "out"]}),
        (["."], {}),
        (["verdict.txt", "out"], {"judge": ["verdict.txt"], "make": ["out"]}),
        (["out2"], {}),
    ],
)
def test_makers(tiny: Tiny, paths: list[str], expected: dict[str, list[str]]) -> None:
    """The makers of paths are the stages that make them or a part of them."""
    assert tiny.project.declared.makers(paths) == expected


def test_maker_of_a_part(tiny: Tiny) -> None:
    """A folder of which a stage makes a part has that stage as its maker."""
    tiny.change('outputs = ["out"]', 'outputs = ["data/out"]')

    assert tiny.project.declared.makers(["data"]) == {"make": ["data"]}


def test_verified(made: Tiny) -> None:
    """What is exactly as its maker made it is accepted."""
    verify(made)


def test_verified_beside_what_others_keep(made: Tiny) -> None:
    """In a folder of which a stage made a part, the rest is free to change."""
    made.change('outputs = ["out"]', 'outputs = ["out/all.txt"]')
    made.write("out/by-hand.txt", "x")

    verify(made)


def test_maker_without_a_receipt(tiny: Tiny) -> None:
    """What was made by nobody knows whom is refused."""
    tiny.write("out/all.txt", "a\n")

    error = refused(lambda: verify(tiny))

    assert str(error).splitlines() == [
        "'make' has not passed, and 'judge' reads what it makes: out",
        "  found:    no receipt",
        f"  expected: a green receipt at {tiny.root}/.noxline/receipts/make.json",
        "  fix:      nox -s make",
    ]


def test_maker_that_is_red(made: Tiny) -> None:
    """What a failed stage made is refused."""
    keep(made, "make", result="failed")

    assert refused(lambda: verify(made)).found == "a receipt that says failed"


def test_other_content(made: Tiny) -> None:
    """A file that was changed after it was made is refused by digest."""
    expected = made.receipt("make").outputs["out/all.txt"]
    made.write("out/all.txt", "b\n")

    error = refused(lambda: verify(made))

    assert str(error).splitlines() == [
        "out/all.txt is not the file that 'make' made",
        f"  found:    sha256 {OTHER}",
        f"  expected: sha256 {expected}, by the receipt of 'make'",
        "  fix:      nox -s make",
    ]


def test_extra_file(made: Tiny) -> None:
    """A file that its maker didn't make is refused."""
    made.write("out/extra.txt", "x")

    error = refused(lambda: verify(made))

    assert str(error).splitlines() == [
        "out/extra.txt is not among what 'make' made",
        f"  found:    sha256 {digest.of_bytes(b'x')}",
        "  expected: one of the files that the receipt of 'make' names",
        "  fix:      correct the path, remove the file, or make 'make' write it",
    ]


def test_missing_file(made: Tiny) -> None:
    """A file that was made and is gone is missed."""
    (made.root / "out/all.txt").unlink()

    assert refused(lambda: verify(made)).found == "sha256 missing"


def test_part_that_is_read(made: Tiny) -> None:
    """A stage that reads one of the made files doesn't mind the others."""
    made.change('inputs = ["out"]', 'inputs = ["out/all.txt"]')
    keep(made, "make", outputs={**made.receipt("make").outputs, "out/gone.txt": "0" * 64})

    chain.verify(made.project, "judge", digests(made).of(["out/all.txt"]))


def test_gates(made: Tiny) -> None:
    """A gate that passed, whole, on what is there now, is open; a stage without gates has none."""
    chain.verify_gates(made.project, "ship", digests(made))
    chain.verify_gates(made.project, "make", digests(made))


def test_gate_that_has_not_run(tiny: Tiny) -> None:
    """A gate without a receipt is shut."""
    error = refused(lambda: chain.verify_gates(tiny.project, "ship", digests(tiny)))

    assert error.what == "'check' has not passed, and it is a gate of 'ship'"


def test_gate_that_is_red(made: Tiny) -> None:
    """A gate that failed is shut."""
    keep(made, "check", result="failed")

    refused(lambda: chain.verify_gates(made.project, "ship", digests(made)))


def test_gate_of_a_part(tiny: Tiny) -> None:
    """A gate of which only a part has passed, by arguments, is shut."""
    assert tiny.run("check", "-k").code == ExitCode.DONE

    error = refused(lambda: chain.verify_gates(tiny.project, "ship", digests(tiny)))

    assert (error.what, error.found) == (
        "'check' has not passed, and it is a gate of 'ship'",
        "no receipt",
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [("src/a.txt", "src/a.txt changed"), ("src/b.txt", "src/b.txt is new"),
     ("locks/sh.txt", "locks/sh.txt changed")],
)  # fmt: skip
def test_gate_that_is_stale(made: Tiny, name: str, found: str) -> None:
    """A gate that has not seen what is there now, the lock included, is shut."""
    made.write(name, "other\n")

    error = refused(lambda: chain.verify_gates(made.project, "ship", digests(made)))

    assert error.what == "'check' is a gate of 'ship' and has not seen what is there now"
    assert (error.found, error.fix) == (found, "nox -s check")


def test_origin(made: Tiny) -> None:
    """A file is what its maker made, by digest."""
    chain.require_origin(made.root, "out/all.txt", "verdict.txt")


def test_origin_that_nobody_declares(made: Tiny) -> None:
    """A file that no stage makes has no origin."""
    error = refused(lambda: chain.require_origin(made.root, "src/a.txt"), ExitCode.USAGE)

    assert error.what == "src/a.txt: no stage declares that it makes this file"
    assert "[tool.noxline.stages]" in error.fix


def test_origin_without_a_receipt(tiny: Tiny) -> None:
    """A file whose maker has not passed has no origin."""
    tiny.write("out/all.txt", "a\n")

    error = refused(lambda: chain.require_origin(tiny.root, "out/all.txt"))

    assert error.what == "'make' has not passed, and it makes out/all.txt"


@pytest.mark.parametrize(
    ("name", "what"),
    [("out/all.txt", "is not the file that"), ("out/other.txt", "is not among what")],
)
def test_origin_of_another_file(made: Tiny, name: str, what: str) -> None:
    """A file that was changed, or that its maker didn't make, is refused by digest."""
    made.write(name, "b\n")

    error = refused(lambda: chain.require_origin(made.root, name))

    assert error.what == f"{name} {what} 'make' made"
    assert error.found == f"sha256 {OTHER}"


@pytest.mark.parametrize(
    ("name", "found"), [("out/all.txt", "sha256 missing"), ("out/never.txt", "no such file")]
)
def test_origin_of_a_lost_file(made: Tiny, name: str, found: str) -> None:
    """A file that isn't there is refused, whether its maker made it or not."""
    (made.root / "out/all.txt").unlink()

    error = refused(lambda: chain.require_origin(made.root, name))

    assert error.found == found


def test_required_green(made: Tiny) -> None:
    """What a stage read or made when it passed is accepted with its receipt."""
    passed = chain.require_green(made.root, "judge", "out/all.txt", "verdict.txt")

    assert passed == made.receipt("judge")


def test_required_green_without_a_receipt(tiny: Tiny) -> None:
    """Nothing goes on without the receipt of the stage that must have passed."""
    error = refused(lambda: chain.require_green(tiny.root, "judge", "out/all.txt"))

    assert error.what == ("'judge' has not passed, and nothing goes on without it: out/all.txt")


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"result": "failed"}, "has not passed"), ({"result": "interrupted"}, "has not passed")],
)
def test_required_green_that_is_not(made: Tiny, changed: dict[str, object], what: str) -> None:
    """A stage that failed or was interrupted lets nothing go on."""
    keep(made, "judge", **changed)

    error = refused(lambda: chain.require_green(made.root, "judge", "out/all.txt"))

    assert re.match(f"'judge' {what}, and nothing goes on", error.what)


def test_required_green_of_another_file(made: Tiny) -> None:
    """A file other than the one that passed is refused with both digests and the receipt."""
    expected = made.receipt("judge").inputs["out/all.txt"]
    made.write("out/all.txt", "b\n")

    error = refused(lambda: chain.require_green(made.root, "judge", "verdict.txt", "out/all.txt"))

    assert str(error).splitlines() == [
        "out/all.txt is not the file that 'judge' passed",
        f"  found:    sha256 {OTHER}",
        f"  expected: sha256 {expected}, by {made.root}/.noxline/receipts/judge.json",
        "  fix:      nox -s judge",
    ]


@pytest.mark.parametrize("name", ["out/never.txt", "src/a.txt"])
def test_required_green_of_an_unknown_file(made: Tiny, name: str) -> None:
    """A file that the stage has not seen is refused, be it there or not."""
    error = refused(lambda: chain.require_green(made.root, "judge", name))

    assert error.what == f"{name} is not the file that 'judge' passed"


def test_changes() -> None:
    """What differs between two sets of files is told by path, one sentence each."""
    before = {"b": "1", "a": "1", "same": "1"}
    now = {"b": "2", "c": "1", "same": "1"}

    assert chain.changes(before, now) == ["a is gone", "b changed", "c is new"]
    assert chain.changes(now, now) == []
