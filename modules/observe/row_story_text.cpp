// SPDX-License-Identifier: Apache-2.0
// How a row's story is told: as a text for a terminal, and as JSON.

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "files/json_text.h"
#include "observe/machine_state.h"
#include "observe/row_story.h"
#include "stage/instance_names.h"

namespace topkima::observe {
namespace {

using json = nlohmann::ordered_json;

template <typename... Arguments>
std::string line(const char* format, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

std::string cycle(std::int64_t at) { return at < 0 ? "-" : std::to_string(at); }

std::string cycles_between(std::int64_t from, std::int64_t to) {
  return from < 0 || to < 0 ? "-" : std::to_string(to - from);
}

std::string plural(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

const char* name_of(Column::Fate fate) {
  switch (fate) {
    case Column::Fate::selected: return "selected";
    case Column::Fate::masked: return "masked";
    case Column::Fate::lower_code: return "lower_code";
    case Column::Fate::beyond_reach: return "beyond_reach";
    case Column::Fate::lost_tie: break;
  }
  return "lost_tie";
}

const char* name_of(Selector selector) {
  switch (selector) {
    case Selector::ramp: return "ramp";
    case Selector::sorter: return "sorter";
    case Selector::none: break;
  }
  return "none";
}

std::size_t participants_in(const Selection& selection, int crossbar = -1) {
  const auto& columns = selection.columns();
  return static_cast<std::size_t>(
      std::count_if(columns.begin(), columns.end(), [&](const Column& column) {
        return column.fate != Column::Fate::masked && (crossbar < 0 || column.crossbar == crossbar);
      }));
}

std::string heading(Selector selector, std::size_t count, bool all_listed) {
  switch (selector) {
    case Selector::ramp: return "winners, in grant order\n";
    case Selector::sorter: return "winners, in the sorter's order\n";
    case Selector::none: break;
  }
  return "no selection, " + plural(count, "column") +
         (all_listed ? " in ascending address\n" : ", the most probable first\n");
}

std::string others_text(const Selection& selection, int most) {
  const auto others = selection.not_selected();
  if (others.empty()) return "every token that takes part was selected\n";
  std::string text = "not selected, the best of " + std::to_string(others.size()) + "\n";
  text += line("  %6s %4s %8s %5s %5s  %s\n", "token", "xbar", "score", "code", "rank", "why");
  for (std::size_t i = 0; i < others.size() && i < static_cast<std::size_t>(most); ++i) {
    const Column& column = others[i];
    text += line("  %6d %4d %8d %5d %5d  %s\n", column.token, column.crossbar, column.score,
                 column.code, column.rank, selection.reason(column).c_str());
  }
  return text;
}

std::string token_text(const Column& column, const Selection& selection) {
  const auto of = [](std::size_t all) { return " of " + std::to_string(all); };
  std::string text = "token " + std::to_string(column.token) + " (crossbar " +
                     std::to_string(column.crossbar) + ", column " +
                     std::to_string(column.address) + "): score " + std::to_string(column.score);
  if (column.fate != Column::Fate::masked)
    text += ", code " + std::to_string(column.code) + ", rank " + std::to_string(column.rank) +
            of(participants_in(selection)) + ", in its crossbar " +
            std::to_string(column.rank_here) + of(participants_in(selection, column.crossbar));
  const bool selected = column.fate == Column::Fate::selected;
  return text + "\n  " + (selected ? "selected: " : "not selected: ") + selection.reason(column) +
         "\n";
}

const char* name_of(RowTime what) {
  switch (what) {
    case RowTime::waited: return "waited";
    case RowTime::busy: return "busy";
    case RowTime::blocked: return "blocked";
    case RowTime::whole: return "in all";
  }
  throw std::logic_error("a time of a row");
}

json entry_of(const Column& column, const Selection& selection) {
  json entry = {{"token", column.token},        {"crossbar", column.crossbar},
                {"address", column.address},    {"score", column.score},
                {"fate", name_of(column.fate)}, {"reason", selection.reason(column)}};
  if (column.fate == Column::Fate::masked) return entry;
  entry["code"] = column.code;
  entry["rank"] = column.rank;
  entry["rank_in_crossbar"] = column.rank_here;
  return entry;
}

}  // namespace

std::string RowStory::way() const {
  if (stays_.empty()) return "nothing has been seen of it\n";
  std::string text = line("  %-14s %10s %8s %10s %7s %8s %10s\n", "stage", "arrived", "waited",
                          "taken", "busy", "blocked", "left");
  std::int64_t first = -1, last = -1;
  for (const auto& stay : stays_) {
    text += line("  %-14s %10s %8s %10s %7s %8s %10s", context_.ledger.name(stay.stage).c_str(),
                 cycle(stay.arrived).c_str(), cycles_between(stay.arrived, stay.begun).c_str(),
                 cycle(stay.taken).c_str(), cycles_between(stay.taken, stay.finished).c_str(),
                 std::to_string(stay.blocked).c_str(), cycle(stay.left).c_str());
    for (const auto& [by, cycles] : stay.blocked_by)
      if (cycles > 0) text += "  by " + context_.ledger.name(by);
    text += '\n';
    if (first < 0) first = stay.first();
    last = std::max(last, stay.last());
  }
  if (last >= first && first >= 0)
    text += line("  %lld cycles in all, from %lld to %lld\n", static_cast<long long>(last - first),
                 static_cast<long long>(first), static_cast<long long>(last));
  std::string starved;
  for (const auto& stay : stays_)
    if (stay.starved > 0)
      starved +=
          line("  %-14s %10lld  by %s\n", context_.ledger.name(stay.stage).c_str(),
               static_cast<long long>(stay.starved), context_.ledger.name(stay.starved_by).c_str());
  if (!starved.empty()) text += "\nstages that starved until it came\n" + starved;
  return text;
}

std::vector<RowStory::Compared> RowStory::compared(const Question& question) const {
  std::vector<Compared> all;
  if (!question.usual) return all;
  const auto add = [&](const std::string& kind, RowTime what, std::int64_t cycles) {
    if (const auto usual = question.usual(kind, what, cycles))
      all.push_back({kind, what, cycles, *usual});
  };
  std::int64_t first = -1, last = -1;
  for (const auto& stay : stays_) {
    std::string kind;
    if (stage::head_of(context_.ledger.name(stay.stage), kind) < 0) continue;
    if (stay.arrived >= 0 && stay.begun >= 0) add(kind, RowTime::waited, stay.begun - stay.arrived);
    if (stay.taken >= 0 && stay.finished >= 0) add(kind, RowTime::busy, stay.finished - stay.taken);
    add(kind, RowTime::blocked, stay.blocked);
    if (first < 0) first = stay.arrived;
    last = std::max(last, stay.left);
  }
  if (first >= 0 && last >= first) add("", RowTime::whole, last - first);
  return all;
}

/// The times that four fifths of the rows do not take, and that of the whole way.
std::string RowStory::usual_text(const Question& question) const {
  const auto all = compared(question);
  if (all.empty()) return "";
  std::string text =
      "\nwhat is usual, of " + plural(static_cast<std::size_t>(all.back().usual.rows), "row") +
      "\n" + line("  %-14s %-8s %8s %8s %15s\n", "stage", "", "this row", "median", "four of five");
  for (const auto& [kind, what, cycles, usual] : all) {
    const bool is_usual = usual.low <= cycles && cycles <= usual.high;
    if (is_usual && what != RowTime::whole) continue;
    const std::string range = std::to_string(usual.low) + ".." + std::to_string(usual.high);
    const double share = cycles > usual.high ? usual.faster : usual.slower;
    const std::string rank =
        is_usual ? ""
                 : line("  %s than %.0f%%", cycles > usual.high ? "more" : "less", 100 * share);
    text += line("  %-14s %-8s %8lld %8lld %15s%s\n", kind.empty() ? "its head" : kind.c_str(),
                 name_of(what), static_cast<long long>(cycles),
                 static_cast<long long>(usual.median), range.c_str(), rank.c_str());
  }
  const auto others = std::count_if(all.begin(), all.end(), [](const Compared& one) {
    return one.what != RowTime::whole && one.usual.low <= one.cycles &&
           one.cycles <= one.usual.high;
  });
  return text + "  " + plural(static_cast<std::size_t>(others), "other time") + " as usual\n";
}

std::string RowStory::conversion_text(const Question& question) const {
  if (conversions_seen_.empty()) return "";
  int slowest = 0;
  for (const auto& conversion : conversions_seen_) slowest = std::max(slowest, conversion.cycles);
  std::string text = "conversion\n";
  if (question.selector != Selector::ramp) {
    const auto& any = conversions_seen_.front();
    text += "  the full ramp in every crossbar: " +
            plural(static_cast<std::size_t>(any.steps), "ramp step") + ", " +
            plural(static_cast<std::size_t>(any.cycles), "cycle") + "\n";
    if (question.scores && question.scores->row_blocks > 1)
      text += "  a column's code is the sum of the codes of " +
              std::to_string(question.scores->row_blocks) + " row blocks\n";
    return text;
  }
  for (const auto& conversion : conversions_seen_)
    text += "  crossbar " + std::to_string(conversion.crossbar) + ": " +
            plural(static_cast<std::size_t>(conversion.steps), "ramp step") + ", " +
            plural(static_cast<std::size_t>(conversion.cycles), "cycle") +
            (conversion.cycles == slowest && conversions_seen_.size() > 1 ? ", the slowest" : "") +
            "\n";
  return text;
}

std::string RowStory::winners_text(const Question& question,
                                   const std::optional<Selection>& selection) const {
  if (winners_seen_.empty()) return "no winners\n";
  const bool known = selection && explains_winners(*selection);
  const auto places = listed(question);
  std::string text =
      heading(question.selector, winners_seen_.size(), places.size() == winners_seen_.size());
  text += line("  %6s %4s %8s %5s  %s\n", "token", "xbar", "score", "code", "probability");
  for (const std::size_t w : places) {
    const auto& winner = winners_seen_[w];
    std::string crossbar = "-", score = "-", probability = "-";
    if (known) {
      const Column& column = selection->columns()[static_cast<std::size_t>(winner.token)];
      crossbar = std::to_string(column.crossbar);
      score = std::to_string(column.score);
    }
    if (w < probabilities_seen_.size())
      probability = std::to_string(probabilities_seen_[w].code) + " of " +
                    std::to_string((1 << question.prob_bits) - 1);
    text += line("  %6d %4s %8s %5d  %s\n", winner.token, crossbar.c_str(), score.c_str(),
                 winner.code, probability.c_str());
  }
  text += rest_text(question, places);
  if (selection && !known) text += "the scores do not explain these winners\n";
  return text;
}

std::vector<std::size_t> RowStory::listed(const Question& question) const {
  std::vector<std::size_t> places(winners_seen_.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto most = static_cast<std::size_t>(question.most_listed);
  if (question.selector != Selector::none || places.size() <= most) return places;
  const auto weight = [this](std::size_t place) {
    return place < probabilities_seen_.size() ? probabilities_seen_[place].code : 0;
  };
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return weight(a) != weight(b) ? weight(a) > weight(b)
                                  : winners_seen_[a].code > winners_seen_[b].code;
  });
  places.resize(most);
  return places;
}

std::string RowStory::rest_text(const Question& question,
                                const std::vector<std::size_t>& places) const {
  const std::size_t rest = winners_seen_.size() - places.size();
  if (rest == 0) return "";
  int sum = 0;
  for (const auto& probability : probabilities_seen_) sum += probability.code;
  for (const std::size_t place : places)
    if (place < probabilities_seen_.size()) sum -= probabilities_seen_[place].code;
  std::string text = "  and " + std::to_string(rest) + " more";
  if (!probabilities_seen_.empty())
    text += ", " + std::to_string(sum) + " of " + std::to_string((1 << question.prob_bits) - 1) +
            " together";
  return text + "; --row.format json has all\n";
}

std::string RowStory::text(const Question& question) const {
  const auto selection = this->selection(question);
  std::string text = row_name(row_) + "\n" + way() + usual_text(question);
  const bool converted = !conversions_seen_.empty() || !winners_seen_.empty();
  if (converted)
    text += "\n" + conversion_text(question) + "\n" + winners_text(question, selection);
  if (selection && explains_winners(*selection)) {
    if (question.selector != Selector::none)
      text += "\n" + others_text(*selection, question.runners_up);
    const auto masked = selection->columns().size() - participants_in(*selection);
    if (masked > 0) text += plural(masked, "token") + " masked: comparator off\n";
    if (question.token)
      text += "\n" + token_text(selection->columns()[static_cast<std::size_t>(*question.token)],
                                *selection);
  }
  if (output_ && !output_->empty()) {
    const auto [least, most] = std::minmax_element(output_->begin(), output_->end());
    text += "\noutput: " + plural(output_->size(), "value") + " from " + std::to_string(*least) +
            " to " + std::to_string(*most) + "\n";
  }
  return text;
}

std::string RowStory::json(const Question& question) const {
  using Json = nlohmann::ordered_json;
  const auto selection = this->selection(question);
  const auto known = [](std::int64_t cycle) { return cycle < 0 ? Json() : Json(cycle); };
  Json story = {{"id", row_.id},
                {"sequence", row_.sequence},
                {"head", row_.head},
                {"row", row_.row},
                {"selector", name_of(question.selector)},
                {"stages", Json::array()}};
  for (const auto& stay : stays_) {
    Json blocked = Json::object();
    for (const auto& [by, cycles] : stay.blocked_by) {
      auto& sum = blocked[context_.ledger.name(by)];
      sum = cycles + (sum.is_null() ? 0 : sum.get<std::int64_t>());
    }
    story["stages"].push_back({{"name", context_.ledger.name(stay.stage)},
                               {"arrived", known(stay.arrived)},
                               {"taken", known(stay.taken)},
                               {"finished", known(stay.finished)},
                               {"starved_before", stay.starved},
                               {"blocked_by", blocked},
                               {"left", known(stay.left)}});
  }
  if (question.usual) story["usual"] = Json::array();
  for (const auto& [kind, what, cycles, usual] : compared(question))
    story["usual"].push_back({{"stage", kind.empty() ? Json() : Json(kind)},
                              {"what", name_of(what)},
                              {"cycles", cycles},
                              {"rows", usual.rows},
                              {"p10", usual.low},
                              {"median", usual.median},
                              {"p90", usual.high},
                              {"share_faster", usual.faster},
                              {"share_slower", usual.slower}});
  story["conversions"] = Json::array();
  for (const auto& conversion : conversions_seen_)
    story["conversions"].push_back({{"crossbar", conversion.crossbar},
                                    {"steps", conversion.steps},
                                    {"cycles", conversion.cycles}});
  story["winners"] = Json::array();
  for (std::size_t w = 0; w < winners_seen_.size(); ++w) {
    Json winner = {{"token", winners_seen_[w].token}, {"code", winners_seen_[w].code}};
    if (w < probabilities_seen_.size()) winner["probability"] = probabilities_seen_[w].code;
    story["winners"].push_back(winner);
  }
  if (selection) {
    story["scores_explain_winners"] = explains_winners(*selection);
    story["not_selected"] = Json::array();
    const auto others = selection->not_selected();
    for (std::size_t i = 0; i < others.size() && i < std::size_t(question.runners_up); ++i)
      story["not_selected"].push_back(entry_of(others[i], *selection));
    if (question.token)
      story["token"] =
          entry_of(selection->columns()[static_cast<std::size_t>(*question.token)], *selection);
  }
  if (output_) story["output"] = *output_;
  return files::json_text(story, 2) + "\n";
}

}  // namespace topkima::observe
