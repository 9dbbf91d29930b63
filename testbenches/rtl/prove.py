#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Proofs that the RTL twins keep the promises of their pins: proofs/<module>_proof.sv has these as
assertions, and as assumptions what the other side promises. yosys makes a circuit of both; abc
proves by property directed reachability that no assertion can fail, ever, or where that does not
end, that none fails in so many cycles. A proof that could not fail would be worth nothing: faults
of testbenches/cosim/mutation_table.py, put into the twin, must be refuted with a counterexample.

Every module of data/rtl/blocks.json has a proof in PROOFS. Without --heavy the quick ones are run,
each with one fault; with it all, with all faults, and with each register that reset forgets.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from topkima import rtl
from topkima.errors import DataError, TopkimaError
from topkima.places import HOME

sys.path.append(str(HOME / "testbenches/cosim"))
from mutation_table import FAULTS  # noqa: E402
from forgotten import UNNEEDED, registers_of  # noqa: E402

HERE = HOME / "testbenches/rtl/proofs"
SKIPPED = 77


@dataclass(frozen=True)
class Proof:
    parameters: str           # of the module with the assertions
    assertion: str = ""       # this one alone, or all but those that a bounded proof has
    cycles: int = 0           # it is bounded to; 0: it is not
    heavy: bool = False
    example: str = ""         # the file of an example that is proved in the twin's place
    zeros: bool = False       # registers start with zeros, and those that stay equal are one


# By module. The first proof of a module is the one that refutes its faults.
PROOFS = {
    "ramp_controller": (Proof("CODE_BITS=5"), Proof("CODE_BITS=1")),
    "topk_counter": (
        Proof("COLUMNS=8 CODE_BITS=5"),
        Proof("COLUMNS=1 CODE_BITS=1"),
        Proof("COLUMNS=16 CODE_BITS=5", heavy=True),
        Proof("COLUMNS=5 CODE_BITS=1 GRANTS=2", heavy=True,
              example="examples/two_grants/two_grant_arbiter.sv")),
    "topk_union": (
        Proof("CROSSBARS=3 SUB_K=2 COLUMN_BITS=2 CODE_BITS=3 TOKEN_BITS=9"),
        Proof("CROSSBARS=1 SUB_K=1 COLUMN_BITS=1 CODE_BITS=1 TOKEN_BITS=1"),
        Proof("CROSSBARS=4 SUB_K=4 COLUMN_BITS=3 CODE_BITS=3 TOKEN_BITS=5", heavy=True)),
    "digital_sorter": (
        Proof("CROSSBARS=1 SUB_K=2 CODE_BITS=2 TOKEN_BITS=2"),
        Proof("CROSSBARS=2 SUB_K=2 CODE_BITS=2 TOKEN_BITS=2"),
        Proof("CROSSBARS=1 SUB_K=3 CODE_BITS=3 TOKEN_BITS=3", heavy=True)),
    "code_latch": (
        Proof("COLUMNS=4 CODE_BITS=5"),
        Proof("COLUMNS=1 CODE_BITS=1"),
        Proof("COLUMNS=16 CODE_BITS=5", heavy=True)),
    "exponent_unit": (
        Proof("WINNERS=2 CODE_BITS=1 TOKEN_BITS=2"),
        Proof("WINNERS=3 CODE_BITS=2 TOKEN_BITS=2", heavy=True)),
    "divider_unit": (
        Proof("WINNERS=2 TOKEN_BITS=2 PROB_BITS=2"),
        Proof("WINNERS=2 TOKEN_BITS=2 PROB_BITS=2 DATA_BITS=3", "rounded", 12),
        Proof("WINNERS=3 TOKEN_BITS=2 PROB_BITS=3", heavy=True),
        Proof("WINNERS=2 TOKEN_BITS=2 PROB_BITS=2 DATA_BITS=16", "rounded", 8, heavy=True),
        Proof("WINNERS=2 TOKEN_BITS=2 PROB_BITS=2 DATA_BITS=8", "rounded", 12, heavy=True)),
    "softmax_unit": (
        Proof("WINNERS=2 CODE_BITS=1 TOKEN_BITS=2 PROB_BITS=1"),
        Proof("WINNERS=2 CODE_BITS=1 TOKEN_BITS=2 PROB_BITS=1 DATA_BITS=4", "rounded", 13),
        Proof("WINNERS=3 CODE_BITS=2 TOKEN_BITS=2 PROB_BITS=3", heavy=True)),
    "shift_add": (
        Proof("ARRAYS=2 SLICES=2 D_K=3 CODE_BITS=2 LANES=2"),
        Proof("ARRAYS=1 SLICES=1 D_K=1 CODE_BITS=1 LANES=1")),
    "controller_registers": (Proof("ADDRESS_BITS=7"),),
    "dma_channel": (
        Proof("ADDRESS_BITS=13 BUS_BYTES=128 ROW_BEATS=2 ROW_BITS=2 PLACES=2", zeros=True),
        Proof("ADDRESS_BITS=13 BUS_BYTES=128 ROW_BEATS=1 ROW_BITS=1 PLACES=1", zeros=True)),
}
# Faults that a proof cannot show: not of a circuit, or of wider ones than are proved.
NO_PROOF = {
    "topk.oscillates": "a combinational loop is not a circuit that abc reads",
    "topk.finishes": "$finish is of the simulator",
    "topk.fatal": "$fatal is of the simulator",
    "softmax.bits_reversed": "yosys does not read the streaming operator",
    "softmax.distance_short": "of codes with more than 2 bits",
    "registers.banks_wrong": "of a word that stands for no others there",
    "union.fourth_first_column": "of a fourth crossbar; faults are looked for with three",
}


