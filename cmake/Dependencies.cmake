# SPDX-License-Identifier: Apache-2.0
# What topkima needs of others, each found when the first library asks for it: in this build, and
# where a project asks find_package(topkima) for that library, by the same words.
#
#   topkima_need(NAME PROBLEM)   makes the target topkima::NAME; PROBLEM: a variable, empty, or why not
#
# Everything comes from Debian packages; scripts/setup installs them.

set(TOPKIMA_HEADER_ONLY json random123)
set(TOPKIMA_DEPENDENCIES systemc boost crypto onednn openmp zip ${TOPKIMA_HEADER_ONLY})

# A library, and headers where they are not on the compiler's own path.
function(topkima_found name)
  cmake_parse_arguments(ARG "" "INCLUDE" "LINK" ${ARGN})
  add_library(topkima::${name} INTERFACE IMPORTED ${TOPKIMA_IMPORTED_SCOPE})
  set_target_properties(topkima::${name} PROPERTIES
    INTERFACE_LINK_LIBRARIES "${ARG_LINK}"
    INTERFACE_INCLUDE_DIRECTORIES "${ARG_INCLUDE}")
endfunction()

# SystemC by its CMake package, which CMAKE_PREFIX_PATH leads to, else by pkg-config. A project that
# builds SystemC itself has the target already.
macro(topkima_need_systemc)
  if(NOT TARGET SystemC::systemc)
    find_package(SystemCLanguage CONFIG QUIET HINTS ${TOPKIMA_SYSTEMC_HINT})
  endif()
  if(TARGET SystemC::systemc)
    set(library SystemC::systemc)
    string(REGEX MATCH "^[0-9]+[.][0-9]+[.][0-9]+" version "${SystemCLanguage_VERSION}")
    set(where ${SystemCLanguage_DIR})
  else()
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(TOPKIMA_SYSTEMC QUIET IMPORTED_TARGET ${TOPKIMA_IMPORTED_SCOPE} systemc tlm)
    endif()
    set(library PkgConfig::TOPKIMA_SYSTEMC)
    set(version ${TOPKIMA_SYSTEMC_systemc_VERSION})
    set(where ${TOPKIMA_SYSTEMC_LINK_LIBRARIES})
  endif()
  if(NOT TARGET ${library})
    set(problem "SystemC not found: install Debian's libsystemc-dev, or name the prefix of another one in \
CMAKE_PREFIX_PATH")
  elseif(TOPKIMA_SYSTEMC_VERSION_BUILT AND version AND NOT version STREQUAL TOPKIMA_SYSTEMC_VERSION_BUILT)
    set(problem "SystemC ${version} (${where}) is not the ${TOPKIMA_SYSTEMC_VERSION_BUILT} that topkima was built \
with: name that one's prefix in CMAKE_PREFIX_PATH")
  else()
    topkima_found(systemc LINK ${library})
    # sc_spawn is hidden without this.
    set_property(TARGET topkima::systemc PROPERTY
      INTERFACE_COMPILE_DEFINITIONS SC_INCLUDE_DYNAMIC_PROCESSES)
    set_property(GLOBAL PROPERTY TOPKIMA_SYSTEMC_VERSION "${version}")
    set_property(GLOBAL PROPERTY TOPKIMA_SYSTEMC_PLACE "${where}")
  endif()
endmacro()

macro(topkima_need_boost)
  find_package(Boost QUIET COMPONENTS program_options)
  if(TARGET Boost::program_options)
    topkima_found(boost LINK Boost::program_options)
  else()
    set(problem "Boost.Program_options not found: install Debian's libboost-program-options-dev")
  endif()
endmacro()

macro(topkima_need_crypto)
  find_package(OpenSSL QUIET COMPONENTS Crypto)
  if(TARGET OpenSSL::Crypto)
    topkima_found(crypto LINK OpenSSL::Crypto)
  else()
    set(problem "OpenSSL not found: install Debian's libssl-dev")
  endif()
endmacro()

