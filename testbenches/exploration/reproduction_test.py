# SPDX-License-Identifier: Apache-2.0
"""The studies behind the results that are written when they are needed: every assumed constant of
the machine, one at a time, each a point that explore takes."""

import sys
import tempfile
import unittest
from pathlib import Path

from topkima.exploration.study import read_study
from topkima.reproduction import sensitivity


class Sensitivities(unittest.TestCase):
    def test_each_assumed_constant_is_changed_and_explore_takes_the_study(self):
        for name, machines in (("sensitivity_macro", 3), ("sensitivity_soc", 9)):
            with tempfile.TemporaryDirectory() as place:
                study = read_study(sensitivity.write_study(name, Path(place)), name)
            changed = set(study.varied_names)
            self.assertIn("score.weighting", changed)
            self.assertIn("softmax.divide_interval", changed)
            # Ideal circuits have no half of their noise.
            self.assertFalse([each for each in changed if each.startswith(("noise.", "fault."))])
            self.assertGreater(len(study.listed), machines * 10)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
