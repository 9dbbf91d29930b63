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


def read_array(path, kind: InputKind) -> np.ndarray:
    with opened(path, kind) as file:
        try:
            shape, _, dtype = HEADERS[npy.read_magic(file)](file)
            held = os.fstat(file.fileno()).st_size - file.tell()
            if math.prod(shape) * dtype.itemsize > held:
                raise ValueError("it ends before its array does")
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
                yield arrays
        except UNREADABLE as error:
            kind.refuse(path, f"cannot be used ({error})")