# oneDNN's own CMake package asks for OpenCL headers that Debian does not need.
macro(topkima_need_onednn)
  find_library(TOPKIMA_DNNL_LIBRARY dnnl)
  find_path(TOPKIMA_DNNL_INCLUDE oneapi/dnnl/dnnl.hpp)
  mark_as_advanced(TOPKIMA_DNNL_LIBRARY TOPKIMA_DNNL_INCLUDE)
  if(TOPKIMA_DNNL_LIBRARY AND TOPKIMA_DNNL_INCLUDE)
    topkima_found(onednn LINK ${TOPKIMA_DNNL_LIBRARY} INCLUDE ${TOPKIMA_DNNL_INCLUDE})
  else()
    set(problem "oneDNN not found: install Debian's libdnnl-dev")
  endif()
endmacro()

macro(topkima_need_openmp)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(TARGET OpenMP::OpenMP_CXX)
    topkima_found(openmp LINK OpenMP::OpenMP_CXX)
  else()
    set(problem "the compiler has no OpenMP: with clang install Debian's libomp-dev")
  endif()
endmacro()

macro(topkima_need_json)
  find_package(nlohmann_json QUIET)
  if(TARGET nlohmann_json::nlohmann_json)
    topkima_found(json LINK nlohmann_json::nlohmann_json)
  else()
    set(problem "nlohmann_json not found: install Debian's nlohmann-json3-dev")
  endif()
endmacro()

macro(topkima_need_zip)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(TOPKIMA_ZIP QUIET IMPORTED_TARGET ${TOPKIMA_IMPORTED_SCOPE} libzip)
  endif()
  if(TARGET PkgConfig::TOPKIMA_ZIP)
    topkima_found(zip LINK PkgConfig::TOPKIMA_ZIP)
  else()
    set(problem "libzip not found: install Debian's libzip-dev and pkg-config")
  endif()
endmacro()

macro(topkima_need_random123)
  find_path(TOPKIMA_RANDOM123_INCLUDE Random123/philox.h)
  mark_as_advanced(TOPKIMA_RANDOM123_INCLUDE)
  if(TOPKIMA_RANDOM123_INCLUDE)
    topkima_found(random123 INCLUDE ${TOPKIMA_RANDOM123_INCLUDE})
  else()
    set(problem "Random123 not found: install Debian's librandom123-dev")
  endif()
endmacro()

function(topkima_need name result)
  set(problem "")
  if(NOT name IN_LIST TOPKIMA_DEPENDENCIES)
    message(FATAL_ERROR "topkima_need: ${name} is none of ${TOPKIMA_DEPENDENCIES}")
  endif()
  if(NOT TARGET topkima::${name})
    # What others bring is as visible as what is made of it.
    if(TOPKIMA_IMPORTED_SCOPE)
      set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)
    endif()
    cmake_language(CALL topkima_need_${name})
  endif()
  set(${result} "${problem}" PARENT_SCOPE)
endfunction()

# A SystemC built for another C++ standard links with an unreadable error: sets `result` to a readable one,
# or to nothing.
function(topkima_check_standard standard result)
  get_property(version GLOBAL PROPERTY TOPKIMA_SYSTEMC_VERSION)
  get_property(where GLOBAL PROPERTY TOPKIMA_SYSTEMC_PLACE)
  set(checked "C++${standard}, SystemC ${version}, ${where}, ${CMAKE_CXX_COMPILER}")
  if(NOT TOPKIMA_STANDARD_CHECKED STREQUAL checked)  # another one than last time
    unset(TOPKIMA_SYSTEMC_LINKS CACHE)
  endif()
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_QUIET TRUE)
  set(CMAKE_REQUIRED_LIBRARIES topkima::systemc)
  set(CMAKE_REQUIRED_FLAGS "-std=c++${standard}")
  check_cxx_source_compiles("#include <systemc>
int sc_main(int, char**) { return sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME; }"
    TOPKIMA_SYSTEMC_LINKS)
  set(TOPKIMA_STANDARD_CHECKED "${checked}" CACHE INTERNAL "What TOPKIMA_SYSTEMC_LINKS is about")
  set(${result} "" PARENT_SCOPE)
  if(NOT TOPKIMA_SYSTEMC_LINKS)
    set(${result} "SystemC ${version} (${where}) does not link with C++${standard} code: it was built for another C++ \
standard. Use Debian's libsystemc-dev, which is C++17, name in CMAKE_PREFIX_PATH the prefix of a SystemC built with \
-DCMAKE_CXX_STANDARD=${standard}, or build topkima with -DTOPKIMA_CXX_STANDARD= that of the SystemC found." PARENT_SCOPE)
  endif()
endfunction()
