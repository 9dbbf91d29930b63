# SPDX-License-Identifier: Apache-2.0
"""What strangers get (docs/embedding.md): tools, data and package of an installed prefix, projects
that use its libraries, projects that have the source tree inside, and the SystemC that is found."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["TOPKIMA_BUILD"])
HAS_RTL = os.environ["TOPKIMA_HAS_RTL"] in ("1", "TRUE")
ROOM = BUILD / "embedding"
PREFIX = ROOM / "prefix"
# What nobody needs who uses a library.
TOOLS_OF_OURS = ("verilator", "python", "catch2", "benchmark")
# What a block that needs SystemC alone does not look for.
OF_OTHERS = ("dnnl", "boost", "openmp", "zip", "nlohmann", "random123")
COUNTED = """column 4, code 11
column 1, code 9
column 3, code 9
7 ramp steps, 8 cycles
"""


def run(*command, expected=0, **options):
    done = subprocess.run(list(map(str, command)), check=False, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if (done.returncode == 0) != (expected == 0):
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                             f"{done.stdout}")
    return done.stdout


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def plain(text: str) -> str:
    """CMake breaks lines of messages where it likes."""
    return " ".join(text.split())


class Project:
    """A stranger's, in a folder of its own."""

    def __init__(self, name: str, files: dict, *options):
        self.folder = ROOM / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for file, text in files.items():
            (self.folder / file).write_text(text, encoding="utf-8")
        self.options = options

    def configure(self, *options, **more) -> str:
        return plain(run("cmake", "-S", self.folder, "-B", self.folder / "build", "-G", "Ninja",
                         f"-DCMAKE_CXX_COMPILER={os.environ['TOPKIMA_CXX']}",
                         f"-DCMAKE_CXX_COMPILER_LAUNCHER={os.environ['TOPKIMA_LAUNCHER']}",
                         *self.options, *options, **more))

    def build(self, target: str) -> Path:
        run("cmake", "--build", self.folder / "build", "--target", target, "-j", 2)
        return self.folder / "build" / target

    def looked_for(self) -> str:
        """Names and values of what it keeps from configuring, in small letters, but its own."""
        text = (self.folder / "build" / "CMakeCache.txt").read_text(encoding="utf-8")
        ours = r"(?m)^(//.*|CMAKE_.*|topkima_DIR.*|.*(SOURCE|BINARY)_DIR.*)$"
        return re.sub(ours, "", text).lower()


def example(name: str) -> dict:
    return {file.name: file.read_text(encoding="utf-8")
            for file in (SOURCE / "examples" / name).iterdir()}


def lists(body: str) -> dict:
    """A project of a CMakeLists.txt alone."""
    return {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n"
                              f"project(stranger LANGUAGES CXX)\n{body}\n"}


IN_PREFIX = f"-DCMAKE_PREFIX_PATH={PREFIX}"


