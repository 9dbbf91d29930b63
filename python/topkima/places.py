# SPDX-License-Identifier: Apache-2.0
"""Where things lie: the tools, the data, and what a source tree has beside the package.

The package lies in a source tree or in what was installed like one (python/topkima beside data/),
or in a prefix's lib/python3/dist-packages, with share/topkima/data and bin/ in the same prefix.
"""

import os
import shutil
from pathlib import Path

from topkima.errors import DataError, UsageError

PACKAGE = Path(__file__).resolve().parent
_BESIDE = PACKAGE.parents[1]
_PREFIX = PACKAGE.parents[min(3, len(PACKAGE.parents) - 1)]

# The folder that holds data/, and in a source tree everything else.
HOME = next((home for home in (_BESIDE, _PREFIX / "share" / "topkima") if (home / "data").is_dir()),
            _BESIDE)
IS_SOURCE = (HOME / "CMakeLists.txt").exists()
# Below which commands put what they make, unless they are told where.
WORK = HOME if IS_SOURCE else Path()


def tools() -> Path:
    """The folder of topkima-soc and topkima-macro: TOPKIMA_TOOLS names it, else they are those of
    this source tree, of the prefix, or on the PATH."""
    if given := os.environ.get("TOPKIMA_TOOLS"):
        return Path(given)
    if IS_SOURCE:
        return HOME / "build" / "platforms"
    for prefix in (_PREFIX, HOME.parent.parent):
        if (prefix / "bin" / "topkima-soc").exists():
            return prefix / "bin"
    return Path(shutil.which("topkima-soc") or _PREFIX / "bin" / "topkima-soc").parent


def tool(name: str) -> Path:
    """The program of this name ("topkima-soc"). UsageError: it is not there."""
    path = tools() / name
    if not path.exists():
        raise UsageError(f"{path} has not been built: scripts/setup does" if IS_SOURCE else
                         f"{path} is not there: TOPKIMA_TOOLS names the folder of the tools")
    return path


def given_or_shipped(base: Path, text: str) -> Path:
    """The path `text` as seen from `base`, or where nothing is there, what is shipped by that
    name, as "workloads/digits"; the tools take the same (modules/files/shipped.h)."""
    path = (base / text).resolve()
    shipped = HOME / "data" / text
    return shipped if shipped.exists() and not path.exists() else path


def data(kind: str, name: str) -> Path:
    """What is shipped: data("workloads", "digits"); kinds are workloads, models and technologies.
    DataError: there is none of this name."""
    path = HOME / "data" / kind / name
    if not path.exists():
        raise DataError(f"{path} is not there; expected one of the shipped {kind}")
    return path
