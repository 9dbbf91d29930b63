# SPDX-License-Identifier: Apache-2.0
# How libraries and programs of this project are made. What they need is on them, never on directories,
# so that a project around this one keeps its own.
#
#   topkima_library(topk SOURCES topk_counter.cpp LINK topkima_stage NEEDS systemc)
#
# makes the library topkima_topk of the folder topk/ beside the caller, for others topkima::topk; its
# headers are included as "topk/file.h". It is installed, with the folder's headers.
#
# ROOM     its folder, where that has another name: one folder may hold several libraries
# SOURCES  in its folder; none: headers alone
# LINK     libraries of this project
# NEEDS    what its headers include of others, by the names of Dependencies.cmake
# USES     what its sources alone do

# The C++ standard, warnings and arithmetic of this project, for one of its targets. Results are equal
# bits on every machine: no fused multiply-add behind our back.
function(topkima_compile_options target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD ${TOPKIMA_CXX_STANDARD} CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
    -Werror=switch
    -Wno-unused-parameter -ffp-contract=off)
  if(TOPKIMA_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${TOPKIMA_SANITIZE} -fno-sanitize-recover=all -g1)
    target_link_options(${target} PUBLIC -fsanitize=${TOPKIMA_SANITIZE})
  endif()
endfunction()

function(topkima_executable target)
  add_executable(${target} ${ARGN})
  topkima_compile_options(${target})
endfunction()

function(topkima_library name)
  cmake_parse_arguments(ARG "" "ROOM" "SOURCES;LINK;NEEDS;USES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "topkima_library(${name}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_ROOM)
    set(ARG_ROOM ${name})
  endif()
  set(target topkima_${name})
  set(place ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_ROOM})
  if(ARG_SOURCES)
    list(TRANSFORM ARG_SOURCES PREPEND ${place}/)
    add_library(${target} STATIC ${ARG_SOURCES})
    topkima_compile_options(${target})
    set_property(GLOBAL APPEND PROPERTY TOPKIMA_COMPILED_LIBRARIES ${target})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(topkima::${name} ALIAS ${target})
  target_include_directories(${target} ${scope}
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}> $<INSTALL_INTERFACE:${TOPKIMA_INSTALL_INCLUDE}>)
  target_compile_features(${target} ${scope} cxx_std_${TOPKIMA_CXX_STANDARD})
  target_link_libraries(${target} ${scope} ${ARG_LINK})
  foreach(needed ${ARG_NEEDS} ${ARG_USES})
    topkima_need(${needed} problem)
    if(problem)
      message(FATAL_ERROR ${problem})
    endif()
  endforeach()
  foreach(needed ${ARG_NEEDS})
    target_link_libraries(${target} ${scope} topkima::${needed})
  endforeach()
  foreach(used ${ARG_USES})
    if(used IN_LIST TOPKIMA_HEADER_ONLY)  # of which nothing is left in the library
      target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:topkima::${used}>)
    else()
      target_link_libraries(${target} PRIVATE topkima::${used})
      list(APPEND ARG_NEEDS ${used})
    endif()
  endforeach()
  topkima_install_library(${name} ${target} ${ARG_ROOM} LINK ${ARG_LINK} NEEDS ${ARG_NEEDS})
endfunction()
