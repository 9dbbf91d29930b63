# SPDX-License-Identifier: Apache-2.0
# A test in Python, beside the caller's CMakeLists.txt or elsewhere in the source tree. `seconds`: that it
# may take on an idle machine. PROPERTIES: of the test, beside its time limit; ENVIRONMENT: variables
# beside PYTHONPATH. One that cannot run, for want of a program say, ends with 77 and is skipped, or skips
# some of its cases. HEAVY: labelled so; it is run on request, with all that it needs, so that anything
# skipped is a failure.
function(topkima_python_test name script seconds)
  cmake_parse_arguments(ARG "HEAVY" "" "ARGUMENTS;ENVIRONMENT;PROPERTIES" ${ARGN})
  get_filename_component(script ${script} ABSOLUTE)
  add_test(NAME "${name}" COMMAND ${SYSTEM_PYTHON} ${script} ${ARG_ARGUMENTS})
  string(JOIN ":" path
    ${PROJECT_SOURCE_DIR}/testbenches/support
    ${PROJECT_SOURCE_DIR}/testbenches/platforms
    ${PROJECT_SOURCE_DIR}/testbenches/reference
    ${PROJECT_SOURCE_DIR}/testbenches/observe
    ${PROJECT_SOURCE_DIR}/examples/dpi
    ${PROJECT_SOURCE_DIR}/python)
  # A limit ends what hangs; a machine may be slow, or have other things to do.
  math(EXPR limit "10 * ${seconds}")
  set_tests_properties("${name}" PROPERTIES TIMEOUT ${limit}
    ENVIRONMENT "PYTHONPATH=${path};TOPKIMA_TOOLS=${PROJECT_BINARY_DIR}/platforms;${ARG_ENVIRONMENT}" ${ARG_PROPERTIES})
  if(ARG_HEAVY)
    set_tests_properties("${name}" PROPERTIES LABELS heavy
      FAIL_REGULAR_EXPRESSION "(OK|FAILED) \\([^\n]*skipped=")
  else()
    set_tests_properties("${name}" PROPERTIES SKIP_RETURN_CODE 77)
  endif()
endfunction()
