# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of a top-k counter: the ramp steps of test vectors (docs/vectors.md) go in, the C
library says what has to come out in each cycle (docs/c-library.md). `run` beside this file builds
and starts them.

VECTORS: a directory of vectors of block topk; TOPKIMA_ARITH: the library.
"""

import os
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge
from reference import Arith, Topk
from topkima.vectors import Vectors, elements

VECTORS = Vectors(Path(os.environ["VECTORS"]))
ARITH = Arith(os.environ["TOPKIMA_ARITH"])
COLUMNS, BITS = VECTORS.parameters["COLUMNS"], VECTORS.parameters["CODE_BITS"]
COLUMN_BITS = max((COLUMNS - 1).bit_length(), 1)
INPUTS = ("step_first", "step_last", "step_code", "crossing", "k", "stop_when_exhausted",
          "participants", "reach")


def conversions():
    """Of the vectors: lists of (stimulus, expected), one for each ramp step."""
    steps = []
    for _, given, expected in VECTORS.transactions():
        if given["step_first"] and steps:
            yield steps
            steps = []
        steps.append((given, expected))
    yield steps


async def restart(dut):
    dut.rst.value = 1
    for _ in range(2):
        await RisingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    dut.step_valid.value = 0
    dut.grant_ready.value = 0


async def outputs(dut):
    """When they have followed the inputs, in the middle of a cycle. int() refuses X and Z."""
    await ReadOnly()
    return {pin: int(getattr(dut, pin).value) for pin in ("grant_valid", "step_ready", "stop")}


def offer(dut, given):
    dut.step_valid.value = 1
    for pin in INPUTS:
        getattr(dut, pin).value = given[pin]


async def serve_step(dut, topk, given, stall):
    """A step from its first cycle to its last; returns the columns that were granted."""
    granted = []
    topk.step([column for column in range(COLUMNS) if given["crossing"] >> column & 1])
    offer(dut, given)
    done = False
    while not done:
        due = topk.clock()
        ready = False
        while not ready:    # grants are held back for as long as it takes
            ready = random.random() >= stall
            dut.grant_ready.value = ready
            seen = await outputs(dut)
            assert seen["grant_valid"] == len(due.columns)
            assert seen["stop"] == (due.stop and ready)
            assert seen["step_ready"] == (due.step_done and (ready or not due.columns))
            if due.columns:
                assert int(dut.grant_column.value) == due.columns[0]
                assert int(dut.grant_code.value) == given["step_code"]
                assert int(dut.count.value) == due.count
            await FallingEdge(dut.clk)
            ready = ready or not due.columns
        granted += due.columns
        done = due.step_done
    dut.step_valid.value = 0
    return granted


async def convert(dut, topk, steps, stall):
    first, _ = steps[0]
    topk.begin(columns=COLUMNS, participants=first["participants"], bits=BITS, k=first["k"],
               stop_when_exhausted=first["stop_when_exhausted"], reach=first["reach"])
    for given, expected in steps:
        granted = await serve_step(dut, topk, given, stall)
        assert granted == elements(expected["grant_column"], COLUMN_BITS, expected["grants"])


async def start(dut):
    Clock(dut.clk, 10, unit="ns").start()
    random.seed(1)
    await restart(dut)
    return Topk(ARITH)


@cocotb.test()
async def conversions_without_stalls(dut):
    topk = await start(dut)
    for steps in conversions():
        await convert(dut, topk, steps, stall=0)


@cocotb.test()
async def conversions_with_stalls(dut):
    topk = await start(dut)
    for steps in conversions():
        await convert(dut, topk, steps, stall=0.4)


@cocotb.test()
async def conversions_behind_a_reset_at_work(dut):
    topk = await start(dut)
    for steps in conversions():
        offer(dut, random.choice(steps)[0])
        for _ in range(random.randint(1, 4)):
            await FallingEdge(dut.clk)
        await restart(dut)
        await convert(dut, topk, steps, stall=0)
