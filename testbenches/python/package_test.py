# SPDX-License-Identifier: Apache-2.0
"""The package and the commands that are made of it, where they are installed: plain copies of
folders work, and find tools and data of their prefix."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import topkima
from topkima.commands import COMMANDS
from tool_support import ToolTest, main, tool_path

SOURCE = Path(__file__).resolve().parents[2]
PACKAGE = SOURCE / "python" / "topkima"
PROGRAM = ("import topkima\n"
           "from topkima import places\n"
           "print(topkima.data('workloads', 'digits'), places.tools())\n"
           "print(topkima.run({'topk.k': 2}, input=topkima.data('workloads', 'digits'))"
           ".report['totals']['latency_cycles'])\n")
NOT_COPIED = shutil.ignore_patterns("__pycache__")


def commands() -> dict:
    """The links to scripts/topkima, by name."""
    found = {}
    for folder in ("scripts", "scripts/studies", "docs/pins"):
        for script in (SOURCE / folder).iterdir():
            if script.is_symlink():
                found[script.name] = script
    return found


class Installed(ToolTest):
    def prefix(self, package: str) -> dict:
        """Folders as an installation has them, and the environment of a stranger."""
        prefix = self.room / "prefix"
        (prefix / "bin").mkdir(parents=True)
        for tool in ("soc", "macro"):
            shutil.copy2(tool_path(tool), prefix / "bin" / f"topkima-{tool}")
        shutil.copytree(SOURCE / "data" / "workloads", prefix / "share/topkima/data/workloads")
        shutil.copytree(PACKAGE, prefix / package / "topkima", ignore=NOT_COPIED)
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(prefix / package)}

    def said(self, command: list, environment: dict) -> str:
        done = subprocess.run(command, cwd=self.room, env=environment, capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def latency(self) -> int:
        return topkima.run({"topk.k": 2}, input=topkima.data("workloads", "digits")
                           ).report["totals"]["latency_cycles"]

    def test_finds_tools_and_data_of_its_prefix(self):
        for package in ("lib/python3/dist-packages", "share/topkima/python"):
            with self.subTest(package):
                environment = self.prefix(package)
                prefix = self.room / "prefix"
                self.assertEqual(self.said([sys.executable, "-c", PROGRAM], environment),
                                 f"{prefix}/share/topkima/data/workloads/digits {prefix}/bin\n"
                                 f"{self.latency()}\n")
                shutil.rmtree(prefix)

    def test_a_study_runs_from_a_prefix_by_command_and_by_module(self):
        environment = self.prefix("share/topkima/python") | {"TOPKIMA_CACHE": ""}
        share = self.room / "prefix/share/topkima"
        shutil.copytree(SOURCE / "scripts", share / "scripts", ignore=NOT_COPIED)
        (self.room / "one.toml").write_text(
            'minimize = ["latency_us"]\n[[workload]]\nshape = { heads = 1, tokens = 8, '
            'd_model = 8 }\n[parameters]\ntopk.k = [1]\n', encoding="utf-8")
        study = ["run", "one.toml", "--quiet", "--workers", "1"]
        self.said([share / "scripts" / "explore", *study], {"PATH": environment["PATH"],
                                                            "TOPKIMA_CACHE": ""})
        page = self.room / "results" / "one" / "report.html"    # in the current directory
        self.assertIn("</html>", page.read_text(encoding="utf-8"))
        self.said([sys.executable, "-m", "topkima", "explore", *study, "--output", "other"],
                  environment)

    def test_without_tools_there_is_one_line(self):
        environment = self.prefix("share/topkima/python")
        shutil.rmtree(self.room / "prefix" / "bin")
        program = ("import topkima\ntry:\n    topkima.run()\nexcept topkima.UsageError as error:\n"
                   "    print(error)")
        said = self.said([sys.executable, "-c", program], environment | {"PATH": ""})
        self.assertRegex(said, r"topkima-soc is not there: TOPKIMA_TOOLS names the folder of the "
                               r"tools\n\Z")


class Commands(unittest.TestCase):
    def test_each_is_a_link_to_the_one_launcher(self):
        self.assertEqual(sorted(commands()), sorted(COMMANDS))
        for name, script in commands().items():
            self.assertEqual(script.resolve(), SOURCE / "scripts" / "topkima", name)

    def test_module_names_its_commands(self):
        done = subprocess.run([sys.executable, "-m", "topkima", "nonsense"], text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for name in COMMANDS:
            self.assertIn(name, done.stderr)

    def test_data_that_is_not_there(self):
        with self.assertRaisesRegex(topkima.DataError, "models/none is not there"):
            topkima.data("models", "none")


if __name__ == "__main__":
    main()
