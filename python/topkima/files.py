# SPDX-License-Identifier: Apache-2.0
"""Files and directories that are whole or not there.

What is to be somewhere grows in a directory beside its place, `.NAME.partial-XXXXXX`, which is made
so that nobody else has it and holds a lock that ends with the process. What a process that has
ended left beside the same place goes when the next one begins there; where the lock is held, or the
file system cannot tell, it stays. The tools do the same (modules/files/partial.h).
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from topkima.errors import TopkimaError
from topkima.names import shown
from topkima.stop_point import stop_point

TEXT = "utf-8-sig"      # how texts are read that others may have written: with a mark or without
LONGEST_NAME = 200      # of a place, so that a file system takes what follows
LOCK, CONTENT = "lock", "new"
AT_FDCWD, RENAME_EXCHANGE = -100, 2


def write_file(path: Path, text: str):
    """Written beside its place and renamed into it, in a folder that is made if there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TopkimaError(f"{path}: cannot be written: {error.strerror}") from error
    with placed(path) as content:
        content.write_text(shown(text), encoding="utf-8", newline="")
    stop_point("file")


@contextlib.contextmanager
def placed(path: Path):
    """Where to write what shall be the file `path`: it is there when the block ends without an
    error. A link keeps pointing at the file. TopkimaError: it cannot be written."""
    place = Path(os.path.realpath(path))
    try:
        with partial(place) as content:
            yield content
            content.replace(place)
    except OSError as error:
        raise TopkimaError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def placed_directory(path: Path):
    """The same of a directory, in the place of an earlier one. OSError: it cannot be written."""
    place = Path(os.path.realpath(path))
    with partial(place) as content:
        content.mkdir()
        yield content
        put_in_place(content, place)


def put_in_place(made: Path, place: Path):
    """Moves a directory to its place; an earlier one is where it was made, then. Both lie on one
    file system."""
    if not os.path.lexists(place):
        made.rename(place)
    elif not exchanged(made, place):    # at no moment is there none, where that can be had
        with partial(place) as earlier:
            place.rename(earlier)
            try:
                made.rename(place)
            except OSError:
                earlier.rename(place)
                raise


def exchanged(one: Path, other: Path) -> bool:
    """Exchanges two names in one step. False: the file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other),
                      RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(code, os.strerror(code), str(other))


@contextlib.contextmanager
def held(directory: Path):
    """Whether `directory` is this process's alone, as long as the block lasts."""
    lock = os.open(directory / LOCK, os.O_CREAT | os.O_RDWR, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = True
    except BlockingIOError:
        mine = False
    except OSError:
        mine = True     # a file system that knows no locks
    try:
        yield mine
    finally:
        os.close(lock)


@contextlib.contextmanager
def partial(path: Path):
    """A name in a directory beside `path` that only this process has; what is there when the block
    ends is removed. Nothing is there yet. OSError: nothing can be made beside `path`."""
    remove_left_overs(path)
    directory, lock = made_beside(path)
    try:
        (directory / CONTENT).mkdir()
        yield directory / CONTENT / path.name
    finally:
        remove(directory)
        os.close(lock)


def prefix_of(path: Path) -> str:
    """The beginning of the names of all directories for this place."""
    return f".{os.fsdecode(os.fsencode(path.name)[:LONGEST_NAME])}.partial-"


def made_beside(path: Path) -> tuple:
    """A new directory, and its lock."""
    while True:
        directory = Path(tempfile.mkdtemp(prefix=prefix_of(path), dir=path.parent))
        lock = locked(directory)
        if lock is not None:
            return directory, lock


def locked(directory: Path) -> int | None:
    """Takes the lock of a new directory. None: somebody who looked for left-overs was between
    making the one and the other."""
    try:
        lock = os.open(directory / LOCK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        pass    # a file system that knows no locks lets nobody else take one either
    if is_at(lock, directory / LOCK):
        return lock
    os.close(lock)
    return None


def is_at(file: int, path: Path) -> bool:
    """Whether an open file is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(file), os.lstat(path))
    except OSError:
        return False


def clear(directory: Path):
    """Removes all in a directory but its lock."""
    for entry in list(os.scandir(directory)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        elif entry.name != LOCK:
            os.unlink(entry.path)


def remove(directory: Path):
    """The lock goes last: who finds a directory without one finds it empty."""
    with contextlib.suppress(OSError):
        clear(directory)
        os.unlink(directory / LOCK)
        os.rmdir(directory)


def remove_left_overs(path: Path):
    """Removes the directories for this place of those who have ended."""
    prefix = prefix_of(path)
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(path.parent)):
            if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False) and \
                    entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                remove_if_left(Path(entry.path))


def remove_if_left(directory: Path):
    try:
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ENOENT:
            with contextlib.suppress(OSError):
                os.rmdir(directory)     # only while it is empty; its maker notices
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_at(lock, directory / LOCK):
            remove(directory)
    except OSError:
        pass    # its maker works on
    finally:
        os.close(lock)
