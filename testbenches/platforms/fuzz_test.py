#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged files and random parameters: the tools either work or refuse in one
line, and never crash, hang or leave anything half done.

  fuzz_test.py --macro PATH --soc PATH

TOPKIMA_FUZZ_RUNS multiplies the number of runs, TOPKIMA_FUZZ_SEED picks others.
"""

import os
import re
import resource

import numpy as np

from tool_support import (DATA, FILES, USAGE, ToolTest, everything_in, float_qkv, int8_qkv, main,
                          names_in, projected, write_tensors)

RUNS = int(os.environ.get("TOPKIMA_FUZZ_RUNS", "1"))
SEED = int(os.environ.get("TOPKIMA_FUZZ_SEED", "1"))
HEADER_BYTES = 128
MEMORY_LIMIT = 4 << 30


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def mutate(rng, data, reach):
    """One to four edits in the first `reach` bytes: flipped, replaced, inserted,
    removed, doubled or cut off."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, max(1, min(reach, len(data)))))
        length = int(rng.integers(1, 9))
        kind = rng.choice(["flip", "byte", "text", "insert", "remove", "double", "cut"],
                          p=[0.25, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05])
        if kind == "flip" and data:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == "byte" and data:
            data[at] = int(rng.integers(256))
        elif kind == "text" and data:
            data[at] = int(rng.choice(list(b"0123456789-+.,:'\"()[]{}=#\n\r\t\0 <>|ixfe")))
        elif kind == "insert":
            data[at:at] = rng.integers(0, 256, length).astype(np.uint8).tobytes()
        elif kind == "remove":
            del data[at:at + length]
        elif kind == "double":
            data[at:at] = data[at:at + length]
        elif kind == "cut":
            del data[at:]
    return bytes(data)


class FuzzTest(ToolTest):
    def check(self, tool, what, codes, *arguments):
        """An allowed exit code, and either a whole result or one line and no trace."""
        before = everything_in(self.room)
        done = self.run_tool(tool, *arguments, "--quiet", "--output", "out",
                             preexec_fn=limit_memory)
        with self.subTest(what=what, arguments=arguments):
            self.assertIn(done.returncode, (0, *codes), done.stderr)
            if done.returncode == 0:
                no_power = "--energy.interval_us=0" in arguments
                files = [name for name in FILES if not (no_power and name == "power.csv")]
                self.assertEqual((names_in(self.room / "out"), done.stderr), (files, ""))
            else:
                self.assert_one_line(done.stderr)
                self.assertEqual(everything_in(self.room), before)
        # A failed check may have left anything.
        for path in sorted(self.room.rglob("*"), reverse=True):
            if str(path.relative_to(self.room)) not in before:
                path.rmdir() if path.is_dir() else path.unlink()
        return done.returncode


