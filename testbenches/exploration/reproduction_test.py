# SPDX-License-Identifier: Apache-2.0
"""The studies behind the results that are written when they are needed: every assumed parameter of
the machine and every constant of energy, one at a time, each a point that explore takes; and what
is said of a headline with bounds."""

import sys
import tempfile
import unittest
from pathlib import Path

from topkima.exploration.study import read_study
from topkima.files import STUDY, read_toml
from topkima.reproduction import page, sensitivity
from topkima.reproduction.headlines import HEADLINES, machine


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

    def test_every_constant_goes_to_the_ends_of_its_band_or_to_half_and_half_again(self):
        with tempfile.TemporaryDirectory() as place:
            points = read_toml(sensitivity.write_study("sensitivity_soc", Path(place)),
                               STUDY)["point"]
        changed = {}
        for point in points:
            for name, text in point.items():
                if name.startswith("tech."):
                    changed.setdefault(name, []).append(float(text))
        shipped = sensitivity.read_technology("32nm")
        constants = {sensitivity.parameter_of(name): shipped[name] for name in shipped.sections()
                     if name != "technology"}
        self.assertEqual(set(changed), set(constants))
        # One machine alone has a headline with energy in it; the ADC's low is its value.
        self.assertEqual(changed["tech.rram_column_read_adc"], [1.009])
        self.assertEqual(changed["tech.logic_nand2_area"], [0.349])
        self.assertEqual(changed["tech.sram_row_read"], [0.0195, 0.0585])
        for name, values in changed.items():
            self.assertEqual(all(sensitivity.is_band(name, value) for value in values),
                             "low" in constants[name], name)


class Headlines(unittest.TestCase):
    def test_a_ratio_is_bounded_by_both_of_its_machines(self):
        headline = next(each for each in HEADLINES if each.key == "energy_dtopk")
        metric = "softmax_energy_per_row_pj"
        better, worse = ({metric: value, f"{metric}_low": low, f"{metric}_high": high}
                         for low, value, high in ((1, 2, 4), (5, 6, 9)))
        self.assertEqual(headline.of(better, worse), 3)
        self.assertEqual(headline.bounds(better, worse), (5 / 4, 9))

    def test_what_a_constant_of_energy_does_is_asked_of_machines_with_energy_alone(self):
        names = sensitivity.machines("soc", energy=True)
        self.assertEqual([machine(name)["softmax.macro"] for name in names], ["topkima"])

    def test_bounds_stand_behind_a_figure_where_they_show(self):
        self.assertEqual(page.bounds_text(42, 210.4), ", 42 to 210")
        self.assertEqual(page.bounds_text(80.91, 80.92), "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
