#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looking into a run: waveforms, timeline, stories of rows, breakpoints, watchdog, log.

  observers_test.py --macro PATH --soc PATH
"""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np

import trace_events
from topkima.vcd import Dump, listed
from observed import BASELINES, DIGITS, MACHINES, PERIOD, SMALL, SOURCE, ObserversTest
from tool_support import FAILED, USAGE, everything_in, main, names_in, tool_path
from waiting import DEADLINE_S, end_by, stopping_at, wait_for_stop


class Waves(ObserversTest):
    def grants(self, dump, top, heads, crossbars):
        """{row id: [(column, code), ...]} by crossbar, cycle by cycle."""
        found = [{} for _ in range(crossbars)]
        for head in range(heads):
            for crossbar in range(crossbars):
                topk = f"{top}.head{head}.topk{crossbar}."
                lanes = sorted(name.split("grant_valid")[1] for name in dump.signals
                               if name.startswith(topk + "grant_valid"))
                for time in dump.high(topk + "grant_valid", PERIOD):
                    row = dump.at(f"{top}.head{head}.score.row", time)
                    found[crossbar].setdefault(row, []).extend(
                        (dump.at(f"{topk}grant_column{lane}", time),
                         dump.signed(topk + "grant_code", time))
                        for lane in lanes if dump.at(f"{topk}grant_valid{lane}", time))
        return found

    def test_grants_in_the_dump_are_the_results(self):
        for tool, arguments in MACHINES:
            with self.subTest(tool=tool, arguments=arguments):
                self.observed(tool, *arguments, "--wave", "all.vcd")
                report = json.loads((self.room / "out" / "report.json").read_text())
                split = report["configuration"]["topk.split"]["value"]
                split = [split] if isinstance(split, int) else split
                index, code = (np.load(self.room / "out" / f"topk_{name}.npy")
                               for name in ("index", "code"))
                index, code = (array.reshape(-1, array.shape[-1]) for array in (index, code))
                found = self.grants(Dump(self.room / "all.vcd"), tool, 2, len(split))
                for row in range(40):
                    first, winners = 0, []
                    for crossbar, columns in enumerate(split):
                        winners += [(first + column, grant_code) for column, grant_code
                                    in found[crossbar].get(row, [])]
                        first += columns
                    there = index[row] >= 0
                    self.assertEqual(winners, list(zip(index[row][there], code[row][there])), row)

    def test_probabilities_and_conversions_in_the_dump_are_the_results(self):
        self.observed("soc", *SMALL, "--wave", "all.vcd")
        dump = Dump(self.room / "all.vcd")
        probability = np.load(self.room / "out" / "probability.npy")
        index = np.load(self.room / "out" / "topk_index.npy")
        cycles = np.load(self.room / "out" / "convert_cycles.npy")
        for head in range(2):
            divider = f"soc.head{head}.divider."
            seen = {}
            for time in dump.high(divider + "out_valid", PERIOD):
                seen.setdefault(dump.at(divider + "row", time), []).append(
                    (dump.at(divider + "out_token", time), dump.at(divider + "probability", time)))
            # The score's service is precharge, pulses and conversion. In this machine the
            # projection is slower, so that no row follows another without a gap.
            score = f"soc.head{head}.score."
            states = dump.signals[score + "state"]
            busy = [(dump.at(score + "row", begin), (end - begin) // PERIOD)
                    for (begin, state), (end, _) in zip(states, states[1:]) if state == "busy"]
            self.assertEqual(busy, [(20 * head + row, 16 + cycles[head, row, 0])
                                    for row in range(20)])
            for row in range(20):
                self.assertEqual(seen[20 * head + row],
                                 list(zip(index[head, row], probability[head, row])))

    def test_ramp_and_bit_lines(self):
        """At a grant the ramp has just come down to the winner's bit line."""
        self.observed("macro", *SMALL, "--wave", "all.vcd", "--ima.ramp_lsb=4")
        dump = Dump(self.room / "all.vcd")
        checked = 0
        for head in range(2):
            tile, topk = f"macro.head{head}.key_array0.", f"macro.head{head}.topk0."
            for time, value in dump.signals[topk + "grant_valid"]:
                if not value:
                    continue
                column, code = dump.at(topk + "grant_column", time), dump.signed(
                    topk + "grant_code", time)
                ramp = dump.at(f"macro.head{head}.ramp0.ramp_mv", time)
                self.assertEqual(ramp, (code - 0.5) * 4)
                for rank in range(1, 8):
                    name = dump.at(f"{tile}rank{rank}", time)
                    if name.split("@")[0] != str(column):
                        continue
                    line = dump.at(f"{tile}rank{rank}_mv", time)
                    self.assertGreaterEqual(line, ramp)
                    if code < 15:
                        self.assertLess(line, ramp + 4)
                    self.assertEqual(name, f"{column}@{int(line)}_won")
                    checked += 1
        self.assertGreater(checked, 40)

    def test_the_demonstration(self):
        """What the README shows: every signal listed exists and moves."""
        self.observed("soc", "--input", DIGITS, "--wave", "digits.vcd", "--wave.around=12")
        dump = Dump(self.room / "digits.vcd")
        names = listed(self.room / "digits.gtkw")
        self.assertGreater(len(names), 40)
        self.assertEqual(set(names) - dump.changing(), set())
        for name in ("ramp0.ramp_mv", "key_array0.rank1_mv", "topk0.grant_valid", "score.state"):
            self.assertIn(f"soc.head0.{name}", names)
        index = np.load(self.room / "out" / "topk_index.npy").reshape(-1, 5)
        code = np.load(self.room / "out" / "topk_code.npy").reshape(-1, 5)
        self.assertEqual(self.grants(dump, "soc", 1, 1)[0][12], list(zip(index[12], code[12])))

    def test_every_signal_of_the_demonstration_workload_moves(self):
        """But for those that cannot: a save file lists what moves, a dead probe would be gone."""
        self.observed("soc", "--input", DIGITS, "--wave", "digits.vcd")
        dump = Dump(self.room / "digits.vcd")
        still = {re.sub(r"head\d", "headN", name) for name in set(dump.signals) - dump.changing()}
        self.assertEqual(still, {
            "soc.bus.write.beat",        # an output row of 16 bytes is a single beat
            *(f"soc.headN.{stage}.token"
              for stage in ("score", "union", "exponent", "divider", "av", "store")),
            *(f"soc.{stage}.row" for stage in ("projection.q", "projection.k", "projection.v",
                                               "write.k", "write.v", "bus.read")),
            "soc.bus.write.token",
            "soc.power.control"})        # the schedule buffers no Q: it leaks

    def test_every_listed_signal_of_a_whole_module_exists_and_moves(self):
        for tool, arguments in MACHINES[:3] + BASELINES[:3]:
            self.observed(tool, *arguments, "--wave", "all.vcd")
            names = listed(self.room / "all.gtkw")
            self.assertEqual(set(names) - Dump(self.room / "all.vcd").changing(), set())
            self.assertGreater(len(names), 100)

    def test_windows_and_scopes_cut_what_they_say(self):
        self.observed("soc", *SMALL, "--wave", "all.vcd", "--wave.tokens=3,19")
        whole = Dump(self.room / "all.vcd")
        cuts = ((("--wave.from=1500", "--wave.to=1800"), 1500, 1800, "soc."),
                (("--wave.from=7.5us", "--wave.to=9us"), 1500, 1800, "soc."),
                (("--wave.scope=soc.head1.*",), 0, None, "soc.head1."),
                (("--wave.scope=soc.head0.*,soc.bus.*", "--fidelity=cycle"), 0, None, "soc."),
                (("--wave.scope=soc.projection.q",), 0, None, "soc.projection.q."),
                (("--wave.scope=soc.bus.*,*key_array0",), 0, None, "soc."),
                (("--wave.scope=*topk0", "--wave.from=1700"), 1700, None, "soc.head"))
        for arguments, begin, end, prefix in cuts:
            with self.subTest(arguments=arguments):
                self.observed("soc", *SMALL, "--wave", "cut.vcd", "--wave.tokens=3,19",
                              *arguments)
                cut = Dump(self.room / "cut.vcd")
                self.assertEqual(cut.times[0], begin * PERIOD)
                last = whole.times[-1] if end is None else end * PERIOD
                self.assertEqual(cut.times[-1], last)
                self.assertTrue(all(name.startswith(prefix) for name in cut.signals))
                if "--wave.scope" not in arguments[0]:
                    self.assertEqual(set(cut.signals), set(whole.signals))
                for name, changes in cut.signals.items():
                    for time, value in changes:
                        if time < last:
                            self.assertEqual(value, whole.at(name, time), (name, time))
                    inside = [change for change in whole.signals[name]
                              if begin * PERIOD < change[0] < last]
                    self.assertEqual([c for c in changes if begin * PERIOD < c[0] < last], inside)

    def test_size_limit(self):
        text = self.observed("soc", "--attention.tokens=100", "--wave", "all.vcd",
                             "--wave.max_mb=1")
        self.assertLess((self.room / "all.vcd").stat().st_size, 1_000_000)
        self.assertIn("--wave.max_mb", text)
        Dump(self.room / "all.vcd")

    def test_row_fidelity_shows_the_stages(self):
        self.observed("soc", *SMALL, "--wave", "row.vcd", "--fidelity=row")
        self.observed("soc", *SMALL, "--wave", "cycle.vcd")
        row, cycle = Dump(self.room / "row.vcd"), Dump(self.room / "cycle.vcd")
        self.assertNotIn("soc.head0.ramp0.ramp_mv", row.signals)
        self.assertIn("soc.head0.score.state", row.signals)
        for name, changes in row.signals.items():
            self.assertEqual(changes, cycle.signals[name], name)

    def test_fst(self):
        self.observed("soc", *SMALL, "--wave", "all.vcd")
        self.observed("soc", *SMALL, "--wave", "all.fst")
        back = subprocess.run(["fst2vcd", "-f", "all.fst", "-o", "back.vcd"], cwd=self.room,
                              capture_output=True, check=False)
        self.assertEqual(back.returncode, 0, back.stderr)
        self.assertEqual(Dump(self.room / "back.vcd").signals, Dump(self.room / "all.vcd").signals)

    def test_picture(self):
        self.observed("soc", "--input", DIGITS, "--wave", "digits.vcd", "--wave.around=12")
        done = subprocess.run([SOURCE / "scripts" / "wave2png", "digits.vcd", "digits.gtkw",
                               "digits.png"], cwd=self.room, capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        picture = (self.room / "digits.png").read_bytes()
        self.assertTrue(picture.startswith(b"\x89PNG"))
        self.assertGreater(len(picture), 10_000)


class Timeline(ObserversTest):
    def test_events_follow_the_format_and_add_up_to_the_report(self):
        for tool, arguments in MACHINES + BASELINES:
            with self.subTest(tool=tool, arguments=arguments):
                self.observed(tool, *arguments, "--timeline", "t.json")
                self.assertEqual(list(trace_events.problems(self.room / "t.json")), [])
                trace = json.loads((self.room / "t.json").read_text())["traceEvents"]
                processes = {event["pid"]: event["args"]["name"] for event in trace
                             if event["name"] == "process_name"}
                tracks = {(event["pid"], event["tid"]): event["args"]["name"] for event in trace
                          if event["name"] == "thread_name"}
                sums = {}
                for event in trace:
                    if event["ph"] != "X":
                        continue
                    head = processes[event["pid"]]
                    track = tracks[event["pid"], event["tid"]]
                    name = f"{head}.{track}" if head.startswith("head") else track
                    key = (name, event["cat"])
                    sums[key] = sums.get(key, 0) + event["args"]["to"] - event["args"]["from"]
                report = json.loads((self.room / "out" / "report.json").read_text())
                for stage in report["stages"]:
                    for what, cycles in (("busy", stage["busy"]),
                                         ("starved", stage["starved"]["total"]),
                                         ("blocked", stage["blocked"]["total"])):
                        self.assertEqual(sums.get((stage["name"], what), 0), cycles, stage["name"])

    def test_rows(self):
        self.observed("soc", *SMALL, "--timeline", "t.json", "--timeline.rows=22-23")
        self.assertEqual(list(trace_events.problems(self.room / "t.json")), [])
        trace = json.loads((self.room / "t.json").read_text())["traceEvents"]
        rows = {event["args"]["id"] for event in trace
                if event["ph"] == "X" and event["cat"] == "busy" and "id" in event["args"]}
        self.assertEqual(rows, {22, 23})


class Results(ObserversTest):
    def test_no_byte_depends_on_observers_or_fidelity(self):
        for tool, arguments in MACHINES + BASELINES:
            plain = self.results_of(tool, *arguments, output="plain")
            self.observed(tool, *arguments, "--wave", "w.vcd", "--timeline", "t.json", "--row=1",
                          "--watchdog=100000", "--stop-at=stall=1000000", output="observed")
            self.assert_same_results(plain, self.room / "observed")
            # Only one head is clocked, then only the blocks beside the heads.
            for scope in ("*.head1.*", "soc.bus.*,soc.write.*,soc.projection.*"):
                if tool == "soc" or scope.startswith("*"):
                    self.observed(tool, *arguments, "--wave", "w.vcd", f"--wave.scope={scope}",
                                  output="scoped")
                    self.assert_same_results(plain, self.room / "scoped")
            for fidelity in ("row", "cycle"):
                self.assert_same_results(plain, self.results_of(
                    tool, *arguments, f"--fidelity={fidelity}", output=fidelity))

    def test_fidelity_in_a_file(self):
        (self.room / "f.ini").write_text("[fidelity]\nall = row\ntopk = cycle\n")
        self.observed("macro", *SMALL, "--config", "f.ini", "--wave", "w.vcd")
        names = Dump(self.room / "w.vcd").signals
        self.assertIn("macro.head0.topk0.grant_valid", names)
        self.assertNotIn("macro.head0.key_array0.phase", names)
        self.assertNotIn("macro.head0.divider.out_valid", names)


class Rows(ObserversTest):
    def test_a_story_agrees_with_the_results(self):
        text = self.observed("soc", *SMALL, "--row=25,3", "--token=7")
        stories = re.split(r"^(?=row \d+ )", text, flags=re.MULTILINE)[1:]
        self.assertEqual(len(stories), 2)
        index = np.load(self.room / "out" / "topk_index.npy").reshape(-1, 5)
        for row, story in zip((25, 3), stories):
            self.assertTrue(story.startswith(f"row {row} (head {row // 20}, row {row % 20})"))
            winners = re.findall(r"^ +(\d+) +\d+ +-?\d+ +-?\d+  \d+ of 31$", story, re.MULTILINE)
            self.assertEqual([int(winner) for winner in winners], list(index[row]))
            self.assertIn("token 7", story)

    def test_the_script(self):
        script = SOURCE / "scripts" / "row"
        self.results_of("soc", "--input", DIGITS, output="digits")
        done = subprocess.run([script, "12", "digits", "--token", "3"], cwd=self.room, text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("row 12 (head 0, row 12)", done.stdout)
        report = self.room / "digits" / "report.json"
        report.write_text(report.read_text().replace("1", "2"))
        done = subprocess.run([script, "12", "digits"], cwd=self.room, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("another report", done.stderr)
        for arguments in (["12", "nowhere"], ["12", "."]):
            done = subprocess.run([script, *arguments], cwd=self.room, text=True,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 3)


class Stops(ObserversTest):
    def stopped(self, *arguments):
        done = self.run_tool("soc", *SMALL, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("stopped: "), done.stdout)
        self.assertTrue(done.stdout.endswith("no results were written\n"), done.stdout)
        return done.stdout

    def test_at_a_row(self):
        text = self.stopped("--stop-at=row=25", "--wave", "w.vcd")
        self.assertIn("row 25 (head 1, row 5)", text.splitlines()[0])
        self.assertRegex(text, r"head1\.score: busy with row 25 .*since cycle \d+; holds \d")
        self.assertEqual(names_in(self.room), ["w.gtkw", "w.vcd"])
        self.assertEqual(Dump(self.room / "w.vcd").signals["soc.head1.score.row"][-1][1], 25)

    def test_at_a_time_and_at_a_stall(self):
        for arguments in (("--stop-at=cycle=1500",), ("--stop-at=7.5us",)):
            self.assertIn("cycle 1500", self.stopped(*arguments).splitlines()[0])
        text = self.stopped("--stop-at=stall=20")
        self.assertRegex(text.splitlines()[0], r"for more than 20 cycles, since cycle \d+")

    def test_what_a_stopped_run_shows_is_what_the_whole_run_shows(self):
        """Up to the stop; but who ends a wait that is still open is not known yet. Who is named
        instead must at least be at work: a head that has taken its row is no cause."""
        for machine in (SMALL, BASELINES[0][1], BASELINES[2][1],
                        (*SMALL, "--bus.bytes_per_cycle=1", "--pipeline.queue_depth=0"),
                        (*SMALL, "--attention.heads=4", "--projection.column_mux=1",
                         "--projection.adder_cycles=0", "--pipeline.queue_depth=0",
                         "--ima.bits=7", "--softmax.prob_bits=1", "--av.bits=1")):
            self.observed("soc", *machine, "--wave", "whole.vcd")
            whole = Dump(self.room / "whole.vcd")
            last = whole.times[-1] // PERIOD
            for cycle in range(last // 8, last, last // 8 + 1):
                with self.subTest(machine=machine, cycle=cycle):
                    done = self.run_tool("soc", *machine, f"--stop-at=cycle={cycle}", "--wave",
                                         "w.vcd", "--timeline", "t.json", "--row=3")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("row 3 (head 0, row 3)", done.stdout)
                    self.assertEqual(list(trace_events.problems(self.room / "t.json")), [])
                    cut, end = Dump(self.room / "w.vcd"), (cycle + 1) * PERIOD
                    self.assertEqual(cut.times[-1], end)
                    for name, changes in whole.signals.items():
                        if name.startswith("soc.power."):
                            continue    # known only when a run is complete
                        expected = [change for change in changes if change[0] < end]
                        seen = cut.signals[name]
                        if name.endswith(".cause") and seen[-1][1] != "-":
                            stage = name[:-len("cause")]
                            if cut.at(stage + "state", end) == "blocked":
                                blamed = f"soc.{seen[-1][1]}.state"
                                self.assertNotEqual(cut.at(blamed, end), "starved", name)
                            open_since = seen[-1][0]
                            seen, expected = ([c for c in changes if c[0] < open_since]
                                              for changes in (seen, expected))
                        # What happens in the very cycle of the stop may not have happened yet.
                        self.assertEqual([c for c in seen if c[0] < end - PERIOD],
                                         [c for c in expected if c[0] < end - PERIOD], name)

    def test_a_point_that_never_comes(self):
        text = self.observed("soc", *SMALL, "--stop-at=cycle=100000000")
        self.assertEqual(text, "no point of --stop-at was reached\n")

    def test_watchdog(self):
        done = self.run_tool("soc", *SMALL, "--bus.latency_cycles=5000", "--watchdog=1000",
                             "--wave", "w.vcd")
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        first, *rest = done.stderr.splitlines()
        self.assertTrue(rest[-1].startswith("w.vcd: "))
        self.assertRegex(first,
                         r"no stage has turned to anything for more than 1000 cycles, "
                         r"since cycle \d+")
        self.assertTrue(any(line.startswith("head0.score: waits for a row") for line in rest))
        self.assertEqual(names_in(self.room), ["w.gtkw", "w.vcd"])


class Interrupts(ObserversTest):
    def test_an_interrupted_run_tidies_up_and_keeps_what_it_saw(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(
                [tool_path("soc"), "--pipeline.sequences=4", "--wave", "w.vcd", "--timeline",
                 "t.json", "--wave.scope=soc.head0.union", "--timeline.rows=0-20", "--output",
                 "out", "--quiet"],
                cwd=self.room, env=stopping_at("slice:2"), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            wait_for_stop(process)
            end_by(process.pid, number)
            out, errors = process.communicate(timeout=DEADLINE_S)
            self.assertEqual((process.returncode, out), (-number, ""))
            self.assertIn("interrupted, no results were written", errors)
            self.assertIn("w.vcd: cycles 0 to ", errors)
            self.assertEqual(sorted(everything_in(self.room)), ["t.json", "w.gtkw", "w.vcd"])
            self.assertEqual(list(trace_events.problems(self.room / "t.json")), [])
            Dump(self.room / "w.vcd")


class Logs(ObserversTest):
    def test_lines_carry_time_instance_and_row(self):
        done = self.run_tool("soc", *SMALL, "--quiet", "--log.level=debug")
        self.assertEqual(done.returncode, 0)
        lines = done.stderr.splitlines()
        self.assertGreater(len(lines), 400)
        for line in lines:
            self.assertRegex(line, r"^ *\d+(\.\d+)? us  soc\.[\w.]+ ")
        self.assertTrue(any(re.search(r"soc\.head1\.score +row 25 ", line) for line in lines))

    def test_filters(self):
        done = self.run_tool("soc", *SMALL, "--quiet", "--log.filter=soc.head1.union=debug")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stderr)
        for line in done.stderr.splitlines():
            self.assertIn(" soc.head1.union ", line)


class Refusals(ObserversTest):
    def refuse(self, code, words, *arguments):
        with self.subTest(arguments=arguments):
            before = everything_in(self.room)
            self.assert_refused(self.run_tool("soc", *SMALL, *arguments), code, *words)
            self.assertEqual(everything_in(self.room), before)

    def test_options(self):
        wave = ("--wave", "w.vcd")
        for words, arguments in (
                (("wave.scope", "--wave"), ("--wave.scope=soc.*",)),
                ((".vcd", ".fst"), ("--wave", "w.txt")),
                (("wave",), ("--wave", "")),
                (("wave.from", "abc"), (*wave, "--wave.from=abc")),
                (("wave.around", "40"), (*wave, "--wave.around=40")),
                (("around a row",), (*wave, "--wave.around=1", "--wave.from=5")),
                (("wave.tokens", "20"), (*wave, "--wave.tokens=20")),
                (("wave.max_mb",), (*wave, "--wave.max_mb=-1")),
                *((("timeline.max_mb", f"'{size}'", "whole megabytes, 1..1000000000"),
                   ("--timeline=t.json", f"--timeline.max_mb={size}"))
                  for size in ("0", "0.1", "1000000001", "1 MB")),
                (("--row needs a value", "ID"), ("--row=",)),
                (("--topk.k needs a value", "1.."), ("--topk.k=",)),
                (("--row", "row 61", "of sequence 1", "the only sequence is 0"), ("--row=1:1:1",)),
                (("timeline.rows", "row 120", "of sequence 3", "sequences are 0..2"),
                 ("--timeline=t.json", "--timeline.rows=120", "--sequences=3")),
                (("--row", '"1: 3"', "an id, HEAD:ROW"), ("--row=1: 3",)),
                (("--stop-at", '"row= 3"', "an id, HEAD:ROW"), ("--stop-at=row= 3",)),
                (("timeline.max_mb", "--timeline FILE"), ("--timeline.max_mb=5",)),
                (("nowhere.*", "soc.head"), (*wave, "--wave.scope=soc.head0, nowhere.*")),
                (("row fidelity",), (*wave, "--wave.scope=*topk0", "--fidelity=row")),
                (("--wave", "twice"), (*wave, *wave)),
                (("both",), ("--wave", "w.vcd", "--timeline", "./w.vcd")),
                (("both",), ("--wave", "w.vcd", "--timeline", "w.gtkw")),
                (("out/w.vcd", "output directory"), ("--wave", "out/w.vcd", "--output", "out")),
                (("t.json", "output directory"), ("--timeline", "a/b/../t.json", "--output",
                                                  "a")),
                (("timeline.rows", "--timeline"), ("--timeline.rows=1-2",)),
                (("timeline.rows", "40"), ("--timeline", "t.json", "--timeline.rows=1-40")),
                (("timeline.rows",), ("--timeline", "t.json", "--timeline.rows=2-1")),
                (("row", "40"), ("--row=40",)),
                (("row",), ("--row=1,,2",)),
                (("--row",), ("--token=1",)),
                (("token", "20"), ("--row=1", "--token=20")),
                (("row=ID", "stall=N"), ("--stop-at=never",)),
                (("stop", "40"), ("--stop-at=row=40",)),
                (("watchdog",), ("--watchdog=0",)),
                (("loud", "debug"), ("--log.level=loud",)),
                (("soc.head0",), ("--log.filter=soc.head0",)),
                (("fidelity.topk", "row"), ("--fidelity.topk=slow",))):
            self.refuse(USAGE, words, *arguments)

    def test_places_that_cannot_be_written(self):
        (self.room / "file").write_text("")
        (self.room / "w.vcd").mkdir()
        for name in ("file/w.vcd", "nowhere/w.vcd", "w.vcd"):
            self.refuse(USAGE, (name,), "--wave", name)
        for name in ("file/t.json", "nowhere/t.json", "w.vcd", "/dev/null"):
            self.refuse(USAGE, (name,), "--timeline", name)
        self.assertTrue(Path("/dev/null").is_char_device())

    def test_full_disk(self):
        disk = self.room / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
        if shutil.which("mount") is None or subprocess.run(
                mount, capture_output=True, check=False).returncode != 0:
            self.skipTest("no permission to mount a small file system")
        try:
            for option in (("--wave", "disk/w.vcd"), ("--timeline", "disk/t.json"),
                           ("--wave", "disk/w.fst")):
                self.refuse(FAILED, ("disk/", "No space left"), "--attention.tokens=60", *option)
        finally:
            subprocess.run(["umount", str(disk)], check=True)


if __name__ == "__main__":
    main()
