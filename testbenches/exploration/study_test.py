#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Study files: what they mean, and that whatever is wrong in one is one line that names the file.

  export PYTHONPATH=scripts:testbenches/platforms:testbenches/support TOPKIMA_TOOLS=DIR
  study_test.py --macro PATH --soc PATH
"""

import copy
import datetime
import functools
import itertools
import json
import math
import random
import tomllib

from topkima.exploration import study as study_module
from topkima.errors import DataError, UsageError
from topkima.exploration.parameters import text_of
from topkima.tool import Tool
from explore_support import RoomTest, points_of, study_of
from tool_support import main

# Asked once: the tools' lists do not change.
study_module.Tool = functools.cache(Tool)

OBJECTIVE = 'minimize = ["latency_us"]\n'
GOOD = """
name = "n"
question = "q"
tool = "soc"
minimize = ["latency_us", "relative_error"]
maximize = ["topk_mass"]
constraints = ["cosine_similarity >= 0.9 and score.blocked < 0.1"]
limit_s = 2.5
[[workload]]
name = "w"
shape = { heads = [1, 2], tokens = 8, query_rows = 4, d_model = 16, seed = [1, 2] }
[[workload]]
input = ["a", "b"]
[[workload]]
name = "one"
input = "a"
[fixed]
ima.saturate_share = 0.02
"clock.frequency_mhz" = "100 MHz"
[parameters]
topk.k = { from = 1, to = 9, step = 2 }
ima.bits = [3, 4]
softmax.score_step = { from = 0.5, to = 2, log = true, points = 3 }
av.lsb = { values = [1, 2], when = "topk.k > 3" }
[sampler]
kind = "random"
points = 5
seed = 7
population = 9
"""


def toml(value) -> str:
    """Text of a value, tables inline; JSON's strings, numbers and truth values are TOML's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}"
                               for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return json.dumps(value)


def file_of(data: dict) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in data.items())


