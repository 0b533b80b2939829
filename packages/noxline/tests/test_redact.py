from __future__ import annotations

import pytest

from noxline.redact import without_credentials

HIDDEN = "hid" + "den"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://host:5000/a/b", "http://host:5000/a/b"),
        (f"https://me:{HIDDEN}@host/a", "https://host/a"),
        (f"https://me:{HIDDEN}@x@host/a", "https://host/a"),
        (f"https://me:{HIDDEN}/x@host/a", "https://host/a"),
        (f"https://{HIDDEN}@host", "https://host"),
        (f"https://host/a?token={HIDDEN}", "https://host/a"),
        (f"https://host/a#{HIDDEN}", "https://host/a"),
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("no address, me@host", "no address, me@host"),
    ],
)
def test_address(address: str, shown: str) -> None:
    """Of an address, the place is shown and nothing that lets someone in."""
    assert without_credentials(address) == shown


def test_text() -> None:
    """Every address in a text loses its own credentials, and the words between them stay."""
    text = f"no answer from http://a:{HIDDEN}@one/x?k={HIDDEN} or ftp://{HIDDEN}@two, twice"

    assert without_credentials(text) == "no answer from http://one/x or ftp://two, twice"
