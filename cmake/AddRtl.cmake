# SPDX-License-Identifier: Apache-2.0
# topkima_add_rtl: makes a block's RTL, Verilated, a library that the tools load by name.
#
#   topkima_add_rtl(NAME two_grants BLOCK topk TOP two_grant_arbiter
#                   SOURCES two_grant_arbiter.sv
#                   PARAMETERS COLUMNS=256 CODE_BITS=8
#                   CONSTANTS GRANTS=2)
#
# NAME        by which --model.<block> picks it; several sets of parameters may share one
# BLOCK       whose pins the module has: one of those in docs/pins/
# TOP         the module
# SOURCES     its files, relative to the caller's folder
# TWINS       blocks whose twins it instantiates: the files of these follow its own
# PARAMETERS  of the module, integers
# CONSTANTS   numbers of the pin contract that are no parameters of the module
#
# Without Verilator nothing is made. The libraries lie under TOPKIMA_RTL_OUTPUT; by default that is
# rtl/ in the build, where the tools built there look for them, and theirs are installed. What has been
# registered is listed in a file, where TOPKIMA_RTL_REGISTERED names one: the tests take it from there.

include(${CMAKE_CURRENT_LIST_DIR}/RtlBlocks.cmake)
topkima_read_rtl_blocks(${TOPKIMA_RTL_HOME}/data/rtl/blocks.json)

# Only once and where it is wanted: in a project around this one when it calls topkima_add_rtl.
macro(topkima_find_verilator)
  if(NOT DEFINED verilator_FOUND)
    find_package(verilator QUIET HINTS $ENV{VERILATOR_ROOT})
    if(verilator_FOUND)
      execute_process(COMMAND ${VERILATOR_BIN} --version OUTPUT_VARIABLE TOPKIMA_VERILATOR
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      string(REGEX MATCH "Verilator [0-9.]+" TOPKIMA_VERILATOR "${TOPKIMA_VERILATOR}")
      message(STATUS "RTL: ${TOPKIMA_VERILATOR}")
    else()
      message(STATUS "RTL: Verilator not found, no block can be co-simulated (install Debian's verilator)")
    endif()
  endif()
endmacro()

# The list of all registrations, written anew with each.
function(topkima_register_rtl)
  if(NOT TOPKIMA_RTL_REGISTERED)
    return()
  endif()
  cmake_parse_arguments(RTL "" "NAME;BLOCK;TOP;PARAMETERS" "SOURCES" ${ARGN})
  set(registration "{}")
  foreach(field BLOCK NAME TOP PARAMETERS)
    string(TOLOWER ${field} key)
    string(JSON registration SET "${registration}" ${key} "\"${RTL_${field}}\"")
  endforeach()
  list(JOIN RTL_SOURCES "\", \"" sources)
  string(JSON registration SET "${registration}" sources "[\"${sources}\"]")
  set_property(GLOBAL APPEND PROPERTY TOPKIMA_RTL_REGISTRATIONS "${registration}")
  get_property(registrations GLOBAL PROPERTY TOPKIMA_RTL_REGISTRATIONS)
  list(JOIN registrations ",\n" text)
  file(WRITE ${TOPKIMA_RTL_REGISTERED} "[${text}]\n")
endfunction()

# Verilator translates while CMake configures, and ends that where it cannot. Sources of a user's own are therefore
# tried first: TRIED is whether they can be translated, and what Verilator says is in the file LOG.
function(topkima_try_rtl tried log top)
  execute_process(COMMAND ${VERILATOR_BIN} --lint-only --no-timing -Wno-fatal --top-module ${top} ${ARGN}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} RESULT_VARIABLE result OUTPUT_FILE ${log} ERROR_FILE ${log})
  if(result EQUAL 0)
    set(${tried} TRUE PARENT_SCOPE)
  else()
    set(${tried} FALSE PARENT_SCOPE)
  endif()
endfunction()

# A target in the place of a library that cannot be translated: it fails, and says why.
function(topkima_add_broken_rtl target log)
  message(WARNING "${target} cannot be built: Verilator does not take its sources, see ${log}")
  add_custom_target(${target} ALL VERBATIM
    COMMAND ${CMAKE_COMMAND} -E cat ${log}
    COMMAND ${CMAKE_COMMAND} -E echo "${target}: Verilator does not take its sources"
    COMMAND ${CMAKE_COMMAND} -E false)
endfunction()

# The target NAME builds what DEPENDS names, and what it built before.
function(topkima_group_rtl name depends)
  if(NOT TARGET ${name})
    add_custom_target(${name})
  endif()
  add_dependencies(${name} ${depends})
endfunction()

