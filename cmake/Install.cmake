# SPDX-License-Identifier: Apache-2.0
# Where things lie in a prefix, and what puts them there (docs/embedding.md). The tools find data and
# RTL by these places, as seen from their own; the Python package (python/topkima/places.py) looks
# for data and tools in the prefix that it lies in.

include(GNUInstallDirs)
set(TOPKIMA_INSTALL_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR}/topkima)
set(TOPKIMA_INSTALL_CMAKE ${CMAKE_INSTALL_LIBDIR}/cmake/topkima)
set(TOPKIMA_INSTALL_RTL ${CMAKE_INSTALL_LIBDIR}/topkima/rtl)  # libraries that the tools load
set(TOPKIMA_INSTALL_PYTHON lib/python3/dist-packages)
set(TOPKIMA_INSTALL_SHARE share/topkima)
# As the tools see them (modules/files/shipped.h).
file(RELATIVE_PATH TOPKIMA_RTL_FROM_TOOLS /${CMAKE_INSTALL_BINDIR} /${TOPKIMA_INSTALL_RTL})
file(RELATIVE_PATH TOPKIMA_DATA_FROM_TOOLS /${CMAKE_INSTALL_BINDIR} /${TOPKIMA_INSTALL_SHARE}/data)
# A build has its data beside the folder of its tools, too.
if(NOT PROJECT_BINARY_DIR STREQUAL PROJECT_SOURCE_DIR)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/data ${PROJECT_BINARY_DIR}/data SYMBOLIC)
endif()

# A library of topkima_library's, and the headers of its folder: once, where several share it, and
# none twice under one name, since all folders of headers become one.
function(topkima_install_library name target room)
  cmake_parse_arguments(ARG "" "" "LINK;NEEDS" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY TOPKIMA_LIBRARIES ${name})
  set_property(GLOBAL PROPERTY TOPKIMA_LINK_${name} ${ARG_LINK})
  set_property(GLOBAL PROPERTY TOPKIMA_NEEDS_${name} ${ARG_NEEDS})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  if(NOT TOPKIMA_INSTALL)
    return()
  endif()
  install(TARGETS ${target} EXPORT topkima ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

  topkima_glob(headers ${CMAKE_CURRENT_SOURCE_DIR}/${room} *.h)
  get_property(known GLOBAL PROPERTY TOPKIMA_HEADERS)
  foreach(name ${headers})
    set(included ${room}/${name})
    set(header ${CMAKE_CURRENT_SOURCE_DIR}/${included})
    if(header IN_LIST known)
      continue()
    endif()
    if("${known}" MATCHES "/(modules|platforms)/${included}(;|$)")
      message(FATAL_ERROR "${header}: another folder has a header of the name ${included}")
    endif()
    list(APPEND known ${header})
    get_filename_component(folder ${included} DIRECTORY)
    install(FILES ${header} DESTINATION ${TOPKIMA_INSTALL_INCLUDE}/${folder})
  endforeach()
  set_property(GLOBAL PROPERTY TOPKIMA_HEADERS "${known}")
endfunction()

# A header that is made, of a folder of headers.
function(topkima_install_header header folder)
  if(TOPKIMA_INSTALL)
    install(FILES ${header} DESTINATION ${TOPKIMA_INSTALL_INCLUDE}/${folder})
  endif()
endfunction()

# What a library needs of others, with all that it links.
function(topkima_all_needs name result)
  get_property(link GLOBAL PROPERTY TOPKIMA_LINK_${name})
  get_property(needs GLOBAL PROPERTY TOPKIMA_NEEDS_${name})
  foreach(other ${link})
    string(REPLACE topkima_ "" other ${other})
    topkima_all_needs(${other} more)
    list(APPEND needs ${more})
  endforeach()
  list(REMOVE_DUPLICATES needs)
  set(${result} "${needs}" PARENT_SCOPE)
endfunction()

# libtopkima_arith and its header, a component of its own (docs/c-library.md).
function(topkima_install_c_library target header)
  add_library(topkima::arith_c ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME arith_c)
  set_property(GLOBAL APPEND PROPERTY TOPKIMA_LIBRARIES arith_c)
  if(TOPKIMA_INSTALL)
    install(TARGETS ${target} EXPORT topkima
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT arith_c)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT arith_c)
  endif()
endfunction()

# A program of this project's: one that users run. What it tells of itself goes beside it, as a manual page and as
# completion for bash.
function(topkima_install_tool target)
  if(NOT TOPKIMA_INSTALL)
    return()
  endif()
  set_target_properties(${target} PROPERTIES INSTALL_RPATH_USE_LINK_PATH TRUE)
  install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set(manual ${CMAKE_CURRENT_BINARY_DIR}/${target}.1)
  set(completion ${CMAKE_CURRENT_BINARY_DIR}/${target}.bash)
  foreach(option manual completion)
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM BYPRODUCTS ${${option}}
      COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -DOPTION=--print-${option} -DFILE=${${option}}
              -P ${PROJECT_SOURCE_DIR}/cmake/WriteOutput.cmake)
  endforeach()
  install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${target})
