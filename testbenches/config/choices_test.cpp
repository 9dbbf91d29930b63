// SPDX-License-Identifier: Apache-2.0
// Words of choices and their enumerators: one table, which parameters, settings and the machine's
// configuration share.
#include "config/choices.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "config/machine_config.h"

using namespace topkima::config;

namespace {

constexpr Shape shape{2, 2, 8, 8, 64, true, false};

MachineConfig configured(const std::string& name, const std::string& word) {
  Settings settings;
  // The arrays of X^T are split by rows, on which a decreasing ramp cannot select.
  if (word == "in_k_weights") settings.set("softmax.macro", "conventional", "test");
  settings.set(name, word, "test");
  return resolve(settings, shape);
}

/// The parameter takes the words of E, and each becomes its own enumerator in the configuration.
template <typename E, typename Get>
void check_choice(const std::string& name, Get get) {
  INFO(name);
  CHECK(find_parameter(name)->words == words<E>());
  std::set<std::string> seen;
  int place = 0;
  for (const auto& entry : Words<E>::table) {
    INFO(entry.word);
    CHECK(seen.insert(entry.word).second);
    CHECK(static_cast<int>(entry.value) == place++);
    CHECK(word(entry.value) == std::string(entry.word));
    CHECK(*find_word<E>(entry.word) == entry.value);
    CHECK(get(configured(name, entry.word)) == entry.value);
  }
  CHECK(find_word<E>("nothing") == nullptr);
  Settings settings;
  CHECK_THROWS_AS(settings.set(name, "nothing", "test"), topkima::ConfigError);
}

}  // namespace

TEST_CASE("every word of a choice becomes the machine that it names") {
  check_choice<Schedule>("pipeline.schedule", [](const auto& c) { return c.pipeline.schedule; });
  check_choice<SoftmaxMacro>("softmax.macro", [](const auto& c) { return c.softmax.macro; });
  check_choice<Scaling>("attention.scaling", [](const auto& c) { return c.attention.scaling; });
  check_choice<KvSharing>("attention.kv_sharing",
                          [](const auto& c) { return c.attention.kv_sharing; });
  check_choice<Sorters>("sort.sorters", [](const auto& c) { return c.sort.sorters; });
  check_choice<Scope>("topk.scope", [](const auto& c) { return c.topk.scope; });
  check_choice<Weighting>("score.weighting", [](const auto& c) { return c.score.weighting; });
}

TEST_CASE("every parameter that is a choice has its words from the table of choices") {
  const std::set<std::string> lists{words<Schedule>(),
                                    words<SoftmaxMacro>(),
                                    words<Scaling>(),
                                    words<KvSharing>(),
                                    words<Sorters>(),
                                    words<Weighting>(),
                                    words<Arrival>(),
                                    words<Compare>(),
                                    words<OnDivergence>(),
                                    words<Placement>(),
                                    words<Scope>(),
                                    words<SubKBy>(),
                                    words<RowSplit>(),
                                    "auto," + words<Fidelity>(),
                                    "all," + words<Fidelity>()};
  for (const auto& parameter : parameter_table())
    if (parameter.kind == Kind::choice) {
      INFO(parameter.name);
      CHECK(lists.count(parameter.words) == 1);
    }
}

TEST_CASE("every word of a package's task is served") {
  CHECK(words<Task>(" or ") == "image or text");
  CHECK_FALSE(predicts_tokens(*find_word<Task>("image")));
  CHECK(predicts_tokens(*find_word<Task>("text")));
  CHECK(find_word<Task>("sound") == nullptr);
}

TEST_CASE("a choice is asked for by its own type") {
  const Settings settings;
  CHECK(settings.choice<Schedule>("pipeline.schedule") == Schedule::fine);
  CHECK_THROWS_WITH(settings.choice<SoftmaxMacro>("pipeline.schedule"),
                    "pipeline.schedule = fine is none of topkima,conventional,digital_topk");
}
