# SPDX-License-Identifier: Apache-2.0
# topkima_add_rtl: makes a block's RTL, Verilated, a library that the tools load by name.
#
#   topkima_add_rtl(NAME two_grants BLOCK topk TOP two_grant_arbiter
#                   SOURCES two_grant_arbiter.sv
#                   PARAMETERS COLUMNS=256 CODE_BITS=8
#                   CONSTANTS GRANTS=2)
#
# NAME            by which --model.<block> picks it; several sets of parameters may share one
# BLOCK           whose pins the module has: one of those in docs/pins/, or of topkima_add_block
# TOP             the module
# SOURCES         its files in order, packages first, relative to the caller's folder; .vlt files, too
# TWINS           blocks whose twins it instantiates: the files of these follow its own
# PARAMETERS      of the module, integers
# CONSTANTS       numbers of the pin contract that are no parameters of the module
# INCLUDE_DIRS    folders of files that sources include, and of modules that they instantiate
# DEFINES         macros: NAME or NAME=VALUE
# FILE_LIST       lists of files and options, as Verilator's -f takes them; names in them are seen from the caller's
#                 folder
# VERILATOR_ARGS  whatever else Verilator is to be told
# LANGUAGE VHDL   SOURCES are VHDL (2008), which ghdl makes Verilog of
# NETLIST         SOURCES are yosys's netlists, which have no parameters any more: PARAMETERS describe them
# ASSERTIONS      a failing assertion ends the run; defines TOPKIMA_ASSERT, which the twins' depend on
# BIND            files that bind checkers to modules; behind SOURCES and TWINS, with ASSERTIONS
# OPTIMIZE 0      of the compiler: for RTL that is being written; 3 unless said
#
# Without Verilator nothing is made. With it, translation is part of the build (TranslateRtl.cmake): what cannot be
# translated fails there, by itself; lint_<target> shows all warnings that Verilator has. Each library has one beside
# it, in coverage/, that counts lines and toggles: built by rtl_coverage_<block>_<name>, or all by rtl_coverage, and by
# nothing else; the tools take it where --cosim.coverage asks for counts. The libraries lie under
# TOPKIMA_RTL_OUTPUT; by default that is rtl/ in the build, where the tools built there look for them, and theirs are
# installed. What has been registered is listed in a file, where TOPKIMA_RTL_REGISTERED names one: the tests and
# scripts/rtl take it from there.

#
# topkima_add_block: makes a kind of block known that the project does not have, with a contract of its own.
#
#   topkima_add_block(NAME shifter PINS shifter_pins.json)
#
# NAME            by which topkima_add_rtl, load_rtl and the folders of libraries call it
# PINS            a file in the form of data/rtl/pins.json, which adds to that: its blocks hold one of this name, whose
#                 groups and quantities are its own or the project's
#
# The target NAME_pins has NAME_pins.h, for the adapter: PinWidths, which makes the pins' widths of parameters, in
# namespace NAME_pins. It needs neither Verilator nor Python.

include(${CMAKE_CURRENT_LIST_DIR}/RtlBlocks.cmake)
topkima_read_rtl_blocks(${TOPKIMA_RTL_HOME}/data/rtl/blocks.json)

