# SPDX-License-Identifier: Apache-2.0
# The blocks whose work RTL can do, and the modules of SystemVerilog that come with them: both stand
# in data/rtl/blocks.json and nowhere else. What this file makes of it:
#
#   topkima_read_rtl_blocks(TABLE)      reads and checks the table; everything below needs it
#   topkima_twin_sources(RESULT BLOCK)  the files of a block's twin, each behind what it instantiates
#   topkima_write_rtl_header(FILE)      the enumerators, words and facts that C++ knows
#   topkima_expect_rtl_parts()          ends the configuration where a block lacks a part of its own
#
# A block of the table has these fields:
#
#   name        in parameters (model.<name>), options, folders of RTL and pages
#   enumerator  of config::Block
#   what        for a line of text: "top-k counters"
#   one_per     "crossbar", "head", or "soc": one beside the heads
#   macros      the words of softmax.macro whose heads have it; those of all: left out
#   parts       the blocks that one of this consists of; or, where it has none, these:
#   fidelity    the member of config::BlockFidelity that goes clock by clock with it; empty: nothing does
#   twin        the RTL that comes with the project: its top module, and the sets of parameters that it
#               is compiled for, the first of which holds the machine as it is by default
#   testbench   that drives the twin alone (testbenches/rtl): its top, and sets of parameters with which
#               it is run beside those that it has by itself
#
# and a module these:
#
#   name, file     the file lies in the folder that holds the table's data/
#   instantiates   modules of the table; none: left out
#   corners        sets of parameters at the ends of what it is made for, with which it is linted
#   small          a set with which it is synthesised in a moment

include(${CMAKE_CURRENT_LIST_DIR}/RtlPins.cmake)  # knows where they lie

# One value of the table, by its path in it; a path that leads nowhere ends the configuration.
function(topkima_rtl_get result table)
  string(JSON value ERROR_VARIABLE missing GET "${table}" ${ARGN})
  if(missing)
    string(REPLACE ";" " " place "${ARGN}")
    message(FATAL_ERROR "blocks.json: ${place} is missing; cmake/RtlBlocks.cmake says what it is")
  endif()
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

# A list of strings; one that is not there is empty. Elements may not hold semicolons.
function(topkima_rtl_list result table)
  set(values "")
  string(JSON length ERROR_VARIABLE missing LENGTH "${table}" ${ARGN})
  if(NOT missing AND length GREATER 0)
    math(EXPR last "${length} - 1")
    foreach(i RANGE ${last})
      string(JSON value GET "${table}" ${ARGN} ${i})
      list(APPEND values "${value}")
    endforeach()
  endif()
  set(${result} "${values}" PARENT_SCOPE)
endfunction()

# Everything is kept in global properties: TOPKIMA_RTL_BLOCKS are the names, and
# TOPKIMA_RTL_<name>_<FIELD> what the table says of a block or a module.
function(topkima_rtl_set name field value)
  set_property(GLOBAL PROPERTY TOPKIMA_RTL_${name}_${field} "${value}")
endfunction()

function(topkima_read_rtl_modules table)
  set(known "")
  string(JSON count LENGTH "${table}" modules)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    topkima_rtl_get(name "${table}" modules ${i} name)
    topkima_rtl_get(file "${table}" modules ${i} file)
    topkima_rtl_list(instantiated "${table}" modules ${i} instantiates)
    if(NOT EXISTS ${TOPKIMA_RTL_HOME}/${file})
      message(FATAL_ERROR "blocks.json: module ${name}: there is no file ${file}")
    endif()
    set(sources "")
    foreach(module ${instantiated})
      if(NOT module IN_LIST known)
        message(FATAL_ERROR "blocks.json: module ${name} instantiates ${module}, which does not stand before it")
      endif()
      get_property(files GLOBAL PROPERTY TOPKIMA_RTL_${module}_SOURCES)
      list(APPEND sources ${files})
    endforeach()
    list(APPEND sources ${TOPKIMA_RTL_HOME}/${file})
    list(REMOVE_DUPLICATES sources)
    topkima_rtl_set(${name} FILE "${file}")
    topkima_rtl_set(${name} SOURCES "${sources}")
    list(APPEND known ${name})
  endforeach()
  set_property(GLOBAL PROPERTY TOPKIMA_RTL_MODULES ${known})
endfunction()

# A block that is one: its twin and what drives that alone.
function(topkima_read_rtl_twin table i name)
  topkima_rtl_get(fidelity "${table}" blocks ${i} fidelity)
  topkima_rtl_get(top "${table}" blocks ${i} twin top)
  topkima_rtl_list(parameters "${table}" blocks ${i} twin parameters)
  topkima_rtl_get(testbench "${table}" blocks ${i} testbench top)
  topkima_rtl_list(runs "${table}" blocks ${i} testbench parameters)
  get_property(modules GLOBAL PROPERTY TOPKIMA_RTL_MODULES)
  if(NOT top IN_LIST modules)
    message(FATAL_ERROR "blocks.json: block ${name}: its twin's top, ${top}, is none of the modules")
  endif()
  topkima_rtl_set(${name} FIDELITY "${fidelity}")
  topkima_rtl_set(${name} TOP "${top}")
  topkima_rtl_set(${name} PARAMETERS "${parameters}")
  topkima_rtl_set(${name} TESTBENCH "${testbench}")
  topkima_rtl_set(${name} TESTBENCH_PARAMETERS "${runs}")
