// SPDX-License-Identifier: Apache-2.0
// What becomes of a program that lacks memory. The first allocation that finds none is served from
// a reserve; the next one has the rest of it given back, for what is then tidied up, and throws.
// Where nobody can catch that, while libraries are set up, before there is a main, or where an
// exception may not leave, as in the destructor of a JSON value, which allocates, the program says
// so and ends.

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>

namespace {

constexpr int simulation_failed = 4;
constexpr std::size_t for_one = 256 * 1024, for_the_end = 1024 * 1024;

void* reserve = nullptr;
void* rest = nullptr;

/// Whether there was something to give back.
bool give_back(void*& kept) {
  const bool was_there = kept != nullptr;
  std::free(kept);
  kept = nullptr;
  return was_there;
}

void find_memory() {
  if (give_back(reserve)) return;
  give_back(rest);
  throw std::bad_alloc();
}

bool lacks_memory() {
  const auto error = std::current_exception();
  if (!error) return true;  // there was none even for the exception
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

[[noreturn]] void end() {
  if (!lacks_memory()) std::abort();
  const char* const line = ": not enough memory\n";
  for (const char* text : {static_cast<const char*>(program_invocation_short_name), line})
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  ::_exit(simulation_failed);
}

void begin(int, char**, char**) {
  reserve = std::malloc(for_one);
  rest = std::malloc(for_the_end);
  std::set_new_handler(find_memory);
  std::set_terminate(end);
}

/// Before what any library does.
__attribute__((section(".preinit_array"), used)) void (*const first)(int, char**, char**) = begin;

}  // namespace
