// SPDX-License-Identifier: Apache-2.0
#include "cosim/inner_signals.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

namespace topkima::cosim {
namespace {

using stage::Signal;

/// The shell around the user's module, and its instance of that (cmake/RtlPins.cmake): what is in
/// there is within the RTL.
const std::vector<std::string> shell{"topkima_shell", "rtl"};

/// The path within the RTL of what lies in `scopes`; false for what lies around it.
bool path_within(const std::vector<std::string>& scopes, std::string& path) {
  const auto found = std::search(scopes.begin(), scopes.end(), shell.begin(), shell.end());
  if (found == scopes.end()) return false;
  path.clear();
  for (auto scope = found + static_cast<std::ptrdiff_t>(shell.size()); scope != scopes.end();
       ++scope)
    path += (path.empty() ? "" : ".") + *scope;
  return true;
}

Signal signal_of(const std::string& type, int width, const std::string& name) {
  const auto kind = type == "real" ? Signal::Kind::real : Signal::kind_of_wires(width);
  return {name, kind, width, false, true};
}

}  // namespace

void InnerSignals::declare(const Choose& choose) {
  const std::string text = model_.inner_changes();
  const std::size_t header = read_header(text, choose);
  if (any_) take_changes(text, header);
}

std::size_t InnerSignals::read_header(const std::string& text, const Choose& choose) {
  const char* const last = "$enddefinitions";
  const std::size_t end = std::min(text.find(last), text.size());
  std::istringstream words(text.substr(0, end));
  words.exceptions(std::ios::badbit);
  std::set<std::string> pins;
  for (const auto& pin : model_.pins()) pins.insert(pin->name);
  std::vector<std::string> scopes;
  std::string word, path;
  while (words >> word) {
    if (word == "$scope") {
      words >> word >> word;
      scopes.push_back(word);
    } else if (word == "$upscope") {
      scopes.pop_back();
    } else if (word == "$var") {
      std::string type, id, name;
      int width = 0;
      words >> type >> width >> id >> name;
      const bool within = path_within(scopes, path);
      if (within && !(path.empty() && pins.count(name) > 0))
        add(id, path, signal_of(type, width, name), choose);
    }
  }
  return std::min(text.find('\n', end), text.size());
}

void InnerSignals::add(const std::string& id, const std::string& scope, const Signal& signal,
                       const Choose& choose) {
  stage::ProbeScope* place = choose(scope, signal);
  if (!place) return;
  auto shown = std::make_unique<Shown>(Shown{signal, {}});
  place->add(shown->probe, signal);
  if (!shown->probe.watched()) return;
  any_ = &shown->probe;
  by_id_[id].push_back(std::move(shown));
}

std::uint64_t InnerSignals::wanted_from() const { return any_ ? any_->wanted_from() : UINT64_MAX; }

void InnerSignals::look() { take_changes(model_.inner_changes(), 0); }

// A line is "1id", "b0101 id" or "r0.5 id"; others are times, and words for readers of files.
void InnerSignals::take_changes(const std::string& text, std::size_t from) {
  for (std::size_t at = from; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::size_t space = std::min(text.find(' ', at), end);
    if (text[at] == '0' || text[at] == '1')
      show(text.substr(at + 1, end - at - 1), text.substr(at, 1));
    else if ((text[at] == 'b' || text[at] == 'r') && space < end)
      show(text.substr(space + 1, end - space - 1), text.substr(at + 1, space - at - 1));
    at = end + 1;
  }
}

void InnerSignals::show(const std::string& id, const std::string& value) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  // The highest bit comes first.
  words_.assign(value.size() / 64 + 1, 0);
  for (std::size_t bit = 0; bit < value.size(); ++bit)
    if (value[value.size() - 1 - bit] == '1') words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  for (const auto& shown : found->second) {
    words_.resize(std::max(words_.size(), static_cast<std::size_t>(shown->signal.width) / 64 + 1));
    switch (shown->signal.kind) {
      case Signal::Kind::real: shown->probe.set(std::strtod(value.c_str(), nullptr)); break;
      case Signal::Kind::bits: shown->probe.set_bits(words_.data()); break;
      case Signal::Kind::bit:
      case Signal::Kind::integer: shown->probe.set(static_cast<std::int64_t>(words_[0])); break;
      case Signal::Kind::text: break;
    }
  }
}

}  // namespace topkima::cosim