# The digest of sources, and of what they include as Verilator has found it: looked up when configuring,
# which is done again when any of them changes.
function(topkima_rtl_digest result target class)
  set(files ${ARGN})
  include(${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/${class}.dir/${class}_copy.cmake)
  set(digests "")
  set(included "")
  set(all ${files} ${${class}_DEPS})
  list(REMOVE_DUPLICATES all)
  foreach(file ${all})
    get_filename_component(file ${file} ABSOLUTE)
    string(FIND "${file}" "${VERILATOR_ROOT}/" place)
    if(file STREQUAL VERILATOR_BIN OR place EQUAL 0)
      continue()
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(SHA256 ${file} digest)
    if(file IN_LIST files)
      string(APPEND digests ${digest})
    else()
      list(APPEND included ${digest})
    endif()
  endforeach()
  list(SORT included)  # whatever their folder is called
  string(SHA256 digest "${digests}${included}")
  string(SUBSTRING ${digest} 0 12 digest)
  set(${result} ${digest} PARENT_SCOPE)
endfunction()

function(topkima_add_rtl)
  cmake_parse_arguments(RTL "" "NAME;BLOCK;TOP" "SOURCES;TWINS;PARAMETERS;CONSTANTS" ${ARGN})
  foreach(needed NAME BLOCK TOP)
    if(NOT RTL_${needed})
      message(FATAL_ERROR "topkima_add_rtl: ${needed} is missing")
    endif()
  endforeach()
  if(NOT RTL_SOURCES AND NOT RTL_TWINS)
    message(FATAL_ERROR "topkima_add_rtl: SOURCES is missing")
  endif()
  if(RTL_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "topkima_add_rtl: unknown argument ${RTL_UNPARSED_ARGUMENTS}")
  endif()
  topkima_expect_rtl_block(${RTL_BLOCK} "topkima_add_rtl: BLOCK")
  set(twins "")
  foreach(block ${RTL_TWINS})
    topkima_twin_sources(twin ${block})
    list(APPEND twins ${twin})
  endforeach()
  list(APPEND RTL_SOURCES ${twins})

  set(sources "")  # the caller may have one
  foreach(source ${RTL_SOURCES})
    get_filename_component(source ${source} ABSOLUTE)
    if(NOT EXISTS ${source})
      message(FATAL_ERROR "topkima_add_rtl(NAME ${RTL_NAME}): there is no file ${source}")
    endif()
    list(APPEND sources ${source})
  endforeach()

  string(REPLACE ";" " " RTL_PARAMETER_TEXT "${RTL_PARAMETERS};${RTL_CONSTANTS}")
  string(STRIP "${RTL_PARAMETER_TEXT}" RTL_PARAMETER_TEXT)
  topkima_register_rtl(NAME ${RTL_NAME} BLOCK ${RTL_BLOCK} TOP ${RTL_TOP} SOURCES ${sources}
    PARAMETERS "${RTL_PARAMETER_TEXT}")
  topkima_find_verilator()
  if(NOT verilator_FOUND)
    return()
  endif()
  if(NOT TOPKIMA_RTL_OUTPUT)
    set(TOPKIMA_RTL_OUTPUT ${PROJECT_BINARY_DIR}/rtl)
  endif()

  set(generics "")
  foreach(parameter ${RTL_PARAMETERS})
    list(APPEND generics "-G${parameter}")
  endforeach()
  string(MAKE_C_IDENTIFIER "${RTL_PARAMETER_TEXT}" variant)
  set(target "rtl_${RTL_BLOCK}_${RTL_NAME}_${variant}")
  set(RTL_CLASS "V${RTL_TOP}")
  set(translatable TRUE)
  set(log ${CMAKE_CURRENT_BINARY_DIR}/${target}.log)
  if(NOT sources STREQUAL twins)
    topkima_try_rtl(translatable ${log} ${RTL_TOP} ${generics} ${sources})
  endif()
  if(NOT translatable)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
    topkima_add_broken_rtl(${target} ${log})
    topkima_group_rtl(rtl_${RTL_BLOCK}_${RTL_NAME} ${target})
    set_property(GLOBAL APPEND PROPERTY TOPKIMA_RTL_TARGETS ${target})
    return()
  endif()
  add_library(${target} MODULE ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
  verilate(${target} SYSTEMC PREFIX ${RTL_CLASS} TOP_MODULE ${RTL_TOP} SOURCES ${sources}
    OPT_FAST -O3 OPT_SLOW -O1
    VERILATOR_ARGS --no-timing -Wno-fatal --x-assign unique --x-initial unique ${generics})
  topkima_rtl_digest(RTL_DIGEST ${target} ${RTL_CLASS} ${sources})
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/rtl_glue.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp @ONLY)
  target_link_libraries(${target} PRIVATE topkima::pins)
  target_compile_options(${target} PRIVATE -w)  # generated code
  target_compile_definitions(${target} PRIVATE VL_USER_FINISH VL_USER_STOP VL_USER_FATAL)
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME "${variant}"
    CXX_STANDARD ${TOPKIMA_CXX_STANDARD} INSTALL_RPATH_USE_LINK_PATH TRUE
    LIBRARY_OUTPUT_DIRECTORY ${TOPKIMA_RTL_OUTPUT}/${RTL_BLOCK}/${RTL_NAME})
  if(TOPKIMA_RTL_OUTPUT STREQUAL "${PROJECT_BINARY_DIR}/rtl")
    set_property(GLOBAL APPEND PROPERTY TOPKIMA_RTL_TARGETS ${target})
    topkima_group_rtl(rtl_${RTL_BLOCK}_${RTL_NAME} ${target})
    if(TOPKIMA_INSTALL AND TOPKIMA_INSTALL_RTL)
      install(TARGETS ${target} LIBRARY DESTINATION ${TOPKIMA_INSTALL_RTL}/${RTL_BLOCK}/${RTL_NAME})
    endif()
  endif()
endfunction()

# The twins of all blocks, as the table has them.
function(topkima_add_twins)
  get_property(blocks GLOBAL PROPERTY TOPKIMA_RTL_BLOCKS)
  foreach(block ${blocks})
    get_property(top GLOBAL PROPERTY TOPKIMA_RTL_${block}_TOP)
    get_property(sets GLOBAL PROPERTY TOPKIMA_RTL_${block}_PARAMETERS)
    foreach(parameters ${sets})
      separate_arguments(parameters)
      topkima_add_rtl(NAME rtl BLOCK ${block} TOP ${top} TWINS ${block} PARAMETERS ${parameters})
    endforeach()
  endforeach()
endfunction()
