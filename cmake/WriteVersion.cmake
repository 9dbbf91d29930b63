# SPDX-License-Identifier: Apache-2.0
# Writes HEADER with the project's version, git revision and model revision; only when it changes.
# The model revision is a digest of every source that results can depend on: results of two builds
# of one model revision are the same, whatever else has changed around them.
set(REVISION "unknown")
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --dirty
    OUTPUT_VARIABLE FOUND OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE FAILED ERROR_QUIET)
  if(NOT FAILED)
    set(REVISION ${FOUND})
  endif()
endif()
file(GLOB_RECURSE FILES LIST_DIRECTORIES false
  ${SOURCE}/modules/*.cpp ${SOURCE}/modules/*.h ${SOURCE}/modules/*.sv
  ${SOURCE}/modules/*.in ${SOURCE}/platforms/*.cpp ${SOURCE}/platforms/*.h)
file(GLOB TECHNOLOGIES ${SOURCE}/data/technologies/*.ini ${SOURCE}/data/rtl/*.json)
list(APPEND FILES ${TECHNOLOGIES})
list(SORT FILES)
set(DIGESTS "")
foreach(FILE ${FILES})
  file(SHA256 ${FILE} DIGEST)
  file(RELATIVE_PATH NAME ${SOURCE} ${FILE})
  string(APPEND DIGESTS "${NAME} ${DIGEST}\n")
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
