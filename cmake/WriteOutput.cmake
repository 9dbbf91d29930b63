# SPDX-License-Identifier: Apache-2.0
# cmake -DPROGRAM=... -DOPTION=... -DFILE=... -P WriteOutput.cmake: what the program prints with that option.
execute_process(COMMAND ${PROGRAM} ${OPTION} OUTPUT_FILE ${FILE} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ${OPTION}: ${result}")
endif()
