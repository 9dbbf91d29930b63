# SPDX-License-Identifier: Apache-2.0
# Makes one file of C++ of a block's RTL, while a project is built:
#
#   cmake -DRTL=DESCRIPTION [-DLINT=ON] -P TranslateRtl.cmake
#
# DESCRIPTION sets what topkima_add_rtl was given as RTL_<ARGUMENT> and RTL_FOLDER, from which names in it are seen,
# RTL_PINS, the user's own file of pins, if the block is his, RTL_HOME, where topkima's sources lie, RTL_WORK, a folder for what is made, RTL_TARGET, which becomes
# RTL_WORK/RTL_TARGET.cpp, and RTL_VERILATOR, RTL_VERILATOR_ROOT and RTL_TOOL, which Verilator that is.
# RTL_TARGET.d beside it lists all that was read. LINT: no file is made; all of Verilator's warnings count.

cmake_minimum_required(VERSION 3.20)
include(${RTL})
set(TOPKIMA_RTL_HOME ${RTL_HOME})
include(${CMAKE_CURRENT_LIST_DIR}/RtlPins.cmake)

# Warnings that do not mean bad style but that the compiled block may do something else than the RTL says, or than
# another simulator makes of it, with what to do. Others are shown and stop nothing: where they are right, all
# simulators that know two values agree on what happens.
set(MISLEADING
  "UNOPTFLAT|Verilator may compute a signal that feeds itself in the wrong order: split it, by a comment \
/*verilator split_var*/ behind its name or by split_var in a .vlt file among SOURCES"
  "MULTIDRIVEN|which driver wins depends on the order of processes: drive each signal from one"
  "COMBDLY|Verilator assigns at once what others assign later: use = in combinational processes"
  "BLKANDNBLK|the order of the two kinds of assignment is not defined: use one of them"
  "ALWCOMBORDER|a process reads what it assigns only later: assign first"
  "LATCH|a latch sees the moments within a cycle, in which pins still change: assign in every branch"
  "IMPLICIT|a name that is not declared becomes a wire of one bit: declare it"
  "SELRANGE|bits that are not there are read as others: select within the range"
  "MODDUP|a module is there twice, and the first is taken: rename one of them")

# What of a block can be seen in waveforms: its signals, elements of arrays one by one, both up to a size. It is built
# into every library: a run that shows nothing is as fast without (docs/cosimulation.md has figures).
set(INSIDE --trace --no-trace-params --trace-max-array 256 --trace-max-width 4096)

# Ends the translation with a line, which CMake would break.
macro(refuse why)
  message(NOTICE "${RTL_TARGET}: ${why}")
  message(FATAL_ERROR "${RTL_TARGET} cannot be built")
endmacro()

# What is written in VHDL, in Verilog.
function(translate_vhdl result)
  find_program(GHDL ghdl)
  if(NOT GHDL)
    refuse("it is VHDL, which needs ghdl: install Debian's package ghdl")
  endif()
  set(generics ${RTL_PARAMETERS})
  list(TRANSFORM generics PREPEND -g)
  execute_process(WORKING_DIRECTORY ${RTL_FOLDER} RESULT_VARIABLE failed OUTPUT_FILE ${RTL_WORK}/vhdl.v
    COMMAND ${GHDL} --synth --std=08 --workdir=${RTL_WORK} --out=verilog ${generics} ${RTL_SOURCES} -e ${RTL_TOP})
  if(failed)
    refuse("ghdl does not take its sources")
  endif()
  set(${result} ${RTL_WORK}/vhdl.v PARENT_SCOPE)
endfunction()

# The cells that yosys writes netlists of, for those that a netlist does not bring itself.
function(find_cells result)
  find_path(YOSYS_CELLS simcells.v HINTS /usr/share/yosys)
  if(NOT YOSYS_CELLS)
    refuse("it is a NETLIST, which needs yosys's simcells.v: install Debian's package yosys")
  endif()
  set(${result} -v ${YOSYS_CELLS}/simcells.v -v ${YOSYS_CELLS}/simlib.v PARENT_SCOPE)
endfunction()

