"""What may be shown of an address: where it is, never who asks or with which key."""

from __future__ import annotations

import re

_USER = re.compile(r"(\w+://)\S*@")
_QUERY = re.compile(r"(\w+://[^\s?#]*)[?#]\S*")


def without_credentials(text: str) -> str:
    """The text with user, password, query and fragment taken out of every address in it.

    A password may hold a slash or an @: all up to the last @ of an address goes.
    """
    return _QUERY.sub(r"\1", _USER.sub(r"\1", text))
