# Writes HEADER with the project's version and git revision; only when it changes.
set(REVISION "unknown")
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --dirty
    OUTPUT_VARIABLE FOUND OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE FAILED ERROR_QUIET)
  if(NOT FAILED)
    set(REVISION ${FOUND})
  endif()
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once

namespace topkima::version {
constexpr const char* project = \"${VERSION}\";
constexpr const char* git_revision = \"${REVISION}\";
constexpr const char* compiler = \"${COMPILER}\";
}  // namespace topkima::version
")