def places(data, path=()):
    """Paths to every value, inner ones as well."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data,
                                                                                      list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def replaced(data: dict, path: tuple, value) -> dict:
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return data


class StudyTest(RoomTest):
    def assert_wrong(self, text, *words, error=UsageError):
        with self.assertRaises(error) as caught:
            study_of(text, self.room)
        message = str(caught.exception)
        self.assertTrue(message.startswith("made-up.toml: "), message)
        for word in words:
            self.assertIn(word, message)


class GoodFiles(StudyTest):
    def test_every_key(self):
        for name in "ab":
            (self.room / name).mkdir()
        with self.assertRaisesRegex(UsageError, "two workloads have the name 'a'"):
            study_of(GOOD.replace('"one"', '"a"'), self.room)
        study = study_of(GOOD, self.room)
        self.assertEqual((study.name, study.question, study.tool.name, study.limit_s),
                         ("n", "q", "topkima-soc", 2.5))
        self.assertEqual(study.objectives,
                         [("latency_us", "minimize"), ("relative_error", "minimize"),
                          ("topk_mass", "maximize")])
        self.assertEqual([each.text for each in study.constraints],
                         ["cosine_similarity >= 0.9 and score.blocked < 0.1"])
        self.assertEqual([each.name for each in study.workloads],
                         ["w heads=1 seed=1", "w heads=1 seed=2", "w heads=2 seed=1",
                          "w heads=2 seed=2", "a", "b", "one"])
        self.assertEqual(study.workloads[1].settings,
                         {"attention.heads": "1", "attention.tokens": "8",
                          "attention.query_rows": "4",
                          "attention.d_model": "16", "workload.seed": "2"})
        self.assertEqual([each.input for each in study.workloads[3:]],
                         ["", *(str(self.room / name) for name in "aba")])
        self.assertEqual(study.fixed, {"ima.saturate_share": "0.02", "clock.frequency_mhz": "100"})
        self.assertEqual({each.name: each.values for each in study.varied},
                         {"topk.k": ["1", "3", "5", "7", "9"], "ima.bits": ["3", "4"],
                          "softmax.score_step": ["0.5", "1", "2"], "av.lsb": ["1", "2"]})
        self.assertEqual((study.sampler, study.points, study.seed, study.population),
                         ("random", 5, 7, 9))

    def test_what_is_left_out(self):
        study = study_of(OBJECTIVE)
        self.assertEqual((study.name, study.question, study.tool.name, study.limit_s, study.sampler,
                          study.seed, study.points, study.fixed, study.varied, study.constraints),
                         ("made-up", "", "topkima-soc", 0, "grid", 1, None, {}, [], []))
        self.assertEqual([(each.name, each.input, each.settings) for each in study.workloads],
                         [("synthetic", "", {})])
        self.assertEqual(points_of(OBJECTIVE), [{}])

    def test_dotted_and_quoted_names_are_the_same(self):
        for text in ("[parameters]\ntopk.k = [1]", '[parameters]\n"topk.k" = [1]',
                     "[parameters.topk]\nk = [1]", "parameters = { topk = { k = [1] } }"):
            self.assertEqual(points_of(OBJECTIVE + text), [{"topk.k": "1"}])

    def test_values_as_the_tool_takes_them(self):
        for kind, texts in {"topk.k = [1, 2.0, '3', '4 winners', 4]": ["1", "2", "3", "4"],
                            "ima.saturate_share = [0, 0.5, 1e-3, '.25', '1.']":
                                ["0", "0.5", "0.001", ".25", "1."],
                            "attention.causal = [true, 'false']": ["true", "false"],
                            "topk.split = ['auto', [128, 256], '8,4']": ["auto", "128,256", "8,4"],
                            "pipeline.schedule = ['fine', 'coarse']": ["fine", "coarse"],
                            "model.topk = ['tlm', 'shadow:mine']": ["tlm", "shadow:mine"]}.items():
            points = points_of(f"{OBJECTIVE}[parameters]\n{kind}")
            self.assertEqual([text for point in points for text in point.values()], texts)


class Ranges(StudyTest):
    def values(self, name, spec):
        varied, = study_of(f"{OBJECTIVE}[parameters]\n{name} = {spec}").varied
        return varied.values

    def test_against_lists_made_by_hand(self):
        for name, spec, values in (
                ("topk.k", "{from = 1, to = 4}", ["1", "2", "3", "4"]),
                ("topk.k", "{from = 1, to = 10, step = 4}", ["1", "5", "9"]),
                ("topk.k", "{from = 1, to = 64, log = true, points = 4}", ["1", "4", "16", "64"]),
                ("topk.k", "{from = 1, to = 3, log = true, points = 5}", ["1", "2", "3"]),
                ("topk.k", "{from = 1, to = 4, points = 3}", ["1", "2", "4"]),
                ("topk.k", "{from = '2 winners', to = 3}", ["2", "3"]),
                ("ima.saturate_share", "{from = 0, to = 0.3, step = 0.1}",
                 ["0", "0.1", "0.2", "0.3"]),
                ("ima.saturate_share", "{from = 0.1, to = 0.35, step = 0.1}",
                 ["0.1", "0.2", "0.3"]),
                ("ima.saturate_share", "{from = 0, to = 1, points = 3}", ["0", "0.5", "1"]),
                ("ima.saturate_share", "{from = 0.001, to = 0.1, log = true, points = 3}",
                 ["0.001", "0.01", "0.1"])):
            self.assertEqual(self.values(name, spec), values, spec)

    def test_random_steps_against_fractions(self):
        rng = random.Random(3)
        for _ in range(100):
            low, step = rng.randint(0, 300), rng.randint(1, 90)
            high = low + rng.randint(1, 600)
            wanted = [text_of(n / 1000) for n in range(low, high + 1, step)]
            spec = f"{{from = {low / 1000}, to = {high / 1000}, step = {step / 1000}}}"
            self.assertEqual(self.values("ima.saturate_share", spec), wanted, spec)

    def test_malformed(self):
        for spec, *words in (
                ("{}", "'from'"), ("{from = 1}", "'to'"), ("{to = 1}", "'from'"),
                ("{from = 3, to = 3}", "from = 3 is not below to = 3"),
                ("{from = 3, to = 1}", "not below"),
                ("{from = 0, to = 3}", "topk.k = '0'", "1..65536"),
                ("{from = 1, to = 99999999}", "1..65536"), ("{from = 1.5, to = 3}", "'1.5'"),
                ("{from = 1, to = 3, step = 0}", "step"), ("{from = 1, to = 3, step = -1}", "step"),
                ("{from = 1, to = 3, step = 0.5}", "positive integer"),
                ("{from = 1, to = 3, step = 1" + "0" * 400 + "}", "step"),
                ("{from = 1, to = 3, step = nan}", "step"),
                ("{from = 1, to = 3, step = 'x'}", "step"),
                ("{from = 1, to = 3, step = 5e-324}", "step"),
                ("{from = 1, to = 3, points = 1}", "points"),
                ("{from = 1, to = 3, points = 2.0}", "points"),
                ("{from = 1, to = 3, points = 999999999}", "points"),
                ("{from = 1, to = 3, points = true}", "points"),
                ("{from = 1, to = 3, log = 1}", "log"),
                ("{from = 1, to = 3, log = true, step = 1}", "step"),
                ("{from = 1, to = 3, points = 3, step = 1}", "step"),
                ("{from = 1, to = 3, lgo = true}", "'lgo'", "did you mean 'log'"),
                ("{from = 1, to = 3, values = [3]}", "'from'"), ("{values = []}", "values"),
                ("{values = 3}", "values"), ("{values = [[]]}", "topk.k"), ("[]", "values"),
                ("3", "[fixed]"), ("'auto'", "[fixed]"), ("{from = 1, to = 3, when = 3}", "when")):
            self.assert_wrong(f"{OBJECTIVE}[parameters]\ntopk.k = {spec}", "topk.k", *words)
        for name, spec, *words in (
                ("ima.saturate_share", "{from = 0, to = 1, log = true}", "log"),
                ("ima.saturate_share", "{from = 0, to = 1, step = 1e-9}", "larger step"),
                ("ima.saturate_share", "{from = 0, to = 1, step = 5e-324}", "larger step"),
                ("ima.saturate_share", "{from = 0, to = 1}", "a grid needs step or points"),
                ("topk.split", "{from = 'auto', to = 3}", "not below"),
                ("topk.split", "{from = [1, 2], to = 3}", "not below"),
                ("attention.causal", "{from = 0, to = 1}", "boolean"),
                ("pipeline.schedule", "{from = 0, to = 1}", "choice")):
            self.assert_wrong(f"{OBJECTIVE}[parameters]\n{name} = {spec}", name, *words)


class Conditions(StudyTest):
    SPLIT = """[parameters]
