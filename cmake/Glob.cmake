# SPDX-License-Identifier: Apache-2.0
# topkima_glob(RESULT FOLDER [RECURSE] PATTERN...): the files of a folder whose names fit, sorted, as seen from
# it. It may lie anywhere: file(GLOB) takes brackets and the like in its path for a pattern, and a list does
# not survive a single one in an element.
function(topkima_glob result folder)
  cmake_parse_arguments(ARG "RECURSE" "" "" ${ARGN})
  string(REGEX REPLACE "([][*?])" "[\\1]" quoted "${folder}")
  set(kind GLOB)
  if(ARG_RECURSE)
    set(kind GLOB_RECURSE)
  endif()
  if(NOT CMAKE_SCRIPT_MODE_FILE)
    set(depends CONFIGURE_DEPENDS)
  endif()
  set(all "")
  foreach(pattern ${ARG_UNPARSED_ARGUMENTS})
    file(${kind} names LIST_DIRECTORIES false RELATIVE "${folder}" ${depends} "${quoted}/${pattern}")
    list(APPEND all ${names})
  endforeach()
  list(SORT all)
  set(${result} "${all}" PARENT_SCOPE)
endfunction()
