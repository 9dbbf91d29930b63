# SPDX-License-Identifier: Apache-2.0
"""How the commands read their command lines."""

import argparse

from topkima.errors import UsageError


class Parser(argparse.ArgumentParser):
    """What is wrong with a command line ends the command as all else does that it is given: with
    one line, which repeats no more of a value than others do. Its texts keep their lines."""

    def __init__(self, *given, formatter_class=argparse.RawDescriptionHelpFormatter, **more):
        super().__init__(*given, formatter_class=formatter_class, **more)

    def error(self, message):
        raise UsageError(f"{message} (see {self.prog} --help)")
