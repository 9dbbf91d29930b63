# SPDX-License-Identifier: Apache-2.0
"""Names of files in texts. A name is any bytes; Python holds those that are no UTF-8 as surrogates,
which no JSON, database or page takes."""

import os
import shlex
from urllib.parse import quote, unquote_to_bytes

from topkima.errors import UsageError

SCHEME = "file://"
LONGEST = 4096      # bytes of a name, its end included, that Linux takes


def is_text(name: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in name)


def name_text(path) -> str:
    """What stands for a file's name in JSON, as the tools have it (platforms/tool/json_name.h): the
    name itself, or the URI of where it lies."""
    name = os.fspath(path)
    if is_text(name) and not name.startswith(SCHEME):
        return name
    return SCHEME + quote(os.fsencode(os.path.abspath(name)))


def name_in(text: str) -> str:
    """The name that such a text stands for."""
    if not text.startswith(SCHEME):
        return text
    name = unquote_to_bytes(text[len(SCHEME):])
    if not name.startswith(b"/") or b"\0" in name:
        raise UsageError(f"{text}: expected the URI of an absolute path, as file:///runs/q.npy")
    return os.fsdecode(name)


def is_name(text: str) -> bool:
    """Whether such a text stands for a name that a file can have."""
    try:
        name = os.fsencode(name_in(text))
    except (UsageError, UnicodeError):
        return False
    return b"\0" not in name and len(name) < LONGEST


def in_json(value):
    """`value` with texts that JSON takes, at any depth: names that are none as of name_text()."""
    if isinstance(value, str):
        return value if is_text(value) else name_text(value)
    if isinstance(value, dict):
        return {key: in_json(each) for key, each in value.items()}
    return [in_json(each) for each in value] if isinstance(value, list) else value


def shown(text: str) -> str:
    """For people: bytes that are no UTF-8 are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def shell_word(word) -> str:
    """A word of a shell's command, which can be copied from a text."""
    word = str(word)
    if is_text(word):
        return shlex.quote(word)
    escapes = "".join(chr(each) if chr(each).isalnum() and each < 128 or each in b"/._-=:, "
                      else f"\\{each:03o}" for each in os.fsencode(word))
    return f"$'{escapes}'"


def shell_command(words) -> str:
    return " ".join(map(shell_word, words))
