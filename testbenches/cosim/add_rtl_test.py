#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What topkima_add_rtl takes and refuses, in a stranger's project of RTL alone.

TOPKIMA_BUILD: where the build is; TOPKIMA_CXX, TOPKIMA_LAUNCHER: its compiler.
"""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

from topkima import places, rtl
from topkima.coverage import merged
from topkima.coverage.merge import read_points
from topkima.coverage.page import source_of
from topkima.errors import DataError
from topkima.vcd import Dump

BUILD = Path(os.environ["TOPKIMA_BUILD"])
ROOM = BUILD / "add_rtl"
HERE = Path(__file__).resolve().parent / "rtl"
MODULES = rtl.table().modules
RAMP = MODULES["ramp_controller"].file.read_text()
COUNTER = (HERE / "tree_arbiter.sv").read_text()
RAMP_MACHINE = ("--attention.heads=1", "--attention.tokens=16", "--ima.bits=4", "--topk.k=3")

CONFIGURED = f"""\
cmake_minimum_required(VERSION 3.24)
project(stranger LANGUAGES CXX)
set(TOPKIMA_RTL_REGISTERED ${{PROJECT_BINARY_DIR}}/registered_rtl.json)
include("{BUILD}/RtlAlone.cmake")
function(add_ramp name)
  topkima_add_rtl(NAME ${{name}} BLOCK ramp OPTIMIZE 0 PARAMETERS CODE_BITS=4 ${{ARGN}})
endfunction()
function(add_counter name)
  topkima_add_rtl(NAME ${{name}} BLOCK topk OPTIMIZE 0 PARAMETERS COLUMNS=16 CODE_BITS=4 ${{ARGN}})
endfunction()
add_ramp(parts TOP parts SOURCES parts_pkg.sv parts.sv INCLUDE_DIRS include DEFINES FALL=1
  FILE_LIST parts.f VERILATOR_ARGS +define+RISE=1)
