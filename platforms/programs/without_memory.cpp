// SPDX-License-Identifier: Apache-2.0
// What becomes of a program that lacks memory where nobody can catch that: while libraries are set
// up, before there is a main, or where an exception may not leave.

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>

namespace {

constexpr int simulation_failed = 4;

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

void begin(int, char**, char**) { std::set_terminate(end); }

/// Before what any library does.
__attribute__((section(".preinit_array"), used)) void (*const first)(int, char**, char**) = begin;

}  // namespace
