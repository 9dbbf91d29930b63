// SPDX-License-Identifier: Apache-2.0
#include "tool/memory_reserve.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

namespace topkima::platforms {
namespace {

constexpr std::size_t for_one = 256 * 1024, for_the_end = 1024 * 1024;

void* first = nullptr;
void* rest = nullptr;

/// Whether there was something to give back.
bool give_back(void*& reserve) {
  const bool kept = reserve != nullptr;
  std::free(reserve);
  reserve = nullptr;
  return kept;
}

void find_memory() {
  if (give_back(first)) return;
  give_back(rest);
  throw std::bad_alloc();
}

void write_text(const char* text) {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;  // nobody is left to be told
}

[[noreturn]] void end() {
  try {
    if (const auto current = std::current_exception()) std::rethrow_exception(current);
  } catch (const std::bad_alloc&) {
    for (const char* text :
         {static_cast<const char*>(::program_invocation_short_name), ": ", out_of_memory, "\n"})
      write_text(text);
    std::_Exit(4);
  } catch (...) {
  }
  std::abort();
}

}  // namespace

void keep_memory_reserve() {
  if (!first) first = std::malloc(for_one);
  if (!rest) rest = std::malloc(for_the_end);
  std::set_new_handler(find_memory);
  std::set_terminate(end);
}

}  // namespace topkima::platforms
