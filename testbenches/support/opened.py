# SPDX-License-Identifier: Apache-2.0
"""Which files are opened, by whomever: the kernel tells (inotify)."""

import contextlib
import ctypes
import os
import struct
from pathlib import Path

IN_OPEN = 0x20
EVENT = struct.Struct("iIII")       # watch, mask, cookie, length of the name behind it
SIZE = 1 << 20


@contextlib.contextmanager
def opened_in(directory: Path):
    """Fills the set that it gives, when the block ends, with the files below `directory` that were
    opened in it: their paths, as seen from there. Folders must be there before."""
    libc = ctypes.CDLL(None, use_errno=True)
    watching = libc.inotify_init1(os.O_NONBLOCK)
    folders, found = {}, set()
    try:
        for folder in (directory, *filter(Path.is_dir, directory.rglob("*"))):
            watch = libc.inotify_add_watch(watching, os.fsencode(folder), IN_OPEN)
            if watch < 0:
                raise OSError(ctypes.get_errno(), f"{folder} cannot be watched")
            folders[watch] = folder
        yield found
        with contextlib.suppress(BlockingIOError):
            while data := os.read(watching, SIZE):
                found |= set(files_in(data, folders, directory))
    finally:
        os.close(watching)


def files_in(data: bytes, folders: dict, directory: Path):
    at = 0
    while at < len(data):
        watch, _, _, length = EVENT.unpack_from(data, at)
        name = data[at + EVENT.size:at + EVENT.size + length].rstrip(b"\0")
        at += EVENT.size + length
        path = folders[watch] / os.fsdecode(name)
        if name and not path.is_dir():
            yield str(path.relative_to(directory))
