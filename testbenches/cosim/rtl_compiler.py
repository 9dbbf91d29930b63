# SPDX-License-Identifier: Apache-2.0
"""Makes loadable libraries of RTL as topkima_add_rtl does (cmake/AddRtl.cmake), but quickly: one
translation unit each, behind a precompiled header, with one copy of Verilator's run time."""

import hashlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class CompilerError(Exception):
    pass


def call(command, where=None):
    done = subprocess.run(command, cwd=where, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise CompilerError(f"{shlex.join(map(str, command))}\n{done.stdout}")
    return done.stdout


class RtlCompiler:
    """Works in the folder `work`, for what lies in the folder `build`; libraries go to its
    rtl/<block>/<name>/, which is for --cosim.directory."""

    def __init__(self, build, work, cxx, verilator):
        self.work, self.cxx, self.verilator = work, cxx, verilator
        self.version = re.match(r"Verilator [0-9.]+", call([verilator, "--version"])).group()
        self.root = call([verilator, "--getenv", "VERILATOR_ROOT"]).strip()
        include = Path(self.root, "include")
        systemc = call(["pkg-config", "--cflags", "--libs", "systemc"]).split()
        self.contract = build / "modules" / "generated"
        self.flags = ["-std=c++17", "-O0", "-fPIC", "-w", "-DVM_SC=1", "-DVM_COVERAGE=0",
                      "-DVM_TRACE=0", "-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL",
                      "-DSC_INCLUDE_DYNAMIC_PROCESSES", f"-I{include}", f"-I{include}/vltstd",
                      f"-I{ROOT}/modules", f"-I{self.contract}",
                      *(word for word in systemc if word.startswith("-I"))]
        self.libraries = [word for word in systemc if not word.startswith("-I")]
        self.sources = [include / "verilated.cpp", include / "verilated_threads.cpp"]

    def prepare(self, pool):
        """Compiles what all libraries share, unless it is there from the last time."""
        headers = [*sorted((ROOT / "modules/cosim").glob("*.h")),
                   self.contract / "cosim" / "pin_contract.h"]
        parts = [self.cxx, self.version, *self.flags, *(each.read_text() for each in headers)]
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
        self.shared = self.work / f"shared-{key}"
        if self.shared.exists():
            return
        making = self.work / "shared"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        (making / "all.h").write_text('#include "verilated.h"\n#include "verilated_sc.h"\n'
                                      '#include "cosim/pin_contract.h"\n')
        jobs = [["-x", "c++-header", "all.h", "-o", "all.h.gch"]]
        jobs += [["-include", "cosim/rtl_print.h", "-c", str(source), "-o", source.stem + ".o"]
                 for source in self.sources]
        list(pool.map(lambda job: call([self.cxx, *self.flags, *job], making), jobs))
        making.rename(self.shared)

    def make(self, block, name, rtl, texts):
        """A library of block `block`, to be picked by `name`. `rtl` has its top and parameters,
        `texts` its files' contents by name."""
        place = self.work / "verilated" / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for file, text in texts.items():
            (place / file).write_text(text)
        described = {"NAME": name, "BLOCK": block, "TOP": rtl.top, "TARGET": "rtl",
                     "SOURCES": ";".join(texts), "PARAMETERS": ";".join(rtl.parameters.split()),
                     "FOLDER": place, "WORK": place, "HOME": ROOT, "VERILATOR": self.verilator,
                     "VERILATOR_ROOT": self.root, "TOOL": self.version,
                     "VERILATOR_ARGS": "--no-trace"}
        (place / "description.cmake").write_text("".join(
            f"set(RTL_{key} [==[{value}]==])\n" for key, value in described.items()))
        call(["cmake", "-DRTL=description.cmake", "-P", f"{ROOT}/cmake/TranslateRtl.cmake"], place)
        call([self.cxx, *self.flags, f"-I{self.shared}", "-Iverilated", "-include", "all.h",
              "-c", "rtl.cpp", "-o", "all.o"], place)
        library = self.work / "rtl" / block / name / "rtl.so"
        library.parent.mkdir(parents=True, exist_ok=True)
        run_time = [str(self.shared / f"{source.stem}.o") for source in self.sources]
        call([self.cxx, "-shared", "all.o", *run_time, *self.libraries, "-o", str(library)], place)
        shutil.rmtree(place)