# The part of Verilator's command line that says what is translated.
function(tell_verilator command)
  set(sources ${RTL_SOURCES})
  set(parameters ${RTL_PARAMETERS})
  set(options ${RTL_VERILATOR_ARGS})
  if(RTL_LANGUAGE STREQUAL "VHDL")
    translate_vhdl(sources)
    set(parameters "")
  endif()
  if(RTL_NETLIST)
    find_cells(cells)
    list(APPEND options ${cells})
    set(parameters "")
  endif()
  foreach(folder ${RTL_INCLUDE_DIRS})
    list(APPEND options -y ${folder})
  endforeach()
  foreach(define ${RTL_DEFINES})
    list(APPEND options -D${define})
  endforeach()
  foreach(list ${RTL_FILE_LIST})
    list(APPEND options -f ${list})
  endforeach()
  if(RTL_ASSERTIONS)
    list(APPEND options --assert -DTOPKIMA_ASSERT)
  endif()
  if(RTL_COVERAGE)
    list(APPEND options --coverage)
  endif()
  topkima_pin_table(table ${RTL_PINS})
  topkima_rtl_shell(shell "${table}" ${RTL_BLOCK} ${RTL_TOP} "${parameters}" "${RTL_PARAMETERS};${RTL_CONSTANTS}")
  file(WRITE ${RTL_WORK}/topkima_shell.sv "${shell}")
  set(result --no-timing -Wno-fatal --top-module topkima_shell ${options}
    ${sources} ${RTL_WORK}/topkima_shell.sv)
  set(${command} ${result} PARENT_SCOPE)
endfunction()

# Runs Verilator and says what it says: all of its warnings, of which some come in lint alone.
function(verilate)
  execute_process(WORKING_DIRECTORY ${RTL_FOLDER} RESULT_VARIABLE failed OUTPUT_VARIABLE text ERROR_VARIABLE text
    COMMAND ${RTL_VERILATOR} ${ARGN})
  if(text)
    message(NOTICE "${text}")
  endif()
  judge_pins("${text}")
  if(failed)
    refuse("Verilator does not take its sources")
  endif()
  judge_warnings("${text}")
endfunction()

# What Verilator says of the shell is about the user's pins.
function(judge_pins said)
  set(problems "")
  string(REGEX MATCHALL "[^\n]*topkima_shell.sv:[^\n]*" lines "${said}")
  foreach(line ${lines})
    if(line MATCHES "WIDTH.* port connection '([^']+)' expects ([0-9]+) bits.* generates ([0-9]+) bits")
      list(APPEND problems
        "pin ${CMAKE_MATCH_1} has ${CMAKE_MATCH_2} bits; expected ${CMAKE_MATCH_3}")
    elseif(line MATCHES "Parameter pin not found: '([^']+)'")
      list(APPEND problems "there is no parameter ${CMAKE_MATCH_1}")
    elseif(line MATCHES "PINNOTFOUND.*: '([^']+)'")
      list(APPEND problems "there is no pin ${CMAKE_MATCH_1}")
    elseif(line MATCHES "PINMISSING.*: '([^']+)'")
      list(APPEND problems "pin ${CMAKE_MATCH_1} is not one of the block's")
    elseif(line MATCHES "UNDRIVEN.*: '([^']+)'")
      list(APPEND problems "pin ${CMAKE_MATCH_1} is an input; expected an output")
    elseif(line MATCHES "ASSIGNIN.*: '([^']+)'")
      list(APPEND problems "pin ${CMAKE_MATCH_1} is an output; expected an input")
    endif()
  endforeach()
  if(problems)
    list(REMOVE_DUPLICATES problems)
    list(JOIN problems "; " problems)
    set(contract docs/pins/${RTL_BLOCK}.md)
    if(RTL_PINS)
      get_filename_component(contract ${RTL_PINS} NAME)
    endif()
    refuse("${problems} (${contract})")
  endif()
endfunction()

function(judge_warnings said)
  set(advice "")
  foreach(warning ${MISLEADING})
    string(REGEX MATCH "^([A-Z]+)[|](.*)$" warning "${warning}")
    set(code ${CMAKE_MATCH_1})
    set(what "${CMAKE_MATCH_2}")
    if(said MATCHES "%Warning-${code}: ([^\n]*):[0-9]+: ")
      string(APPEND advice "${RTL_TARGET}: ${code} at ${CMAKE_MATCH_1}: ${what}\n")
    endif()
  endforeach()
  if(advice)
    message(NOTICE "${advice}")
    refuse("what Verilator makes of it may not do what the RTL says. Who knows better silences a warning where it is, \
by /*verilator lint_off CODE*/, or by VERILATOR_ARGS -Wno-CODE")
  endif()
endfunction()

