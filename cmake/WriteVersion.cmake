# SPDX-License-Identifier: Apache-2.0
# Writes HEADER with the project's version, git revision and model revision; only when it changes.
# The model revision is a digest of all that results can depend on, and of what says how it is built: of the
# folders below, whatever their files are called but for what editors leave, and of the file FLAGS. Results
# of two builds of one model revision are the same, whatever else has changed around them.
include(${CMAKE_CURRENT_LIST_DIR}/Glob.cmake)
set(REVISION "unknown")
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --dirty
    OUTPUT_VARIABLE FOUND OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE FAILED ERROR_QUIET)
  if(NOT FAILED)
    set(REVISION ${FOUND})
  endif()
endif()
file(READ ${FLAGS} DIGESTS)
foreach(FOLDER modules platforms cmake data/rtl data/technologies)
  topkima_glob(NAMES ${SOURCE}/${FOLDER} RECURSE *)
  list(FILTER NAMES EXCLUDE REGEX "(^|/)[.#][^/]*$|~$")
  if(NOT NAMES)
    message(FATAL_ERROR "${SOURCE}/${FOLDER} holds no files; the model revision is of those")
  endif()
  foreach(NAME ${NAMES})
    file(SHA256 ${SOURCE}/${FOLDER}/${NAME} DIGEST)
    string(APPEND DIGESTS "${FOLDER}/${NAME} ${DIGEST}\n")
  endforeach()
endforeach()
string(SHA256 MODEL "${DIGESTS}")
string(SUBSTRING ${MODEL} 0 16 MODEL)
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once

namespace topkima::version {
constexpr const char* project = \"${VERSION}\";
constexpr const char* git_revision = \"${REVISION}\";
constexpr const char* model_revision = \"${MODEL}\";
constexpr const char* compiler = \"${COMPILER}\";
}  // namespace topkima::version
")