# Only once and where it is wanted: in a project around this one when it calls topkima_add_rtl.
macro(topkima_find_verilator)
  if(NOT DEFINED verilator_FOUND)
    set(VERILATOR_CFLAGS "")  # or it tries a number of options that are not used
    set(VERILATOR_MT_CFLAGS "")
    find_package(verilator QUIET HINTS $ENV{VERILATOR_ROOT})
    if(verilator_FOUND)
      execute_process(COMMAND ${VERILATOR_BIN} --version OUTPUT_VARIABLE TOPKIMA_VERILATOR
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      string(REGEX MATCH "Verilator [0-9.]+" TOPKIMA_VERILATOR "${TOPKIMA_VERILATOR}")
      set(said "${TOPKIMA_VERILATOR}")
    else()
      set(said "Verilator not found, no block can be co-simulated (install Debian's verilator)")
    endif()
    get_property(before GLOBAL PROPERTY TOPKIMA_VERILATOR_SAID)
    if(NOT before)
      message(STATUS "RTL: ${said}")
      set_property(GLOBAL PROPERTY TOPKIMA_VERILATOR_SAID TRUE)
    endif()
  endif()
endmacro()

function(topkima_add_block)
  cmake_parse_arguments(BLOCK "" "NAME;PINS" "" ${ARGN})
  foreach(needed NAME PINS)
    if(NOT BLOCK_${needed})
      message(FATAL_ERROR "topkima_add_block: ${needed} is missing")
    endif()
  endforeach()
  if(BLOCK_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "topkima_add_block: unknown argument ${BLOCK_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(pins ${BLOCK_PINS} ABSOLUTE)
  if(NOT EXISTS ${pins})
    message(FATAL_ERROR "topkima_add_block(NAME ${BLOCK_NAME}): there is no file ${pins}")
  endif()
  if(NOT BLOCK_NAME MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "topkima_add_block: NAME ${BLOCK_NAME}; expected small letters, digits and _")
  endif()
  topkima_pin_table(table ${pins})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${BLOCK_NAME}_pins)
  topkima_write_pin_contract(${folder}/${BLOCK_NAME}_pins.h "${table}" ${BLOCK_NAME}_pins ${BLOCK_NAME})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pins})
  set_property(GLOBAL APPEND PROPERTY TOPKIMA_RTL_OWN_BLOCKS ${BLOCK_NAME})
  topkima_rtl_set(${BLOCK_NAME} PINS ${pins})
  add_library(${BLOCK_NAME}_pins INTERFACE)
  target_include_directories(${BLOCK_NAME}_pins INTERFACE ${folder})
  target_link_libraries(${BLOCK_NAME}_pins INTERFACE topkima::pins)
endfunction()

# The list of all registrations, written anew with each.
function(topkima_register_rtl)
  if(NOT TOPKIMA_RTL_REGISTERED)
    return()
  endif()
  cmake_parse_arguments(RTL "" "NAME;BLOCK;TOP;PARAMETERS;TARGET;VERILOG" "SOURCES;OPTIONS" ${ARGN})
  set(registration "{}")
  foreach(field BLOCK NAME TOP PARAMETERS TARGET)
    string(TOLOWER ${field} key)
    string(JSON registration SET "${registration}" ${key} "\"${RTL_${field}}\"")
  endforeach()
  string(JSON registration SET "${registration}" verilog ${RTL_VERILOG})
  foreach(field SOURCES OPTIONS)
    string(TOLOWER ${field} key)
    list(TRANSFORM RTL_${field} REPLACE "([\"\\])" "\\\\\\1")
    list(TRANSFORM RTL_${field} REPLACE "(.+)" "\"\\1\"")
    list(JOIN RTL_${field} ", " elements)
    string(JSON registration SET "${registration}" ${key} "[${elements}]")
  endforeach()
  set_property(GLOBAL APPEND PROPERTY TOPKIMA_RTL_REGISTRATIONS "${registration}")
  get_property(registrations GLOBAL PROPERTY TOPKIMA_RTL_REGISTRATIONS)
  list(JOIN registrations ",\n" text)
  file(WRITE ${TOPKIMA_RTL_REGISTERED} "[${text}]\n")
endfunction()

# The target NAME builds what DEPENDS names, and what it built before.
function(topkima_group_rtl name depends)
  if(NOT TARGET ${name})
    add_custom_target(${name})
  endif()
  add_dependencies(${name} ${depends})
endfunction()

# Verilator's run time, compiled once for all libraries of a project. Each holds a copy of its own, in which its seed
# is: nobody else sees it.
function(topkima_add_verilator_run_time)
  if(TARGET topkima_verilated)
    return()
  endif()
  set(place ${VERILATOR_ROOT}/include)
  add_library(topkima_verilated STATIC EXCLUDE_FROM_ALL
    ${place}/verilated.cpp ${place}/verilated_cov.cpp ${place}/verilated_threads.cpp ${place}/verilated_vcd_c.cpp)
  target_include_directories(topkima_verilated SYSTEM PUBLIC ${place} ${place}/vltstd)
  target_compile_definitions(topkima_verilated PUBLIC VM_SC=1 VM_TRACE=0
    VL_USER_FINISH VL_USER_STOP VL_USER_FATAL)
  target_compile_options(topkima_verilated PRIVATE -w "SHELL:-include cosim/rtl_print.h")
  target_link_libraries(topkima_verilated PUBLIC topkima::pins -pthread)
  set_target_properties(topkima_verilated PROPERTIES
    CXX_STANDARD ${TOPKIMA_CXX_STANDARD} POSITION_INDEPENDENT_CODE ON)