endfunction()

function(topkima_read_rtl_blocks file)
  file(READ ${file} table)
  string(JSON kind ERROR_VARIABLE broken TYPE "${table}")
  if(broken)
    message(FATAL_ERROR "${file}: ${broken}")
  endif()
  topkima_read_rtl_modules("${table}")
  set(names "")
  string(JSON count LENGTH "${table}" blocks)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    topkima_rtl_get(name "${table}" blocks ${i} name)
    foreach(field enumerator what one_per)
      topkima_rtl_get(value "${table}" blocks ${i} ${field})
      string(TOUPPER ${field} property)
      topkima_rtl_set(${name} ${property} "${value}")
    endforeach()
    if(NOT value MATCHES "^(crossbar|head|soc)$")
      message(FATAL_ERROR "blocks.json: block ${name}: one_per is ${value}; expected crossbar, head or soc")
    endif()
    topkima_rtl_list(macros "${table}" blocks ${i} macros)
    topkima_rtl_set(${name} MACROS "${macros}")
    topkima_rtl_list(parts "${table}" blocks ${i} parts)
    topkima_rtl_set(${name} PARTS "${parts}")
    if(NOT parts)
      topkima_read_rtl_twin("${table}" ${i} ${name})
    endif()
    foreach(part ${parts})
      if(NOT part IN_LIST names)
        message(FATAL_ERROR "blocks.json: block ${name} has a part ${part}, which does not stand before it")
      endif()
    endforeach()
    list(APPEND names ${name})
  endforeach()
  set_property(GLOBAL PROPERTY TOPKIMA_RTL_BLOCKS ${names})
endfunction()

# Whether a block is in the table, or the user's own, is for topkima_add_rtl to say; asked of others it is an error too.
function(topkima_expect_rtl_block name asker)
  get_property(names GLOBAL PROPERTY TOPKIMA_RTL_BLOCKS)
  get_property(own GLOBAL PROPERTY TOPKIMA_RTL_OWN_BLOCKS)
  list(APPEND names ${own})
  if(NOT name IN_LIST names)
    list(JOIN names ", " known)
    string(REGEX REPLACE ", ([^,]*)$" " or \\1" known "${known}")
    message(FATAL_ERROR "${asker} ${name}; expected ${known}")
  endif()
endfunction()

function(topkima_twin_sources result block)
  topkima_expect_rtl_block(${block} "twin of block")
  get_property(top GLOBAL PROPERTY TOPKIMA_RTL_${block}_TOP)
  if(NOT top)
    message(FATAL_ERROR "block ${block} has no twin: its parts have theirs")
  endif()
  get_property(sources GLOBAL PROPERTY TOPKIMA_RTL_${top}_SOURCES)
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

function(topkima_write_rtl_header file)
  get_property(names GLOBAL PROPERTY TOPKIMA_RTL_BLOCKS)
  set(RTL_ENUMERATORS "")
  set(RTL_WORDS "")
  set(RTL_FACTS "")
  foreach(name ${names})
    foreach(field ENUMERATOR WHAT ONE_PER MACROS PARTS FIDELITY)
      get_property(${field} GLOBAL PROPERTY TOPKIMA_RTL_${name}_${field})
    endforeach()
    set(macros every_macro)
    if(MACROS)
      list(TRANSFORM MACROS REPLACE "(.+)" "bit_of(SoftmaxMacro::\\1)" OUTPUT_VARIABLE macros)
      list(JOIN macros " | " macros)
    endif()
    set(parts "0")
    foreach(part ${PARTS})
      get_property(enumerator GLOBAL PROPERTY TOPKIMA_RTL_${part}_ENUMERATOR)
      string(APPEND parts " | bit_of(Block::${enumerator})")
    endforeach()
    set(fidelity nullptr)
    if(FIDELITY)
      set(fidelity "&BlockFidelity::${FIDELITY}")
    endif()
    string(APPEND RTL_ENUMERATORS "  ${ENUMERATOR},\n")
    string(APPEND RTL_WORDS "      {\"${name}\", Block::${ENUMERATOR}},\n")
    string(APPEND RTL_FACTS "    {\"${WHAT}\", OnePer::${ONE_PER}, ${macros}, ${parts}, ${fidelity}},\n")
  endforeach()
  configure_file(${TOPKIMA_RTL_HOME}/modules/config/rtl_blocks.h.in ${file} @ONLY)
endfunction()

# What a block has beside its entry, where it belongs: what it is made of in C++, and its page.
function(topkima_expect_rtl_parts)
  topkima_pin_table(table)
  get_property(names GLOBAL PROPERTY TOPKIMA_RTL_BLOCKS)
  foreach(name ${names})
    foreach(part modules/cosim/${name}_rtl.cpp platforms/cosim/${name}_block.cpp docs/pins/${name}.md)
      if(NOT EXISTS ${TOPKIMA_RTL_HOME}/${part})
        message(FATAL_ERROR "block ${name} of blocks.json lacks ${part} (CONTRIBUTING.md, a block's RTL)")
      endif()
    endforeach()
    topkima_pins_of(pins "${table}" ${name})
  endforeach()
endfunction()