topk.split = ["auto", "8,4", "4,4,4"]
topk.sub_k = { values = ["auto", "3,2"], when = "parts(topk.split) == 2" }
"""

    def test_only_where_it_holds(self):
        self.assertEqual(points_of(OBJECTIVE + self.SPLIT), [
            {"topk.split": "auto"}, {"topk.split": "8,4", "topk.sub_k": "auto"},
            {"topk.split": "8,4", "topk.sub_k": "3,2"}, {"topk.split": "4,4,4"}])

    def test_fixed_values_and_defaults_count(self):
        text = OBJECTIVE + """[fixed]
topk.k = 7
[parameters]
ima.bits = {values = [3, 4], when = "topk.k == 7 and crossbar.rows == 256 and not attention.causal"}
av.bits = { values = [3, 4], when = "topk.k == 5 or pipeline.schedule != 'fine'" }
"""
        self.assertEqual(points_of(text), [{"ima.bits": "3"}, {"ima.bits": "4"}])

    def test_a_condition_on_what_is_not_there_sees_its_default(self):
        text = OBJECTIVE + """[parameters]
topk.k = [1, 2]
ima.bits = { values = [9], when = "topk.k == 2" }
av.bits = { values = [7], when = "ima.bits == 5" }
"""
        self.assertEqual(points_of(text), [{"topk.k": "1", "av.bits": "7"},
                                           {"topk.k": "2", "ima.bits": "9"}])

    def test_a_condition_may_look_at_what_comes_later(self):
        """As TOML's dotted keys do: all of topk comes where the first of topk does."""
        text = OBJECTIVE + """[parameters]
topk.k = [2]
av.bits = [4, 5]
topk.grants_per_cycle = { values = [1, 2], when = "av.bits > 4" }
"""
        self.assertEqual(sorted(map(str, points_of(text))), sorted(map(str, (
            {"topk.k": "2", "av.bits": "4"},
            {"topk.k": "2", "av.bits": "5", "topk.grants_per_cycle": "1"},
            {"topk.k": "2", "av.bits": "5", "topk.grants_per_cycle": "2"}))))

    def test_random_points_obey_too(self):
        points = points_of(OBJECTIVE + self.SPLIT + "[sampler]\nkind = 'random'\npoints = 60")
        self.assertEqual(len(points), 4)
        for point in points:
            self.assertEqual("topk.sub_k" in point, point["topk.split"] == "8,4")

    def test_malformed(self):
        for condition, *words in (
                ("topk.kk == 1", "'topk.kk'", "did you mean 'topk.k'"),
                ("ima.bits > 1", "depend on each other"), ("topk.k", "neither true nor false"),
                ("topk.k ==", "no expression"), ("", "no expression"),
                ("topk.k > 'a'", "topk.k > 'a'"),
                ("attention.tokens > 8", "given by a workload"), ("parts(1, 2) == 1", "parts")):
            self.assert_wrong(f"""{OBJECTIVE}[[workload]]
shape = {{ tokens = 8 }}
[parameters]
topk.k = [1, 2]
ima.bits = {{ values = [3, 4], when = "{condition}" }}
av.lsb = [1]
""", "ima.bits: when", *words)


