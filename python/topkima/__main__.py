# SPDX-License-Identifier: Apache-2.0
"""`python3 -m topkima COMMAND ...`: the commands of scripts/, where the package is alone."""

import sys

from topkima.commands import COMMANDS, run

if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
    print(f"usage: python3 -m topkima {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
    sys.exit(2)
run(sys.argv.pop(1))
