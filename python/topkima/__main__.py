# SPDX-License-Identifier: Apache-2.0
"""`python3 -m topkima COMMAND ...`: the commands of scripts/, where the package is alone."""

import sys

from topkima.commands import run

run(sys.argv.pop(1) if len(sys.argv) > 1 else "")