class Samplers(StudyTest):
    def test_a_list_is_as_given_without_repetitions(self):
        text = OBJECTIVE + "sampler = { kind = 'list' }\n" + "".join(
            f"[[point]]\n{line}\n"
            for line in ("topk.k = 3\nima.bits = 4", "topk.k = 2", "topk.k = '2'",
                         "ima.bits = 4\ntopk.k = 3", "av.bits = 3"))
        points = points_of(text)
        self.assertEqual(points[0], {"topk.k": "3", "ima.bits": "4"})
        self.assertIn({"av.bits": "3"}, points)
        self.assertEqual(len(points), 3)
        self.assertEqual(study_of(text).varied_names, ["topk.k", "ima.bits", "av.bits"])

    def test_a_grid_is_the_product_in_order(self):
        self.assertEqual(points_of(OBJECTIVE +
                                   "[parameters]\nima.bits = [3, 4, 3]\ntopk.k = [2, 1]"),
                         [{"ima.bits": a, "topk.k": b} for a in "34" for b in "21"])

    def test_malformed(self):
        varied = "[parameters]\ntopk.k = [1, 2]\n"
        for text, *words in (
                ("sampler = 3", "sampler"), ("sampler = {kind = 3}", "kind"),
                ("sampler = {kind = 'gird'}", "'gird'", "did you mean 'grid'"),
                ("sampler = {knd = 'grid'}", "'knd'", "did you mean 'kind'"),
                ("sampler = {kind = 'random'}\n" + varied, "needs points"),
                ("sampler = {kind = 'tpe', points = 4}", "needs [parameters]"),
                ("sampler = {kind = 'grid', points = 4}\n" + varied, "takes no points"),
                ("sampler = {kind = 'list'}", "[[point]]"), ("[[point]]\ntopk.k = 1", "[[point]]"),
                ("sampler = {kind = 'list'}\npoint = [{'ima.bits' = 3}]\n" + varied,
                 "[parameters]"),
                ("point = 3", "point"), ("point = [3]", "point"),
                ("sampler = {kind = 'random', points = 5, seed = -1}\n" + varied, "seed"),
                ("sampler = {kind = 'random', points = 0}\n" + varied, "points = 0"),
                ("sampler = {kind = 'random', points = 99999999}\n" + varied, "points"),
                ("sampler = {kind = 'nsga2', points = 9, population = 1}\n" + varied, "population"),
                ("[parameters]\n" + "".join(f"{name} = {{from = 1, to = 1000}}\n" for name in
                                            ("topk.k", "av.rows", "rram.rows")), "at most")):
            self.assert_wrong(OBJECTIVE + text, *words)


