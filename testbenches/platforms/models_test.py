# SPDX-License-Identifier: Apache-2.0
"""The shipped models: what training predicts and what the modelled hardware computes is the same,
for every sample of the test set."""

import json
from pathlib import Path

import numpy as np
from tool_support import ToolTest, main

HOME = Path(__file__).resolve().parents[2]
MODELS = HOME / "data" / "models"


class ShippedModels(ToolTest):
    def run_model(self, name, *options):
        output = self.results_of("soc", "--model", MODELS / name, "--input",
                                 MODELS / name / "test.npz", *options)
        return np.load(output / "predicted.npy"), json.loads((output / "report.json").read_text())

    def check(self, name, samples):
        test = np.load(MODELS / name / "test.npz")
        for arrival in ("alone", "stream"):
            predicted, report = self.run_model(name, f"--encoder.arrival={arrival}")
            expected = test["predicted"].reshape(-1)
            asked = expected >= 0
            self.assertEqual(len(test["x"]), samples)
            np.testing.assert_array_equal(predicted[asked], expected[asked])
            prediction = report["prediction"]
            self.assertAlmostEqual(prediction["accuracy"], prediction["accuracy_in_training"], 12)

    def test_digits_agree_with_training_on_every_image(self):
        self.check("digits", 360)

    def test_texts_agree_with_training_on_every_hidden_character(self):
        self.check("text", 39)


if __name__ == "__main__":
    main()