class Prefix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(PREFIX, ignore_errors=True)
        run("cmake", "--install", BUILD, "--prefix", PREFIX)

    def setUp(self):
        self.room = Path(tempfile.mkdtemp(prefix="topkima_embedding_"))
        self.addCleanup(shutil.rmtree, self.room)

    def tool(self, name: str, *arguments) -> str:
        """By its name alone, as who has the prefix on the PATH, in an empty folder."""
        path = f"{PREFIX / 'bin'}:/usr/bin:/bin"
        return run(PREFIX / "bin" / name, *arguments, cwd=self.room,
                   env={"PATH": path, "HOME": str(self.room)})

    def test_a_stranger_uses_one_block_and_needs_systemc_alone(self):
        project = Project("one_block", example("one_block"), IN_PREFIX)
        project.configure()
        for name in TOOLS_OF_OURS + OF_OTHERS:
            self.assertNotIn(name, project.looked_for())
        quiet = {**os.environ, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1"}
        self.assertEqual(run(project.build("one_block"), env=quiet), COUNTED)

    def test_a_stranger_has_the_whole_soc_in_a_platform(self):
        project = Project("own_platform", example("own_platform"), IN_PREFIX)
        project.configure()
        for name in TOOLS_OF_OURS:
            self.assertNotIn(name, project.looked_for())
        said = run(project.build("own_platform"))
        self.tool("topkima-soc", "--attention.heads=2", "--attention.tokens=32",
                  "--attention.d_model=64", "--quiet", "--output", "out")
        report = json.loads((self.room / "out" / "report.json").read_text(encoding="utf-8"))
        cycles = report["totals"]["latency_cycles"]
        self.assertIn("interrupt, STATUS 2\n", said)
        self.assertIn(f"latency {cycles} cycles", said)

    def test_all_libraries_are_there_by_their_names(self):
        project = Project("all", lists(
            "find_package(topkima 0.2 REQUIRED)\n"
            "foreach(name arith arith_c axi topk softmax ima crossbar pipeline memory former_soc)\n"
            "  if(NOT TARGET topkima::${name})\n    message(FATAL_ERROR ${name})\n  endif()\n"
            "endforeach()"), IN_PREFIX)
        project.configure()

    def test_the_arithmetic_needs_nothing(self):
        files = lists("find_package(topkima REQUIRED COMPONENTS arith)\n"
                      "add_executable(bits main.cpp)\n"
                      "target_link_libraries(bits PRIVATE topkima::arith)")
        files["main.cpp"] = ('#include "arith/bit_serial.h"\n'
                             "int main() { return topkima::arith::lossless_adc_bits(256, 1) - 9; }")
        project = Project("arith", files, IN_PREFIX)
        project.configure()
        for name in (*TOOLS_OF_OURS, *OF_OTHERS, "systemc"):
            self.assertNotIn(name, project.looked_for())
        run(project.build("bits"))

    def test_what_is_missing_is_said(self):
        for components, option, words in (
                ("COMPONENTS topk no_such", "", "it has no library no_such"),
                ("COMPONENTS config", "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON",
                 "config: Boost.Program_options not found: install Debian's"),
                ("", "-DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON",
                 "names them: find_package(topkima COMPONENTS topk softmax)")):
            with self.subTest(components):
                project = Project("missing", lists(f"find_package(topkima REQUIRED {components})"),
                                  IN_PREFIX, *filter(None, [option]))
                self.assertIn(words, project.configure(expected=1))

    def test_a_project_of_another_standard_is_warned(self):
        project = Project("standard", lists("set(CMAKE_CXX_STANDARD 11)\n"
                                            "find_package(topkima REQUIRED COMPONENTS topk)"),
                          IN_PREFIX)
        self.assertIn("CMAKE_CXX_STANDARD is 11, and topkima and its SystemC were built as C++17",
                      project.configure())

    def test_headers_include_what_is_installed(self):
        include = PREFIX / "include" / "topkima"
        headers = sorted(include.glob("*/*.h"))
        self.assertGreater(len(headers), 100)
        for header in headers:
            for name in re.findall(r'#include "([^"]+)"', header.read_text(encoding="utf-8")):
                self.assertTrue((include / name).exists(), f"{header} includes {name}")

    def test_the_tools_find_data_and_rtl(self):
        self.tool("topkima-macro", "--attention.heads=1", "--quiet", "--output", "macro")
        self.tool("topkima-soc", "--input", "workloads/digits", "--quiet", "--output", "digits")
        self.tool("topkima-soc", "--model", "models/digits", "--input", "models/digits/test.npz",
                  "--encoder.samples=1", "--quiet", "--output", "model")
        if HAS_RTL:
            self.tool("topkima-soc", "--input", "workloads/digits", "--model.topk=shadow",
                      "--model.softmax=shadow", "--quiet", "--output", "rtl")

    @unittest.skipUnless(HAS_RTL, "needs Verilator")
    def test_a_stranger_adds_rtl_and_what_does_not_compile_fails_alone(self):
        project = Project("own_rtl", lists(
            "find_package(topkima REQUIRED COMPONENTS pins)\n"
            "topkima_add_rtl(NAME mine BLOCK topk TOP topk_counter TWINS topk\n"
            "                PARAMETERS COLUMNS=16 CODE_BITS=4)\n"
            "topkima_add_rtl(NAME broken BLOCK topk TOP broken SOURCES broken.sv\n"
            "                PARAMETERS COLUMNS=16 CODE_BITS=4)\n")
            | {"broken.sv": "module broken;\n  wire [3:0] a = none_such;\nendmodule\n"}, IN_PREFIX)
        project.configure()
        project.build("rtl_topk_mine")
        said = run("cmake", "--build", project.folder / "build", "--target", "rtl_topk_broken",
                   expected=1)
        self.assertIn("none_such", said)
        self.tool("topkima-macro", "--attention.heads=1", "--attention.tokens=16", "--ima.bits=4",
                  "--model.topk=shadow:mine", f"--cosim.directory={project.folder}/build/rtl",
                  "--quiet", "--output", "mine")

    @unittest.skipUnless(HAS_RTL, "needs Verilator")
    def test_a_stranger_adds_a_kind_of_block(self):
        project = Project("own_block", example("own_block"), IN_PREFIX)
        project.configure()
        project.build("rtl_shifter_serial")
        program = project.build("own_block")
        compared, latency = re.fullmatch(r"compared (\d+) rows, latency (\d+) cycles",
                                         last_line(run(program))).groups()
        self.assertGreater(int(compared), 20)
        self.assertEqual(last_line(run(program, "rtl")),
                         f"compared 0 rows, latency {latency} cycles")
        source = project.folder / "serial_shifter.sv"
        right = source.read_text(encoding="utf-8")
        source.write_text(right.replace("OUT_BITS'(1)", "'0"), encoding="utf-8")
        project.build("rtl_shifter_serial")
        self.assertIn("head0.shifter", run(program, expected=4))
        source.write_text(right.replace("[WINNERS*SHIFTED_BITS-1:0] out_code",
                                        "[WINNERS*CODE_BITS-1:0] out_code"), encoding="utf-8")
        self.assertIn("pin out_code has 40 bits; expected 56 (shifter_pins.json)",
                      plain(run("cmake", "--build", project.folder / "build", "--target",
                                "rtl_shifter_serial", expected=1)))

    def test_a_kind_of_block_needs_no_verilator_until_it_has_rtl(self):
        files = example("own_block")
        lines = files["CMakeLists.txt"]
        files["CMakeLists.txt"] = re.sub(r"topkima_add_rtl\(.*?\)\n", "", lines, flags=re.DOTALL)
        project = Project("own_block_alone", files, IN_PREFIX)
        project.configure()
        for name in TOOLS_OF_OURS:
            self.assertNotIn(name, project.looked_for())

    def test_what_is_wrong_with_a_kind_of_block_is_said(self):
        pins = example("own_block")["shifter_pins.json"]
        for text, call, words in (
                (pins, "NAME shifter", "PINS is missing"),
                (pins, "NAME shifter PINS none.json", "there is no file"),
                (pins, "NAME Shifter PINS pins.json", "expected small letters"),
                (pins, "NAME other PINS pins.json", "no pins of a block other"),
                (pins.replace('"SHIFT", ', '"SUB_K", '), "NAME shifter PINS pins.json",
                 "entry 0 of quantities needs a name that nothing else has; it has SUB_K"),
                ("{", "NAME shifter PINS pins.json", "pins.json")):
            with self.subTest(call=call, words=words):
                project = Project("wrong_block", lists(
                    "find_package(topkima REQUIRED COMPONENTS pins)\n"
                    f"topkima_add_block({call})") | {"pins.json": text}, IN_PREFIX)
                self.assertIn(words, project.configure(expected=1))

    def test_the_commands_find_the_package_and_its_tools(self):
        (self.room / "study.toml").write_text(
            'minimize = ["latency_us"]\n[[workload]]\ninput = "workloads/digits"\n'
            '[parameters]\n"topk.k" = [5]\n', encoding="utf-8")
        self.tool("topkima-explore", "run", "study.toml", "--quiet", "--workers", 1)
        self.assertTrue((self.room / "results" / "study" / "report.html").is_file())
        studies = sorted((PREFIX / "share" / "topkima" / "studies").glob("*.toml"))
        self.assertGreater(len(studies), 3)
        run("/usr/bin/python3", "-c", "import sys, topkima\n"
            "for study in sys.argv[1:]: topkima.Study(study)", *studies, cwd=self.room,
            env={"PYTHONPATH": str(PREFIX / "lib" / "python3" / "dist-packages"),
                 "PATH": "/usr/bin:/bin"})
        names = {script.name for script in (PREFIX / "bin").iterdir()}
        self.assertLessEqual({"topkima-soc", "topkima-macro", "topkima-explore", "topkima-row",
                              "topkima-wave2png"}, names)

    def test_the_c_library_is_installed_alone_on_request(self):
        run("cmake", "--install", BUILD, "--prefix", self.room, "--component", "arith_c")
        files = sorted(str(path.relative_to(self.room)) for path in self.room.rglob("*")
                       if not path.is_dir())
        self.assertTrue(all(re.fullmatch(r"lib/([^/]+/)?libtopkima_arith\.so[.\d]*|"
                                         r"include/topkima_arith\.h", file) for file in files),
                        files)
        self.assertEqual(len(files), 4)


class SourceTree(unittest.TestCase):
    INSIDE = f'add_subdirectory("{SOURCE}" topkima EXCLUDE_FROM_ALL)\n'

    def test_a_project_has_the_source_tree_inside(self):
        files = example("one_block")
        files["CMakeLists.txt"] = lists(
            self.INSIDE + "foreach(leak CXX_STANDARD BUILD_TYPE CXX_FLAGS_RELEASE MODULE_PATH)\n"
            '  message(STATUS "${leak}=\'${CMAKE_${leak}}\'")\nendforeach()\n'
            "get_directory_property(options COMPILE_OPTIONS)\n"
            "get_directory_property(definitions COMPILE_DEFINITIONS)\n"
            'message(STATUS "on the folder=\'${options}${definitions}\'")\n'
            "add_executable(one_block main.cpp)\n"
            "target_link_libraries(one_block PRIVATE topkima::topk topkima::axi)"
        )["CMakeLists.txt"]
        project = Project("inside", files)
        said = project.configure()
        for unset in ("CXX_STANDARD", "BUILD_TYPE", "MODULE_PATH", "on the folder"):
            self.assertIn(f"{unset}=''", said)
        for name in TOOLS_OF_OURS:
            self.assertNotIn(name, re.sub("topkima_build_.*", "", project.looked_for()))
        quiet = {**os.environ, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1"}
        self.assertEqual(run(project.build("one_block"), env=quiet), COUNTED)

    def test_a_project_fetches_the_source_tree(self):
        project = Project("fetches", lists(
            "include(FetchContent)\n"
            f'FetchContent_Declare(topkima SOURCE_DIR "{SOURCE}")\n'
            "FetchContent_MakeAvailable(topkima)\n"
            "if(NOT TARGET topkima::topk)\n  message(FATAL_ERROR)\nendif()"))
        project.configure()
        options = project.looked_for()
        for name in ("tests", "examples", "rtl"):
            self.assertIn(f"topkima_build_{name}:bool=off", options)

    def other_systemc(self, name: str, version: str) -> Path:
        """A prefix with the CMake package of a SystemC, which is the one that is installed."""
        prefix = ROOM / name
        package = prefix / "lib" / "cmake" / "SystemCLanguage"
        package.mkdir(parents=True, exist_ok=True)
        (package / "SystemCLanguageConfig.cmake").write_text(
            "find_library(OTHER_SYSTEMC systemc)\n"
            "add_library(SystemC::systemc INTERFACE IMPORTED)\n"
            "set_target_properties(SystemC::systemc PROPERTIES INTERFACE_LINK_LIBRARIES "
            "${OTHER_SYSTEMC})\n", encoding="utf-8")
        (package / "SystemCLanguageConfigVersion.cmake").write_text(
            f"set(PACKAGE_VERSION {version})\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n",
            encoding="utf-8")
        return prefix

    def test_the_systemc_of_a_given_prefix_is_taken_and_named(self):
        prefix = self.other_systemc("systemc", "9.8.7")
        project = Project("systemc_found", lists(self.INSIDE), f"-DCMAKE_PREFIX_PATH={prefix}")
        self.assertIn(f"SystemC 9.8.7, C++17: {prefix}/lib/cmake/SystemCLanguage",
                      project.configure())

    def test_another_standard_than_that_of_systemc_is_refused_in_words(self):
        project = Project("systemc_standard", lists(self.INSIDE), "-DTOPKIMA_CXX_STANDARD=20")
        self.assertIn("does not link with C++20 code: it was built for another C++ standard",
                      project.configure(expected=1))

    def test_a_prefix_that_was_built_with_another_systemc_says_so(self):
        run("cmake", "--install", BUILD, "--prefix", PREFIX)
        prefix = self.other_systemc("systemc", "9.8.7")
        project = Project("systemc_differs",
                          lists("find_package(topkima REQUIRED COMPONENTS topk)"),
                          f"-DCMAKE_PREFIX_PATH={prefix};{PREFIX}")
        self.assertIn("SystemC 9.8.7", project.configure(expected=1))


if __name__ == "__main__":
    unittest.main()
