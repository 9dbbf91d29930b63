# SPDX-License-Identifier: Apache-2.0
"""The package's commands as processes of their own."""

import os
import subprocess
import sys

from topkima.places import PACKAGE


def start(command: str, *arguments, **options) -> subprocess.Popen:
    """Starts a command of this package, wherever the package lies; `options` as those of Popen."""
    found = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(PACKAGE.parent), *([found] if found else [])])
    return subprocess.Popen([sys.executable, "-m", "topkima", command, *map(str, arguments)],
                            env={**os.environ, "PYTHONPATH": path}, **options)
