# SPDX-License-Identifier: Apache-2.0
"""Files of numpy that are read, opened as all others are (topkima/files.py). Nothing in them is
executed, and no memory is taken that they do not fill."""

import contextlib
import math
import os
import zipfile
import zlib

import numpy as np
from numpy.lib import format as npy

from topkima.files import InputKind, opened

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# Of files that are damaged, or something else.
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, EOFError, RuntimeError, SyntaxError,
              NotImplementedError, OverflowError, zipfile.BadZipFile, zlib.error)


# Bytes that one byte of an archive may stand for, at most, by the ways in which numpy packs it.
DENSEST = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1032}


def expect_filled(file, size: int):
    """ValueError: so many bytes of a .npy file are not as many as its header promises."""
    shape, _, dtype = HEADERS[npy.read_magic(file)](file)
    if math.prod(shape) * dtype.itemsize > size - file.tell():
        raise ValueError("it ends before its array does")


def expect_all_filled(archive: zipfile.ZipFile, size: int):
    """ValueError: an archive of `size` bytes cannot hold what is promised of a file in it."""
    for entry in archive.infolist():
        if entry.compress_type not in DENSEST:
            raise ValueError(f"{entry.filename} is packed in a way that is not numpy's")
        if entry.file_size > DENSEST[entry.compress_type] * min(entry.compress_size, size):
            raise ValueError(f"it is too small for {entry.filename}")
        if entry.filename.endswith(".npy"):
            with archive.open(entry) as file:
                expect_filled(file, entry.file_size)


def read_array(path, kind: InputKind) -> np.ndarray:
    with opened(path, kind) as file:
        try:
            expect_filled(file, os.fstat(file.fileno()).st_size)
            file.seek(0)
            return np.load(file, allow_pickle=False)
        except UNREADABLE as error:
            kind.refuse(path, f"no array of numpy: {error}")


@contextlib.contextmanager
def archive(path, kind: InputKind):
    """The arrays of an .npz file, by name, for `with`; what is found wrong with one while the block
    lasts is wrong with the file."""
    with opened(path, kind) as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                if isinstance(arrays, np.lib.npyio.NpzFile):
                    expect_all_filled(arrays.zip, os.fstat(file.fileno()).st_size)
                yield arrays
        except UNREADABLE as error:
            kind.refuse(path, f"cannot be used ({error})")