class Malformed(StudyTest):
    def test_what_is_no_toml(self):
        for text in ("=", "a", "a = 1\na = 2", "\x00", "a = [" * 5000, f"a = {'1' * 5000}",
                     "a = {b = 1"):
            self.assert_wrong(text, "not a TOML file")

    def test_names_suggest_the_nearest(self):
        for text, *words in (
                ("minimise = ['latency_us']", "key 'minimise'", "did you mean 'minimize'"),
                ("minimize = ['latency_usec']", "metric 'latency_usec'",
                 "did you mean 'latency_us'"),
                (OBJECTIVE + "tool = 'sco'", "tool 'sco'", "did you mean 'soc'"),
                (OBJECTIVE + "[fixed]\ntopk.kk = 3", "parameter 'topk.kk'",
                 "did you mean 'topk.k'"),
                (OBJECTIVE + "[parameters]\ntopk.kk = [3]", "'topk.kk'", "did you mean 'topk.k'"),
                (OBJECTIVE + "[parameters]\ntopk.kk = {from = 1, to = 3}", "'topk.kk'",
                 "did you mean 'topk.k'"),
                (OBJECTIVE + "[parameters]\ntpok.k = {from = 1, to = 3}", "'tpok.k'",
                 "did you mean 'topk.k'"),
                (OBJECTIVE + "sampler = {kind = 'list'}\n[[point]]\nima.bit = 3", "'ima.bit'",
                 "did you mean 'ima.bits'"),
                (OBJECTIVE + "[[workload]]\nshapes = {}", "'shapes'", "did you mean 'shape'"),
                (OBJECTIVE + "[[workload]]\nshape = {head = 1}", "'head'", "did you mean 'heads'"),
                (OBJECTIVE + "constraints = ['cosine_similarty > 0']", "'cosine_similarty'",
                 "did you mean 'cosine_similarity'")):
            self.assert_wrong(text, *words)

    def test_ranges_and_units(self):
        for value, *words in (
                ("0", "'0'", "1..65536 winners"), ("65537", "1..65536"),
                ("'3 rows'", "expected winners"),
                ("1.5", "1.5"), ("true", "'true'"), ("''", "''"), ("'٣'", "expected"),
                ("nan", "'nan'"),
                ("inf", "'inf'"), ("1979-05-27", "1979"), ("[1, 2]", "'1,2'"), ("'auto'", "'auto'"),
                ('"1\\u0000"', "expected"), ("1" + "0" * 400, "1..65536")):
            self.assert_wrong(f"{OBJECTIVE}[fixed]\ntopk.k = {value}", "topk.k", *words)
        self.assert_wrong(f"{OBJECTIVE}[fixed]\ncrossbar.rows = '64 MHz'", "expected rows")
        self.assert_wrong(f"{OBJECTIVE}[fixed]\nima.saturate_share = '1 %'", "expected no unit")
        self.assert_wrong(f"{OBJECTIVE}[fixed]\nmodel.topk = \"a\\u0000b\"", "model.topk")

    def test_objectives_and_constraints(self):
        for text, *words in (
                ("", "needs an objective"), ("minimize = []", "needs an objective"),
                ("minimize = 'latency_us'", "expected a list of texts"),
                ("minimize = [3]", "texts"),
                ("minimize = ['tops']\nmaximize = ['tops']", "twice"),
                (OBJECTIVE + "constraints = 'tops > 1'", "list of texts"),
                (OBJECTIVE + "constraints = ['tops']", "neither true nor false"),
                (OBJECTIVE + "constraints = ['1 < 2']", "names no metric"),
                (OBJECTIVE + "constraints = ['tops > \"a\"']", "tops"),
                (OBJECTIVE + "constraints = ['tops >']", "no expression")):
            self.assert_wrong(text, *words)

    def test_workloads_that_are_none(self):
        (self.room / "loop").symlink_to("loop")
        for name, word in (("no", "'no'"), ("a\\u0000b", "input"), ("loop", "loop"),
                           ("a" * 300, "input")):
            self.assert_wrong(f'{OBJECTIVE}[[workload]]\ninput = "{name}"', word, error=DataError)

    def test_workloads(self):
        for text, *words in (
                ("workload = []", "[[workload]]"), ("workload = {}", "[[workload]]"),
                ("workload = [3]", "[[workload]]"),
                ("[[workload]]\ninput = []", "input"), ("[[workload]]\ninput = [3]", "input = 3"),
                ("[[workload]]\ninput = '/'\nshape = {}", "not both"),
                ("[[workload]]\ninput = ['/', '/']\nname = 'x'", "'x'"),
                ("[[workload]]\ninput = ['/usr', '/usr']", "two workloads"),
                ("[[workload]]\nshape = 3", "shape"),
                ("[[workload]]\nshape = {heads = []}", "heads"),
                ("[[workload]]\nshape = {heads = 0}", "attention.heads = '0'"),
                ("[[workload]]\nshape = {tokens = [8, 8]}", "two workloads"),
                ("[[workload]]\nname = 3\nshape = {tokens = [8, 9]}", "name"),
                ("[[workload]]\n[[workload]]", "two workloads")):
            self.assert_wrong(OBJECTIVE + text, *words)

    def test_no_value_is_ignored(self):
        workload = "[[workload]]\nshape = {tokens = 8}\n"
        for text in ("[fixed]\ntopk.k = 1\n[parameters]\ntopk.k = [1]",
                     workload + "[fixed]\nattention.tokens = 9",
                     workload + "[parameters]\nattention.tokens = [9]",
                     "sampler = {kind = 'list'}\n[fixed]\ntopk.k = 1\n[[point]]\ntopk.k = 2"):
            self.assert_wrong(OBJECTIVE + text, "is both")
        self.assert_wrong(f'{OBJECTIVE}[fixed]\ntopk.k = 1\n"topk.k" = 2', "topk.k is given twice")

    def test_values_of_other_types_anywhere(self):
        for name in "ab":
            (self.room / name).mkdir()
        data = tomllib.loads(GOOD)
        self.assertEqual(study_of(file_of(data), self.room).name, "n")
        others = [True, -1, 0, 7, 10**400, 0.5, math.nan, -math.inf, 1e308, "", "x", "\0",
                  "a" * 300,
                  "\ud7ff\n", [], [[]], [3], ["x"], [True, {}], {}, {"x": 1},
                  {"from": 1, "to": "x"},
                  datetime.date(2000, 1, 1), datetime.time(1)]
        wrong = 0
        for path, value in itertools.product(list(places(data)), others):
            text = file_of(replaced(data, path, value))
            try:
                study_of(text, self.room)
            except (UsageError, DataError) as error:
                self.assertTrue(str(error).startswith("made-up.toml: "), error)
                wrong += 1
            except Exception as error:    # anything else is the failure
                raise AssertionError(f"{path} = {value!r}") from error
        self.assertGreater(wrong, 500)

    def test_bytes_at_random(self):
        rng = random.Random(5)
        for _ in range(400):
            text = list(GOOD)
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(text))
                text[at:at + rng.randint(0, 3)] = rng.choice(
                    ['"', "[", "{", "}", "=", "\n", "0", ".", ",", "x", "-", "'", "#", "\x00", "é"])
            try:
                study_of("".join(text), self.room)
            except (UsageError, DataError) as error:
                self.assertTrue(str(error).startswith("made-up.toml: "), error)


if __name__ == "__main__":
    main()