endfunction()

# The package's commands: scripts/NAME, a link to scripts/topkima, becomes bin/topkima-NAME, which finds the package
# in the prefix.
function(topkima_install_commands)
  file(RELATIVE_PATH package /${CMAKE_INSTALL_BINDIR} /${TOPKIMA_INSTALL_PYTHON})
  file(READ ${PROJECT_SOURCE_DIR}/scripts/topkima text)
  string(REPLACE "parents[1] / \"python\"" "parent / \"${package}\"" installed "${text}")
  if(installed STREQUAL text)
    message(FATAL_ERROR "scripts/topkima: does not name the package's folder as expected here")
  endif()
  topkima_glob(scripts ${PROJECT_SOURCE_DIR}/scripts *)
  foreach(name ${scripts})
    if(NOT IS_SYMLINK ${PROJECT_SOURCE_DIR}/scripts/${name})
      continue()
    endif()
    file(WRITE ${PROJECT_BINARY_DIR}/commands/topkima-${name} "${installed}")
    install(PROGRAMS ${PROJECT_BINARY_DIR}/commands/topkima-${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
  endforeach()
endfunction()

# What find_package(topkima) reads.
function(topkima_install_package)
  include(CMakePackageConfigHelpers)
  get_property(libraries GLOBAL PROPERTY TOPKIMA_LIBRARIES)
  set(TOPKIMA_NEEDS "")
  foreach(name ${libraries})
    topkima_all_needs(${name} needs)
    string(APPEND TOPKIMA_NEEDS "set(topkima_needs_${name} \"${needs}\")\n")
  endforeach()
  get_property(TOPKIMA_SYSTEMC_VERSION_BUILT GLOBAL PROPERTY TOPKIMA_SYSTEMC_VERSION)
  get_property(TOPKIMA_SYSTEMC_HINT GLOBAL PROPERTY TOPKIMA_SYSTEMC_PLACE)
  if(NOT IS_DIRECTORY "${TOPKIMA_SYSTEMC_HINT}")  # found by pkg-config, which finds it again
    set(TOPKIMA_SYSTEMC_HINT "")
  endif()
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/topkimaConfig.cmake.in
    ${PROJECT_BINARY_DIR}/topkimaConfig.cmake
    INSTALL_DESTINATION ${TOPKIMA_INSTALL_CMAKE} PATH_VARS TOPKIMA_INSTALL_SHARE NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/topkimaConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/topkimaConfig.cmake ${PROJECT_BINARY_DIR}/topkimaConfigVersion.cmake
                ${PROJECT_SOURCE_DIR}/cmake/Dependencies.cmake
                ${PROJECT_SOURCE_DIR}/cmake/AddRtl.cmake ${PROJECT_SOURCE_DIR}/cmake/RtlBlocks.cmake
                ${PROJECT_SOURCE_DIR}/cmake/RtlPins.cmake ${PROJECT_SOURCE_DIR}/cmake/TranslateRtl.cmake
                ${PROJECT_SOURCE_DIR}/cmake/rtl_glue.cpp.in ${PROJECT_SOURCE_DIR}/cmake/pin_contract.h.in
    DESTINATION ${TOPKIMA_INSTALL_CMAKE})
  install(EXPORT topkima NAMESPACE topkima:: FILE topkimaTargets.cmake DESTINATION ${TOPKIMA_INSTALL_CMAKE})
endfunction()

# All that is no target, when every library is known.
function(topkima_install_rest)
  if(NOT TOPKIMA_INSTALL)
    return()
  endif()
  topkima_install_package()
  topkima_install_commands()
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/topkima DESTINATION ${TOPKIMA_INSTALL_PYTHON}
    PATTERN __pycache__ EXCLUDE)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/data DESTINATION ${TOPKIMA_INSTALL_SHARE})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/scripts/studies DESTINATION ${TOPKIMA_INSTALL_SHARE}
    PATTERN results EXCLUDE)
  # The twins lie there as data/rtl/blocks.json names them.
  get_property(modules GLOBAL PROPERTY TOPKIMA_RTL_MODULES)
  foreach(module ${modules})
    get_property(file GLOBAL PROPERTY TOPKIMA_RTL_${module}_FILE)
    get_filename_component(folder ${file} DIRECTORY)
    install(FILES ${PROJECT_SOURCE_DIR}/${file} DESTINATION ${TOPKIMA_INSTALL_SHARE}/${folder})
  endforeach()
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