endfunction()

# What TranslateRtl.cmake has to know; written only when it changes.
function(topkima_describe_rtl file target work coverage)
  set(description "")
  foreach(argument NAME BLOCK PINS TOP SOURCES PARAMETERS CONSTANTS INCLUDE_DIRS DEFINES FILE_LIST VERILATOR_ARGS
          LANGUAGE NETLIST ASSERTIONS)
    string(APPEND description "set(RTL_${argument} [==[${RTL_${argument}}]==])\n")
  endforeach()
  string(APPEND description
    "set(RTL_COVERAGE ${coverage})\n"
    "set(RTL_FOLDER [==[${CMAKE_CURRENT_SOURCE_DIR}]==])\n"
    "set(RTL_HOME [==[${TOPKIMA_RTL_HOME}]==])\n"
    "set(RTL_WORK [==[${work}]==])\n"
    "set(RTL_TARGET [==[${target}]==])\n"
    "set(RTL_VERILATOR [==[${VERILATOR_BIN}]==])\n"
    "set(RTL_VERILATOR_ROOT [==[${VERILATOR_ROOT}]==])\n"
    "set(RTL_TOOL [==[${TOPKIMA_VERILATOR}]==])\n")
  file(CONFIGURE OUTPUT ${file} CONTENT "${description}" @ONLY)
endfunction()

# Checks what topkima_add_rtl was given and makes names of files absolute.
macro(topkima_parse_rtl)
  cmake_parse_arguments(RTL "NETLIST;ASSERTIONS" "NAME;BLOCK;TOP;LANGUAGE;OPTIMIZE"
    "SOURCES;TWINS;BIND;PARAMETERS;CONSTANTS;INCLUDE_DIRS;DEFINES;FILE_LIST;VERILATOR_ARGS" ${ARGN})
  foreach(needed NAME BLOCK TOP)
    if(NOT RTL_${needed})
      message(FATAL_ERROR "topkima_add_rtl: ${needed} is missing")
    endif()
  endforeach()
  if(NOT RTL_SOURCES AND NOT RTL_TWINS AND NOT RTL_FILE_LIST)
    message(FATAL_ERROR "topkima_add_rtl: SOURCES is missing")
  endif()
  if(RTL_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "topkima_add_rtl: unknown argument ${RTL_UNPARSED_ARGUMENTS}")
  endif()
  if(RTL_LANGUAGE AND NOT RTL_LANGUAGE STREQUAL "VHDL")
    message(FATAL_ERROR "topkima_add_rtl: LANGUAGE ${RTL_LANGUAGE}; expected VHDL, or nothing for SystemVerilog")
  endif()
  if(NOT DEFINED RTL_OPTIMIZE)
    set(RTL_OPTIMIZE 3)
  endif()
  topkima_expect_rtl_block(${RTL_BLOCK} "topkima_add_rtl: BLOCK")
  get_property(RTL_PINS GLOBAL PROPERTY TOPKIMA_RTL_${RTL_BLOCK}_PINS)
  foreach(block ${RTL_TWINS})
    topkima_twin_sources(twin ${block})
    list(APPEND RTL_SOURCES ${twin})
  endforeach()
  if(RTL_BIND)
    list(APPEND RTL_SOURCES ${RTL_BIND})
    set(RTL_ASSERTIONS TRUE)
  endif()
  foreach(kind SOURCES INCLUDE_DIRS FILE_LIST)
    set(files ${RTL_${kind}})
    set(RTL_${kind} "")
    foreach(file ${files})
      get_filename_component(file ${file} ABSOLUTE)
      if(NOT EXISTS ${file})
        message(FATAL_ERROR "topkima_add_rtl(NAME ${RTL_NAME}): there is no file ${file}")
      endif()
      list(APPEND RTL_${kind} ${file})
    endforeach()
  endforeach()
endmacro()