add_ramp(vhdl LANGUAGE VHDL TOP vhdl_ramp SOURCES "{HERE}/ramp.vhd")
add_ramp(asserted ASSERTIONS TOP asserted SOURCES asserted.sv)
add_ramp(dishonest ASSERTIONS TOP dishonest SOURCES dishonest.sv)
add_ramp(bound TOP ramp_controller TWINS ramp BIND five.sv)
add_ramp(checked TOP ramp_controller TWINS ramp BIND down.sv)
add_ramp(broken TOP broken SOURCES broken.sv)
add_ramp(reversed TOP reversed SOURCES reversed.sv)
add_ramp(latch TOP latch SOURCES latch.sv)
add_counter(tree TOP tree_arbiter SOURCES "{HERE}/tree_arbiter.sv")
add_counter(split TOP tree_arbiter SOURCES split.vlt "{HERE}/tree_arbiter.sv")
add_counter(narrow TOP narrow SOURCES narrow.sv)
add_counter(other_pins TOP other_pins SOURCES other_pins.sv)
"""


def named(text: str, module: str, name: str, *changes) -> str:
    """A module under another name, changed."""
    for old, new in ((f"module {module}", f"module {name}"), *changes):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def ramp(name: str, *changes) -> str:
    return named(RAMP, "ramp_controller", name, *changes)


def counter(name: str, *changes) -> str:
    return named(COUNTER, "tree_arbiter", name, *changes)


FILES = {
    "parts_pkg.sv": "package parts_pkg;\n  localparam int FALL = 1;\nendpackage\n",
    # Each of them has a part in the ramp's fall by one code.
    "parts.sv": ramp("parts",
                     ("HIGHEST : step_code - 1'b1;",
                      "HIGHEST : step_code - fall;"),
                     ("  logic idle;\n",
                      "  logic idle;\n  wire [CODE_BITS-1:0] fall;\n"
                      "  falls #(CODE_BITS) part (.fall);\n"
                      '`include "part.svh"\n')),
    "include/part.svh": "  if (`FALL != parts_pkg::FALL || `RISE != 1) $error(\"macros\");\n",
    "deep/falls.sv": "module falls #(parameter int BITS) (output logic [BITS-1:0] fall);\n"
                     "  assign fall = BITS'(`STEP);\nendmodule\n",
    "parts.f": "+define+STEP=1\n-y deep\n",
    "asserted.sv": ramp("asserted", ("`ifdef TOPKIMA_ASSERT\n",
                                     "`ifdef TOPKIMA_ASSERT\n  assert property "
                                     "(@(posedge clk) !(step_valid && step_code == 5))"
                                     ' else $error("code 5");\n')),
    # It breaks a promise that the twin's own assertions hold it to.
    "dishonest.sv": ramp("dishonest", ("HIGHEST : step_code - 1'b1;",
                                       "HIGHEST : step_code - (step_code == 5 ? 2'd2 : 1'b1);")),
    "five.sv": "module never_five #(parameter int BITS) (input logic clk, step_valid,\n"
               "    input logic signed [BITS-1:0] step_code);\n"
               "  not_five: assert property (@(posedge clk) !(step_valid && step_code == 5))\n"
               '    else $error("code 5 is on offer");\nendmodule\n'
               "bind ramp_controller never_five #(CODE_BITS) checker_five (.*);\n",
    "down.sv": "module goes_down (input logic clk, rst, step_valid, step_ready, stop, step_last);\n"
               "  goes_on: assert property (@(posedge clk) disable iff (rst)\n"
               "    step_valid && step_ready && !stop && !step_last |=> step_valid);\n"
               "  steps: cover property (@(posedge clk) step_ready);\n"
               "  never: cover property (@(posedge clk) rst && step_ready);\nendmodule\n"
               "bind ramp_controller goes_down checker_down (.*);\n",
    "broken.sv": ramp("broken", ("  logic idle;\n", "  logic idle;\n  wire a = b.none_such;\n")),
    "reversed.sv": ramp("reversed", ("output logic                 step_last",
                                     "input  logic                 step_last"),
                        ("  assign step_last = step_valid && step_code == LOWEST;\n", "")),
    "latch.sv": ramp("latch", ("  assign start_ready = idle;\n",
                               "  always_comb if (start) start_ready = idle;\n")),
    "split.vlt": '`verilator_config\nsplit_var -module "tree_arbiter" -var "any"\n'
                 'split_var -module "tree_arbiter" -var "lowest"\n',
    "narrow.sv": counter("narrow", ("logic [COUNT_BITS-1:0]  k,", "logic [COUNT_BITS-2:0]  k,"),
                         ("count == k ", "count == COUNT_BITS'(k) ")),
    "other_pins.sv": counter("other_pins", ("  input  logic                   step_first,\n",
                                            "  input  logic                   step_1st,\n"),
                             ("step_first && !resumed", "step_1st && !resumed")),
}


def run(*command, expected=0, **options):
    done = subprocess.run(list(map(str, command)), check=False, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if (done.returncode == 0) != (expected == 0):
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                             f"{done.stdout}")
    return done.stdout


class AddRtl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(ROOM, ignore_errors=True)
        for name, text in FILES.items():
            (ROOM / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOM / name).write_text(text)
        lists = CONFIGURED
        if shutil.which("yosys"):
            lists += "add_ramp(netlist NETLIST TOP ramp_controller SOURCES netlist.v)\n"
            run("yosys", "-q", "-p", f"read_verilog -sv {MODULES['ramp_controller'].file}; "
                "chparam -set CODE_BITS 4 ramp_controller; synth -flatten -top ramp_controller; "
                f"write_verilog -noexpr -noattr {ROOM / 'netlist.v'}")
        (ROOM / "CMakeLists.txt").write_text(lists)
        run("cmake", "-S", ROOM, "-B", ROOM / "build", "-G", "Ninja",
            f"-DCMAKE_CXX_COMPILER={os.environ['TOPKIMA_CXX']}",
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={os.environ['TOPKIMA_LAUNCHER']}")

    def build(self, target, expected=0):
        said = run("cmake", "--build", ROOM / "build", "--target", target, expected=expected)
        return " ".join(said.split())

    def simulate(self, block, name, *more, expected=0, **options):
        return run(places.tool("topkima-macro"), *RAMP_MACHINE, f"--model.{block}={name}",
                   f"--cosim.directory={ROOM}/build/rtl", "--quiet", "--output", ROOM / "out",
                   *more, expected=expected, **options)

    def shadowed(self, block, name):
        """It is built, and agrees with the model."""
        self.build(f"rtl_{block}_{name}")
        self.simulate(block, f"shadow:{name}")

    def seen_within(self, name, signal):
        """The values that a signal within a ramp takes in a run."""
        wave = ROOM / f"{name}.vcd"
        self.simulate("ramp", f"shadow:{name}", f"--wave={wave}", f"--cosim.inner=*.rtl.{signal}")
        return {value for _, value in
                Dump(wave).signals[f"macro.head0.ramp0.rtl.{signal}"]} - {None}

    def refused(self, block, name, *words):
        said = self.build(f"rtl_{block}_{name}", expected=1)
        for word in words:
            self.assertIn(word, said)

    def test_packages_includes_macros_and_lists_of_files(self):
        self.shadowed("ramp", "parts")

    def test_vhdl(self):
        if not shutil.which("ghdl"):
            self.refused("ramp", "vhdl", "it is VHDL, which needs ghdl: install Debian's")
            self.skipTest("ghdl is not installed")
        self.shadowed("ramp", "vhdl")
        self.assertGreater(len(self.seen_within("vhdl", "code")), 3)

    def test_a_netlist(self):
        if not shutil.which("yosys"):
            self.skipTest("yosys is not installed")
        self.assertRegex((ROOM / "netlist.v").read_text(), r"\\\$_\w+_ ")
        self.shadowed("ramp", "netlist")
        self.assertEqual(self.seen_within("netlist", "idle"), {0, 1})

    def test_an_assertion_that_fails_ends_the_run(self):
        self.build("rtl_ramp_asserted")
        self.failed_assertion(self.simulate("ramp", "asserted", expected=4), "asserted", "code 5")
        # Beside a model, too; and the twins have some of their own.
        self.failed_assertion(self.simulate("ramp", "shadow:asserted", expected=4), "asserted",
                              "code 5")
        self.build("rtl_ramp_dishonest")
        self.failed_assertion(self.simulate("ramp", "dishonest", expected=4), "dishonest", "")

    def failed_assertion(self, said, name, what):
        """The line names instance, which may be a copy, assertion, place, row and cycle."""
        self.assertRegex(said, rf"\Atopkima-macro: head0_ramp0_rtl(_zeros|_ones)?, RTL {name}: "
                         rf"fails assertion .*{what}.* \([\w.]+\.sv:\d+\) where it must hold "
                         r"\(row 0, cycle \d+ \([\d.]+ us\)\)\n\Z")

    def test_a_bind_file_checks_rtl_in_the_machine(self):
        self.build("rtl_ramp_bound")
        said = self.simulate("ramp", "bound", expected=4)
        self.failed_assertion(said, "bound", "checker_five.not_five: code 5 is on offer")
        self.shadowed("ramp", "checked")

    def cover(self, name, directory, expected=0):
        return self.simulate("ramp", f"shadow:{name}", "--cosim.coverage", ROOM / directory,
                             expected=expected)

    def test_coverage_of_lines_and_signals(self):
        shutil.rmtree(ROOM / "counted", ignore_errors=True)
        shutil.rmtree(ROOM / "build" / "rtl" / "ramp" / "checked" / "coverage", ignore_errors=True)
        self.build("rtl_ramp_checked")
        self.assertIn("scripts/setup rtl_coverage_ramp_checked builds what does",
                      self.cover("checked", "uncounted"))
        self.build("rtl_coverage_ramp_checked")
        self.assertNotIn("builds what does", self.cover("checked", "counted"))
        covered = merged([ROOM / "counted"]).rtl["ramp", "checked"]
        times = {}
        for point in covered.points.values():
            times.setdefault((point.kind, point.what), []).append(point.times)
        # Signals count from the reset's end on, lines from the beginning.
        self.assertEqual(set(times["signals", "rst"]), {0})
        self.assertGreater(times["signals", "step_code[0]"][0], 0)
        self.assertEqual([count > 0 for what in ("steps", "never") for count in
                          times["covers", what]], [True, False])
        reset = RAMP.split("\n").index("    if (rst) begin") + 2
        self.assertTrue(any(point.times > 0 for point in covered.of("lines")["ramp_controller"]
                            if reset in point.lines))
        self.assertNotIn("topkima_shell", {point.module for point in covered.points.values()})
        self.counts_are_verilators()

    def counts_are_verilators(self):
        """Its own tool reads the same."""
        path, = (ROOM / "counted").glob("run-*/*.dat")
        run("verilator_coverage", "--write", ROOM / "rewritten.dat", path)
        ours, its = ({(p.kind, p.file, p.line, p.what): p.times for p in read_points(each)}
                     for each in (path, ROOM / "rewritten.dat"))
        self.assertEqual(ours, its)

    def test_counts_of_other_sources_do_not_mix(self):
        source = ROOM / "parts.sv"
        self.addCleanup(source.write_text, source.read_text())
        for directory in ("old", "new"):
            shutil.rmtree(ROOM / directory, ignore_errors=True)
        for target in ("rtl_ramp_parts", "rtl_coverage_ramp_parts"):
            self.build(target)
        self.cover("parts", "old")
        source.write_text(source.read_text() + "// edited\n")
        self.build("rtl_ramp_parts")
        said = self.cover("parts", "new", expected=2)
        self.assertRegex(said, r"was built of sources \w{12}, CODE_BITS_4\.so of \w{12}; "
                               r"scripts/setup rtl_coverage_ramp_parts builds it anew\n\Z")
        self.build("rtl_coverage_ramp_parts")
        self.cover("parts", "new")
        with self.assertRaisesRegex(DataError, r"ramp parts was of sources \w{12} in run-\w+ and "
                                               r"\w{12} in run-\w+; expected runs of one RTL"):
            merged([ROOM / "old", ROOM / "new"])
        # What is shown is what was compiled, or nothing.
        covered = merged([ROOM / "old"]).rtl["ramp", "parts"]
        self.assertIsNone(source_of(covered, "parts.sv"))
        covered = merged([ROOM / "new"]).rtl["ramp", "parts"]
        self.assertEqual(source_of(covered, "parts.sv"), source.read_text())

    def test_what_does_not_compile_fails_alone(self):
        self.refused("ramp", "broken", "none_such", "Verilator does not take its sources")

    def test_a_tree_that_verilator_may_compute_wrongly_is_refused_with_advice(self):
        self.refused("topk", "tree", "UNOPTFLAT at", "tree_arbiter.sv", "split_var")
        self.shadowed("topk", "split")

    def test_a_latch_is_refused_with_advice(self):
        self.refused("ramp", "latch", "LATCH at", "assign in every branch")

    def test_pins_of_another_width_or_direction_or_name_are_refused(self):
        self.refused("topk", "narrow", "pin k has 4 bits; expected 5 (docs/pins/topk.md)")
        self.refused("topk", "other_pins", "there is no pin step_first")
        self.refused("ramp", "reversed", "pin step_last is an input; expected an output")


class Arguments(unittest.TestCase):
    def configured(self, arguments):
        """What configuring such a call says, which must fail."""
        place = ROOM / "arguments"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "a.sv").write_text("module a; endmodule\n")
        (place / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.24)\nproject(none LANGUAGES NONE)\n"
            f'include("{places.HOME}/cmake/AddRtl.cmake")\ntopkima_add_rtl({arguments})\n')
        said = run("cmake", "-S", place, "-B", place / "build", expected=1)
        return " ".join(said.split())

    def test_what_is_wrong_is_said(self):
        for arguments, words in (
                ("NAME a BLOCK topk TOP a", "SOURCES is missing"),
                ("NAME a BLOCK topk TOP a SOURCES b.sv", "there is no file"),
                ("NAME a BLOCK topk TOP a SOURCES a.sv FILE_LIST b.f", "there is no file"),
                ("NAME a BLOCK topk TOP a SOURCES a.sv BIND b.sv", "there is no file"),
                ("NAME a BLOCK topk TOP a SOURCES a.sv LANGUAGE C", "LANGUAGE C; expected VHDL"),
                ("NAME a BLOCK adder TOP a SOURCES a.sv", "BLOCK adder; expected topk,")):
            with self.subTest(arguments):
                self.assertIn(words, self.configured(arguments))


if __name__ == "__main__":
    unittest.main()
