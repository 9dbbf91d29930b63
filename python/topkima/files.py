# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or not there."""

import contextlib
import os
from pathlib import Path

from topkima.errors import TopkimaError
from topkima.names import shown
from topkima.stop_point import stop_point


def write_file(path: Path, text: str):
    """Written beside its place and renamed into it, as UTF-8."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(shown(text), encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise TopkimaError(f"{path}: cannot be written: {error.strerror}") from error
    stop_point("file")
