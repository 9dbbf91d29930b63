// SPDX-License-Identifier: Apache-2.0
#include "tool/children.h"

#include <sys/wait.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <new>
#include <thread>

#include "config/errors.h"
#include "files/json_text.h"
#include "tool/child.h"
#include "tool/command_line.h"

namespace topkima::platforms {
namespace {

using json = nlohmann::ordered_json;

/// A run that did not come to its end, which says nothing about what was to be run.
json death(const std::string& message) {
  return {{"exit", SimulationError("").exit_code}, {"message", message}, {"died", true}};
}

json attempt(const std::function<json(int)>& work, int number) {
  try {
    return work(number);
  } catch (const Error& error) {
    return {{"exit", error.exit_code}, {"message", error.what()}};
  } catch (const std::bad_alloc&) {
    return death(out_of_memory);
  } catch (const std::exception& error) {
    return death(error.what());
  }
}

json answer_of(Child& child) {
  std::string text;
  child.read(0, -1, text);
  const int status = child.wait();
  if (WIFSIGNALED(status))
    return death("the simulation ended by signal " + std::to_string(WTERMSIG(status)));
  const auto parsed = json::parse(text, nullptr, false);
  return parsed.is_discarded() ? death("the simulation ended without an answer") : parsed;
}

}  // namespace

void in_children(int count, const std::function<json(int)>& work,
                 const std::function<void(int, const json&)>& take) {
  const auto at_once = std::size_t(std::max(1u, std::thread::hardware_concurrency()));
  std::deque<std::unique_ptr<Child>> running;
  for (int started = 0, done = 0; done < count; ++done) {
    while (started < count && running.size() < at_once) {
      const int number = started++;
      running.push_back(std::make_unique<Child>(
          [&work, number] { return files::json_text(attempt(work, number)); }));
    }
    take(done, answer_of(*running.front()));
    running.pop_front();
  }
}

}  // namespace topkima::platforms