class ProofError(Exception):
    pass


def call(command, where):
    done = subprocess.run(command, cwd=where, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise ProofError(f"{command[0]}: {done.stdout.strip()}")
    return done.stdout


def assertions(module):
    text = (HERE / f"{module}_proof.sv").read_text(encoding="utf-8")
    return re.findall(r"^ +(\w+):\s+assert ", text, re.MULTILINE)


def bounded(module):
    return {proof.assertion for proof in PROOFS[module] if proof.cycles}


def circuit(module, proof, texts, where):
    """An AIGER file of the module, with its assertions and assumptions."""
    for name, text in texts.items():
        (where / name).write_text(text, encoding="utf-8")
    values = " ".join(f"-chparam {value.replace('=', ' ')}" for value in proof.parameters.split())
    unwanted = [name for name in assertions(module)
                if (name != proof.assertion if proof.cycles else name in bounded(module))]
    remove = [f"chformal -assert -remove {' '.join(f'c:{name}' for name in unwanted)}"]
    call(["yosys", "-q", "-p", "; ".join([
        f"read_verilog -sv -formal {' '.join(texts)}",
        f"hierarchy -check -top {module}_proof {values}",
        f"prep -flatten -top {module}_proof", "memory_map", "async2sync", *remove * bool(unwanted),
        "opt_clean", "techmap", "opt -fast", "dffunmap", "simplemap", "abc -g AND -fast",
        "opt_clean", "setundef -anyseq", *["setundef -init -zero"] * proof.zeros,
        "write_aiger -zinit proof.aig"])], where)


def verdict(module, proof, texts):
    """None where it holds, or the cycle in which an assertion fails."""
    with tempfile.TemporaryDirectory() as directory:
        where = Path(directory)
        circuit(module, proof, texts, where)
        engine = (f"bmc3 -F {proof.cycles}" if proof.cycles
                  else "scorr; dc2; pdr" if proof.zeros else "pdr")
        said = call(["yosys-abc", "-c", f"read_aiger proof.aig; fold; {engine}"], where)
    if failed := re.search(r"was asserted in frame (\d+)", said):
        return int(failed[1])
    holds = f"No output asserted in {proof.cycles} frames" if proof.cycles else "Property proved"
    if holds not in said:
        raise ProofError(f"abc does not decide: {said.strip()}")
    return None


def texts_of(module, proof, fault=None):
    """The files of a proof by name, with a fault in one of them."""
    twins = [HOME / proof.example] if proof.example else rtl.table().sources(module)
    texts = {file.name: file.read_text(encoding="utf-8")
             for file in (*twins, HERE / f"{module}_proof.sv")}
    name = f"{module}.sv"
    for old, new in fault.edits if fault else ():
        if texts[name].count(old) != 1:
            raise ProofError(f"{name} has {texts[name].count(old)} times, not once: {old}")
        texts[name] = texts[name].replace(old, new)
    return texts


def full_name(fault):
    return f"{fault.block}.{fault.name}"


def faults_of(module):
    return [fault for fault in FAULTS
            if fault.module == module and full_name(fault) not in NO_PROOF]


def prove(module, proof):
    """A line on a proof, and whether it is as it must be."""
    failed = verdict(module, proof, texts_of(module, proof))
    what = f"{module} {proof.parameters}: "
    if failed is not None:
        return f"{what}FAILS in cycle {failed}", False
    names = [proof.assertion] if proof.cycles else [
        name for name in assertions(module) if name not in bounded(module)]
    bound = f"for {proof.cycles} cycles" if proof.cycles else "without bound"
    return f"{what}{', '.join(names)}: proved {bound}", True


def refute(module, fault):
    """The same on a fault, which the unbounded proof must refute, or else a bounded one."""
    for proof in PROOFS[module]:
        if not proof.heavy:
            failed = verdict(module, proof, texts_of(module, proof, fault))
            if failed is not None:
                return f"{full_name(fault)}: refuted in cycle {failed}", True
    return f"{full_name(fault)}: NOT REFUTED ({fault.wrong})", False


def forget(module, register):
    """The same where reset forgets a register; one that is not needed must be proved so."""
    found = []
    for proof in PROOFS[module]:
        if not proof.heavy:
            texts = {**texts_of(module, proof), f"{module}.sv": register.text}
            found.append(verdict(module, proof, texts))
    if register.name in UNNEEDED:
        good = all(failed is None for failed in found)
        return f"{register.name} without a reset: {'proved' if good else 'FAILS'}", good
    failed = [cycle for cycle in found if cycle is not None]
    return (f"{register.name} without a reset: "
            f"{f'refuted in cycle {failed[0]}' if failed else 'NOT REFUTED'}"), failed != []


def tasks(heavy):
    for module, proofs in PROOFS.items():
        for proof in proofs:
            if heavy or not proof.heavy:
                yield prove, module, proof
        for fault in faults_of(module)[:None if heavy else 1]:
            yield refute, module, fault
        for register in registers_of(rtl.table().modules[module]) if heavy else ():
            yield forget, module, register


def expect_proofs(modules):
    """DataError: a module has no proof, or a fault that is refuted, or a name is unknown."""
    rtl.expect_all("prove.py, PROOFS", PROOFS, modules)
    for module in modules:
        if not (HERE / f"{module}_proof.sv").exists():
            raise DataError(f"{HERE}: nothing for {module}")
        if not faults_of(module):
            raise DataError(f"prove.py: no fault of {module} shows that its proof can fail")
        if unknown := bounded(module) - set(assertions(module)):
            raise DataError(f"prove.py: {module} has no assertion {', '.join(unknown)}")
    if unknown := NO_PROOF.keys() - {full_name(fault) for fault in FAULTS}:
        raise DataError(f"prove.py, NO_PROOF: no fault {', '.join(unknown)}")


def attempt(task):
    do, module, what = task
    try:
        return do(module, what)
    except ProofError as error:
        return f"{module}: {error}", False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--heavy", action="store_true", help="all proofs, with all faults")
    heavy = parser.parse_args().heavy
    if not (shutil.which("yosys") and shutil.which("yosys-abc")):
        print("prove.py: yosys or yosys-abc is not installed")
        return SKIPPED
    try:
        expect_proofs(rtl.table().modules)
    except TopkimaError as error:
        sys.exit(str(error))
    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for line, good in pool.map(attempt, tasks(heavy)):
            print(line, flush=True)
            bad += not good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