# The digest of all that was read, wherever it lies and whatever folders are called: sources in their order, then what
# they include, and how they were translated. DEPFILE is written. RTL_FILES becomes a line for each file: its own
# digest and where it lies, for a library that counts lines.
function(digest_of_sources result)
  include(${RTL_WORK}/verilated/${RTL_CLASS}.cmake)
  set(named ${RTL_SOURCES})
  set(all ${named} ${RTL_FILE_LIST} ${${RTL_CLASS}_DEPS})
  set(digests "")
  set(others "")
  set(depends "")
  set(seen "")
  set(files "")
  if(RTL_LANGUAGE STREQUAL "VHDL")
    file(SHA256 ${RTL_WORK}/vhdl.v digest)
    set(files "${digest} ${RTL_WORK}/vhdl.v\n")
  endif()
  foreach(file ${all})
    get_filename_component(file ${file} ABSOLUTE BASE_DIR ${RTL_FOLDER})
    string(FIND "${file}" "${RTL_VERILATOR_ROOT}/" in_verilator)
    string(FIND "${file}" "${RTL_WORK}/" made)
    if(file IN_LIST seen OR file STREQUAL RTL_VERILATOR OR in_verilator EQUAL 0 OR made EQUAL 0)
      continue()
    endif()
    list(APPEND seen ${file})
    file(SHA256 ${file} digest)
    string(APPEND files "${digest} ${file}\n")
    if(file IN_LIST named)
      string(APPEND digests ${digest})
    else()
      list(APPEND others ${digest})
    endif()
    string(REPLACE "$" "$$" file "${file}")
    string(REGEX REPLACE "([ #])" "\\\\\\1" file "${file}")
    string(APPEND depends " \\\n  ${file}")
  endforeach()
  list(SORT others)
  set(how "${RTL_DEFINES}|${RTL_VERILATOR_ARGS}|${RTL_ASSERTIONS}")
  string(REPLACE "${RTL_FOLDER}/" "" how "${how}")
  string(SHA256 digest "${digests}${others}${how}")
  string(SUBSTRING ${digest} 0 12 digest)
  set(${result} ${digest} PARENT_SCOPE)
  set(RTL_FILES "")
  if(RTL_COVERAGE)
    set(RTL_FILES "${files}")
  endif()
  set(RTL_FILES "${RTL_FILES}" PARENT_SCOPE)
  string(REPLACE " " "\\ " unit "${RTL_WORK}/${RTL_TARGET}.cpp")
  file(WRITE ${RTL_WORK}/${RTL_TARGET}.d "${unit}:${depends}\n")
endfunction()

function(write_unit)
  digest_of_sources(RTL_DIGEST)
  include(${RTL_WORK}/verilated/${RTL_CLASS}.cmake)
  set(RTL_SHOWS_INSIDE ${${RTL_CLASS}_TRACE_VCD})
  list(JOIN RTL_PARAMETERS " " parameters)
  list(JOIN RTL_CONSTANTS " " constants)
  string(STRIP "${parameters} ${constants}" RTL_PARAMETER_TEXT)
  set(RTL_CONTRACT cosim/pin_contract.h)
  set(RTL_SCOPE topkima::cosim)
  if(RTL_PINS)
    set(RTL_CONTRACT ${RTL_BLOCK}_pins.h)
    set(RTL_SCOPE ${RTL_BLOCK}_pins)
  endif()
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/rtl_glue.cpp.in ${RTL_WORK}/glue.cpp @ONLY)
  set(unit "#include \"glue.cpp\"\n")
  foreach(part CLASSES_FAST SUPPORT_FAST CLASSES_SLOW SUPPORT_SLOW)
    foreach(file ${${RTL_CLASS}_${part}})
      get_filename_component(file ${file} NAME)
      string(APPEND unit "#include \"verilated/${file}\"\n")
    endforeach()
  endforeach()
  file(WRITE ${RTL_WORK}/${RTL_TARGET}.cpp "${unit}")
endfunction()

set(RTL_CLASS Vtopkima_shell)
file(MAKE_DIRECTORY ${RTL_WORK})
tell_verilator(command)
if(LINT)
  verilate(--lint-only -Wall -Wno-DECLFILENAME ${command})
else()
  file(REMOVE_RECURSE ${RTL_WORK}/verilated)
  verilate(--lint-only -Wwarn-UNDRIVEN ${command})
  verilate(--sc --make cmake --Mdir ${RTL_WORK}/verilated --prefix ${RTL_CLASS} --x-assign unique --x-initial unique
    -Wno-lint ${INSIDE} ${command})
  write_unit()
endif()
