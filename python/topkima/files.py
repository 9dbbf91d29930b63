# SPDX-License-Identifier: Apache-2.0
"""Files that are read; files and directories that are whole or not there.

A file is read to its end or refused, with a line that names it: what cannot be read is never taken
for the end, and what is no regular file is not waited for. No other place opens one for reading;
arrays are read by topkima/arrays.py, from what is opened here. The tools do the same
(modules/files/input_file.h).

What is to be somewhere grows in a directory beside its place, `.NAME.partial-XXXXXX`, which is made
so that nobody else has it and holds a lock that ends with the process. What a process that has
ended left beside the same place goes when the next one begins there; where the lock is held, or the
file system cannot tell, it stays. The tools do the same (modules/files/partial.h).
"""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import stat
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from topkima.errors import DataError, TopkimaError, UsageError, echoed
from topkima.names import name_in, shown
from topkima.stop_point import stop_point

LONGEST_NAME = 200      # of a place, so that a file system takes what follows
HALF = re.compile(r"\\u[dD][89a-fA-F]")      # of an escaped character, alone or not
LOCK, CONTENT = "lock", "new"
AT_FDCWD, RENAME_EXCHANGE = -100, 2
MIB, GIB = 1 << 20, 1 << 30


# What an input's directory may hold: tensors of one kind or the other, and what goes with them.
TENSORS = (("q", "k", "v"), ("x", "wq", "wk", "wv"))
META_FILE = "meta.ini"
INPUT_FILES = frozenset({META_FILE, *(f"{name}.npy" for names in TENSORS for name in names)})


@dataclass(frozen=True)
class InputKind:
    """What a file is to whoever reads it."""

    name: str           # as a message calls it
    most_bytes: int     # a larger one is refused
    error: type = DataError

    def refuse(self, path, why) -> NoReturn:
        raise self.error(f"{os.fspath(path)}: {why}; expected {self.name}")


STUDY = InputKind("a study file", 16 * MIB, UsageError)
STORAGE = InputKind("the storage.txt of a study", MIB)
REPORT = InputKind("the report of a run of topkima-soc or topkima-macro", 256 * MIB)
RUN = InputKind("the run.json of a run of topkima-soc or topkima-macro", 64 * MIB)
WHAT_IF = InputKind("what --what-if writes", 64 * MIB)
ROWS = InputKind("a table of rows", GIB)
POWER = InputKind("power over time", GIB)
SAMPLES = InputKind("a table of samples", GIB)
POINTS = InputKind("the table of a study's points", 4 * GIB)
SUMMARY = InputKind("the summary of a study", 64 * MIB)
TIMELINE = InputKind("a timeline", 1024 * GIB)
ARRAY = InputKind("a .npy file", 16 * GIB)
IMAGES = InputKind("an .npz file of plain arrays", 16 * GIB)
CHECKPOINT = InputKind("a checkpoint of scripts/train", 16 * GIB, UsageError)
MODEL_INI = InputKind("the model.ini of a model package", 64 * MIB)
CORPUS = InputKind("a text to train with", GIB)
WAVE = InputKind("a waveform", 1024 * GIB)
VIEW = InputKind("a view of GTKWave", 16 * MIB)
VECTORS = InputKind("a file of test vectors", 16 * GIB)
COVERAGE = InputKind("what --cosim.coverage writes", GIB)
RTL_SOURCE = InputKind("a source of RTL", GIB)
RTL_TABLE = InputKind("a table of RTL", 16 * MIB)
ANY = InputKind("a file that a run reads", 16 * GIB)    # for its digest alone
# What comes with the package, or what a command has made for itself.
OWN = InputKind("a file of topkima's own", GIB, TopkimaError)


class InputFile(io.FileIO):
    """A regular file. Whatever else has the name, a directory, device, pipe or socket, is refused
    without a byte read from it. What goes wrong is raised as the kind's error."""

    def __init__(self, path, kind: InputKind):
        self._path, self._kind = path, kind
        try:
            super().__init__(path, opener=open_at_once)
        except (OSError, ValueError) as error:      # a ValueError: there is a NUL in the name
            kind.refuse(path, f"cannot be opened: {getattr(error, 'strerror', None) or error}")
        status = os.fstat(self.fileno())
        if not stat.S_ISREG(status.st_mode):
            self.close()
            kind.refuse(path, "cannot be opened: is a "
                        + ("pipe" if stat.S_ISFIFO(status.st_mode) else "device"))
        self._check_size(status.st_size)

    def _check_size(self, size: int):
        if size > (most := self._kind.most_bytes):
            self.close()
            self._kind.refuse(self._path, "is larger than " + (
                f"{most // MIB} MiB" if most < GIB else f"{most // GIB} GiB"))

    def readinto(self, buffer) -> int:
        try:
            got = super().readinto(buffer)
            at = self.tell()
        except OSError as error:
            self._kind.refuse(self._path, f"cannot be read: {error.strerror}")
        self._check_size(at)    # it may grow, or not tell its size
        return got

    def readall(self) -> bytes:
        return b"".join(iter(lambda: io.RawIOBase.read(self, MIB), b""))


def open_at_once(path, flags: int) -> int:
    """Without O_NONBLOCK, to open a pipe is to wait for whoever writes into it."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def opened(path, kind: InputKind) -> io.BufferedReader:
    """The bytes of a file, for `with`."""
    return io.BufferedReader(InputFile(path, kind))


def opened_text(path, kind: InputKind, newline=None, errors="strict") -> io.TextIOWrapper:
    """The text of a file, for `with`, without the byte order mark that some editors put before it.
    UnicodeError while it is read: it is not UTF-8."""
    return io.TextIOWrapper(opened(path, kind), encoding="utf-8-sig", newline=newline,
                            errors=errors)


def read_bytes(path, kind: InputKind) -> bytes:
    with opened(path, kind) as file:
        return file.read()


def read_text(path, kind: InputKind, errors="strict") -> str:
    with opened_text(path, kind, errors=errors) as file:
        try:
            return file.read()
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            kind.refuse(path, f"line {line}: not UTF-8 (byte 0x{error.object[error.start]:02x})")


def once_each(members: list) -> dict:
    """An object of JSON. Of equal keys each reader would take another one."""
    value = dict(members)
    if len(value) < len(members):
        keys = [key for key, _ in members]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{echoed(twice)} is given twice")
    return value


def read_json(path, kind: InputKind):
    def refuse_constant(text: str):
        raise ValueError(f"{text} is no number of JSON")

    try:
        text = read_text(path, kind)
        value = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=once_each)
        if HALF.search(text):   # no text that can be written
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError) as error:
        kind.refuse(path, f"no complete JSON ({error})")


def read_toml(path, kind: InputKind) -> dict:
    try:
        return tomllib.loads(read_text(path, kind))
    except (ValueError, RecursionError) as error:    # a TOMLDecodeError is a ValueError
        kind.refuse(path, f"not a TOML file: {error}")


def digest_of_place(text: str) -> str:
    """SHA-256 of a file's content, as the tools tell it; `text` is as they name the file. Of an
    input's directory, which ends in '/', of which files of an input it holds: a further one may
    make another run."""
    if text.endswith("/"):
        try:
            names = sorted(INPUT_FILES.intersection(os.listdir(name_in(text))))
        except OSError as error:
            raise DataError(f"{text}: cannot be read: {error.strerror}") from error
        return hashlib.sha256("\n".join(names).encode()).hexdigest()
    with opened(name_in(text), ANY) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