# The library of what topkima_add_rtl was given, as the target NAME in FOLDER; with COVERAGE it counts.
function(topkima_add_rtl_library name folder coverage)
  set(work ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(description ${work}/description.cmake)
  topkima_describe_rtl(${description} ${name} ${work} ${coverage})
  set(home ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  set(translate ${CMAKE_COMMAND} -DRTL=${description})
  add_custom_target(lint_${name} VERBATIM COMMAND ${translate} -DLINT=ON -P ${home}/TranslateRtl.cmake)
  add_custom_command(OUTPUT ${work}/${name}.cpp DEPFILE ${work}/${name}.d VERBATIM
    COMMAND ${translate} -P ${home}/TranslateRtl.cmake
    DEPENDS ${description} ${RTL_SOURCES} ${RTL_FILE_LIST} ${VERILATOR_BIN} ${TOPKIMA_RTL_HOME}/data/rtl/pins.json
            ${RTL_PINS}
            ${home}/TranslateRtl.cmake ${home}/RtlPins.cmake ${home}/rtl_glue.cpp.in
    COMMENT "Translating RTL ${RTL_NAME} of block ${RTL_BLOCK} (${parameters})")
  add_library(${name} MODULE ${work}/${name}.cpp)
  target_include_directories(${name} PRIVATE ${work}/verilated)
  target_link_libraries(${name} PRIVATE topkima_verilated)
  if(RTL_PINS)
    target_link_libraries(${name} PRIVATE ${RTL_BLOCK}_pins)
  endif()
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  target_compile_options(${name} PRIVATE -w -O${RTL_OPTIMIZE})  # generated code
  target_compile_definitions(${name} PRIVATE VM_COVERAGE=$<BOOL:${coverage}>)
  set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME "${variant}" EXCLUDE_FROM_ALL ${coverage}
    CXX_STANDARD ${TOPKIMA_CXX_STANDARD} INSTALL_RPATH_USE_LINK_PATH TRUE LIBRARY_OUTPUT_DIRECTORY ${folder})
endfunction()

function(topkima_add_rtl)
  topkima_parse_rtl(${ARGN})
  string(REPLACE ";" " " parameters "${RTL_PARAMETERS};${RTL_CONSTANTS}")
  string(STRIP "${parameters}" parameters)
  string(MAKE_C_IDENTIFIER "${parameters}" variant)
  set(target "rtl_${RTL_BLOCK}_${RTL_NAME}_${variant}")
  set(verilog true)
  if(RTL_LANGUAGE OR RTL_NETLIST OR RTL_FILE_LIST)
    set(verilog false)
  endif()
  set(options ${RTL_DEFINES})
  list(TRANSFORM options PREPEND -D)
  foreach(folder ${RTL_INCLUDE_DIRS})
    list(APPEND options -I${folder} -y ${folder})
  endforeach()
  topkima_register_rtl(NAME ${RTL_NAME} BLOCK ${RTL_BLOCK} TOP ${RTL_TOP} SOURCES ${RTL_SOURCES}
    PARAMETERS "${parameters}" OPTIONS ${options} VERILOG ${verilog} TARGET ${target})
  topkima_find_verilator()
  if(NOT verilator_FOUND)
    return()
  endif()
  if(NOT TOPKIMA_RTL_OUTPUT)
    set(TOPKIMA_RTL_OUTPUT ${PROJECT_BINARY_DIR}/rtl)
  endif()
  topkima_add_verilator_run_time()

  set(folder ${TOPKIMA_RTL_OUTPUT}/${RTL_BLOCK}/${RTL_NAME})
  set(counting "rtl_coverage_${RTL_BLOCK}_${RTL_NAME}_${variant}")
  topkima_add_rtl_library(${target} ${folder} OFF)
  topkima_add_rtl_library(${counting} ${folder}/coverage ON)
  topkima_group_rtl(rtl_coverage_${RTL_BLOCK}_${RTL_NAME} ${counting})
  if(TOPKIMA_RTL_OUTPUT STREQUAL "${PROJECT_BINARY_DIR}/rtl")
    set_property(GLOBAL APPEND PROPERTY TOPKIMA_RTL_TARGETS ${target})
    topkima_group_rtl(rtl_${RTL_BLOCK}_${RTL_NAME} ${target})
    topkima_group_rtl(rtl_coverage ${counting})
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
