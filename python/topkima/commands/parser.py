# SPDX-License-Identifier: Apache-2.0
"""How the commands read their command lines."""

import argparse

from topkima.errors import UsageError, echoed


class Parser(argparse.ArgumentParser):
    """What is wrong with a command line ends the command as all else does that it is given: with
    one line, which repeats no more of a value than others do. Its texts keep their lines."""

    def __init__(self, *given, formatter_class=argparse.RawDescriptionHelpFormatter, **more):
        super().__init__(*given, formatter_class=formatter_class, **more)

    def error(self, message):
        raise UsageError(f"{message} (see {self.prog} --help)")


def ranged(kind, low, high=None):
    """The `type` of an option that takes an int or a float within these."""
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{echoed(text)} is not {'an integer' if kind is int else 'a number'}") from None
        if not (value >= low and (high is None or value <= high)):
            within = f"within {low}..{high}" if high is not None else f"{low} or more"
            raise argparse.ArgumentTypeError(f"{text} is not {within}")
        return value
    return parse
