// SPDX-License-Identifier: Apache-2.0
#include "observe/log.h"

#include <catch2/catch.hpp>
#include <memory>

#include "config/errors.h"

using namespace topkima;
using observe::Log, observe::LogFilter, observe::LogLevel, stage::RowNumbers;
using stage::Activity, stage::Context, stage::Clock, stage::Ledger, stage::RowTag, stage::StageId;

namespace {

/// One head of two rows and two tokens, whose log goes to a string.
struct Machine {
  Context context{Clock(200), Ledger(false)};
  StageId keys = context.ledger.add_stage("write.k", stage::kinds::write_k);
  StageId values = context.ledger.add_stage("write.v", stage::kinds::write_v);
  StageId score = context.ledger.add_stage("head0.score", stage::kinds::score);
  StageId av = context.ledger.add_stage("head0.av", stage::kinds::av);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), std::fclose};
  RowNumbers numbers{1, 2};
  Log log;

  Machine(const std::string& level, const std::vector<std::string>& filters = {})
      : log(LogFilter(level, filters), numbers, context, "soc", file.get()) {}

  RowTag token(std::uint32_t row, std::uint32_t sequence) const {
    RowTag tag;
    tag.row = row;
    tag.sequence = sequence;
    return tag;
  }
  void serve(StageId stage, const RowTag& row, std::int64_t from, std::int64_t to,
             StageId by = stage::nobody) {
    context.ledger.enter(stage, Activity::busy, from, row, by);
    context.ledger.enter(stage, Activity::starved, to, row);
  }
  void run(std::uint32_t sequence = 0, std::int64_t at = 0) {
    for (std::uint32_t t = 0; t < 2; ++t) {
      serve(values, token(t, sequence), at + 10 + t, at + 11 + t);
      serve(keys, token(t, sequence), at + 10 + t, at + 10 + t);
    }
    serve(keys, token(1, sequence), at + 20, at + 32);
    for (std::uint64_t r = 0; r < 2; ++r) {
      const auto row = numbers.tag(2 * sequence + r);
      const auto from = at + 40 + 20 * std::int64_t(r);
      context.ledger.queue(score, row, 1, from);
      serve(score, row, from, from + 15, keys);
      context.ledger.queue(score, row, 0, from + 15);
      serve(av, row, from + 15, from + 16, score);
    }
  }
  std::string text() const {
    std::string text(std::size_t(std::ftell(file.get())), '\0');
    std::rewind(file.get());
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    return text;
  }
};

std::size_t lines_with(const std::string& text, const std::string& word) {
  std::size_t count = 0, from = 0;
  for (std::size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    count += text.substr(from, end - from).find(word) != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("info tells of each sequence's beginnings and ends") {
  Machine machine("info");
  machine.run(0);
  machine.run(1, 1000);
  CHECK(
      machine.text() ==
      R"(        0.16 us  soc.write.k                           K^T of sequence 0 written in 12 cycles; V has 2 tokens
         0.2 us  soc.head0.score           row 0       first row of sequence 0 in service
        0.38 us  soc.head0.av              row 1       last of 2 rows of sequence 0 done
        5.16 us  soc.write.k                           K^T of sequence 1 written in 12 cycles; V has 2 tokens
         5.2 us  soc.head0.score           row 2       first row of sequence 1 in service
        5.38 us  soc.head0.av              row 3       last of 2 rows of sequence 1 done
)");
}

TEST_CASE("debug tells every span, trace also turns and queues, of the instances that were named") {
  Machine machine("off", {"soc.head?.score=debug", "*.av=debug", "soc.head0.score=trace"});
  machine.run();
  CHECK(machine.text() ==
        R"(         0.2 us  soc.head0.score           row 0       holds 1 row
         0.2 us  soc.head0.score           row 0       starved 40 cycles since 0 us, by write.k
         0.2 us  soc.head0.score           row 0       first row of sequence 0 in service
         0.2 us  soc.head0.score           row 0       in service
       0.275 us  soc.head0.score           row 0       busy 15 cycles since 0.2 us
       0.275 us  soc.head0.score                       waits for a row
       0.275 us  soc.head0.score           row 0       holds 0 rows
       0.275 us  soc.head0.av              row 0       starved 55 cycles since 0 us, by head0.score
        0.28 us  soc.head0.av              row 0       busy 1 cycle since 0.275 us
         0.3 us  soc.head0.score           row 1       holds 1 row
         0.3 us  soc.head0.score           row 1       starved 5 cycles since 0.275 us, by write.k
         0.3 us  soc.head0.score           row 1       in service
       0.375 us  soc.head0.score           row 1       busy 15 cycles since 0.3 us
       0.375 us  soc.head0.score                       waits for a row
       0.375 us  soc.head0.score           row 1       holds 0 rows
       0.375 us  soc.head0.av              row 1       starved 19 cycles since 0.28 us, by head0.score
        0.38 us  soc.head0.av              row 1       busy 1 cycle since 0.375 us
        0.38 us  soc.head0.av              row 1       last of 2 rows of sequence 0 done
)");
}

TEST_CASE("the last filter that matches decides, and off is silence") {
  const LogFilter filter("info", {"soc.head*=trace", "soc.head1.*=off", "*.store=debug"});
  CHECK(filter.of("soc.write.k") == LogLevel::info);
  CHECK(filter.of("soc.head0.score") == LogLevel::trace);
  CHECK(filter.of("soc.head1.score") == LogLevel::off);
  CHECK(filter.of("soc.head1.store") == LogLevel::debug);
  Machine machine("off");
  machine.run();
  CHECK(machine.text().empty());
  Machine one("debug", {"*=off", "soc.write.v=debug"});
  one.run();
  CHECK(lines_with(one.text(), "soc.write.v") == 3);  // a wait and two tokens in a row
  CHECK(lines_with(one.text(), "soc.") == 3);
}

TEST_CASE("others may note what they have to tell") {
  Machine machine("off", {"soc.controller=info"});
  machine.log.note("controller", std::nullopt, "started");
  machine.log.note("controller", machine.token(3, 0), "seen");
  machine.log.note("host", std::nullopt, "not asked for");
  CHECK(machine.text() ==
        R"(           0 us  soc.controller                        started
           0 us  soc.controller            token 3     seen
)");
}

TEST_CASE("levels and filters that are none are refused in words that name them") {
  CHECK_THROWS_AS(LogFilter("loud", {}), ConfigError);
  CHECK_THROWS_WITH(LogFilter("loud", {}), Catch::Contains("\"loud\"") && Catch::Contains("debug"));
  for (const char* filter : {"", "soc.head0", "=debug", "soc.head0=", "soc.head0=Debug", "a=b=c"}) {
    CAPTURE(filter);
    CHECK_THROWS_AS(LogFilter("off", {filter}), ConfigError);
    CHECK_THROWS_WITH(LogFilter("off", {filter}),
                      Catch::Contains("\"" + std::string(filter) + "\""));
  }
  CHECK_NOTHROW(LogFilter("off", {"a=b=info"}));
}