class DamagedFiles(FuzzTest):
    def damage(self, tool, tensors, name, runs, *arguments):
        """Mutations of one file, mostly of its header."""
        directory = write_tensors(self.room / "in", tensors)
        victim = directory / f"{name}.npy"
        good = victim.read_bytes()
        rng = np.random.default_rng([SEED, *name.encode(), *tool.encode()])
        refused = 0
        for run in range(runs * RUNS):
            bad = mutate(rng, good, HEADER_BYTES if rng.random() < 0.8 else len(good))
            victim.write_bytes(bad)
            refused += self.check(tool, (name, run, bad), (DATA,), "--input", "in",
                                  *arguments) == DATA
        # Otherwise the mutations miss what they are meant to hit.
        self.assertGreater(refused, runs * RUNS // 4)

    def test_float_tensors(self):
        for name in ("q", "k", "v"):
            self.damage("macro", float_qkv(), name, 60)

    def test_int8_tensors(self):
        for name in ("q", "k", "v"):
            self.damage("macro", int8_qkv(), name, 20, "--softmax.score_step=0.5")

    def test_projected_tensors(self):
        for name in ("x", "wq", "wk", "wv"):
            self.damage("soc", projected(), name, 20)

    def test_config_files(self):
        write_tensors(self.room / "in", float_qkv())
        good = (self.results_of("macro", "--input", "in", output="made") / "effective.ini")
        # So many sequences would only take long.
        text = re.sub(rb"sequences = .*\n", b"", good.read_bytes())
        rng = np.random.default_rng([SEED, 1])
        for run in range(150 * RUNS):
            bad = mutate(rng, text, len(text))
            (self.room / "bad.ini").write_bytes(bad)
            self.check("macro", (run, bad), (USAGE,), "--input", "in", "--config", "bad.ini")

    def test_meta_files(self):
        directory = write_tensors(self.room / "in", float_qkv())
        text = b"heads = 2\n[attention]\nvalid_tokens = 4\ncausal = true\nscore_scale = 0.125\n"
        rng = np.random.default_rng([SEED, 2])
        for run in range(60 * RUNS):
            bad = mutate(rng, text, len(text))
            (directory / "meta.ini").write_bytes(bad)
            self.check("soc", (run, bad), (USAGE,), "--input", "in")


class RandomParameters(FuzzTest):
    # Sizes that only take long or much memory when they are large.
    MOST = {"attention.heads": 4, "attention.tokens": 12, "attention.query_rows": 12,
            "attention.d_model": 32, "attention.valid_tokens": 14, "attention.first_row": 14,
            "topk.k": 30, "topk.sub_k": 30, "pipeline.sequences": 4, "crossbar.max_per_head": 64}
    SHAPE = tuple(MOST)[:4]
    # RTL has the latencies that it has: beside a model of others, values alone can agree, and it
    # may be given too little time.
    FIXED = {"cosim.compare": "values", "cosim.timeout_cycles": 10000}

    def table(self, tool):
        """{name: range} as the tool prints it."""
        text = self.run_tool(tool, "--list-parameters").stdout
        return dict(re.findall(r"^(\S+) = .*\n.*\n    range: ([^;]*);", text, re.MULTILINE))

    def draw(self, rng, name, text):
        """A value within its range: the ends, words, lists and what lies between."""
        numbers = re.match(r"([-+.e0-9]+?)\.\.([-+.e0-9]+)", text)
        if not numbers:
            return str(rng.choice(re.split(r", |,| or ", text)))
        words = re.findall(r", or (\w+)$", text)
        if words and rng.random() < 0.3:
            return words[0]
        low, high = float(numbers[1]), float(numbers[2])
        high = min(high, self.MOST.get(name, high))
        count = int(rng.integers(1, 4)) if "a list" in text and rng.random() < 0.5 else 1
        return ",".join(self.number(rng, low, high) for _ in range(count))

    @staticmethod
    def number(rng, low, high):
        if rng.random() < 0.3:
            return repr(rng.choice([low, high])).replace(".0", "")
        top = high if high < 100 else 10 ** rng.uniform(0, np.log10(high))
        return str(int(rng.integers(int(np.ceil(low)), max(int(top), int(low) + 1) + 1)
                       if top < 2**62 else top))

    def test_within_their_ranges(self):
        """Whatever the parameters, a run that starts ends: no standstill, no crash."""
        for tool in ("macro", "soc"):
            table = self.table(tool)
            self.assertGreater(len(table), 30)
            rng = np.random.default_rng([SEED, 3, *tool.encode()])
            worked = 0
            for run in range(120 * RUNS):
                keys = [key for key in table if key not in (*self.SHAPE, *self.FIXED)]
                keys = rng.choice(keys, int(rng.integers(1, 9)), replace=False)
                heads = int(rng.integers(1, 4))
                values = {"attention.heads": heads,
                          "attention.d_model": heads * int(rng.integers(1, 17)),
                          "attention.tokens": int(rng.integers(1, 13)),
                          **self.FIXED,
                          **{key: self.draw(rng, key, table[key]) for key in keys}}
                # Parameters that name a file of the user's name one that is not there.
                worked += self.check(tool, run, (USAGE, DATA), *(
                    f"--{key}={value}" for key, value in values.items())) == 0
            self.assertGreater(worked, 30 * RUNS)


if __name__ == "__main__":
    main()
