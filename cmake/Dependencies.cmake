# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian packages; scripts/setup installs them.

find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc tlm)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
find_package(Boost REQUIRED COMPONENTS program_options)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(nlohmann_json REQUIRED)
find_package(xtensor REQUIRED)

# oneDNN's own CMake package asks for OpenCL headers that Debian does not need.
find_library(DNNL_LIBRARY dnnl)
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
if(NOT DNNL_LIBRARY OR NOT DNNL_INCLUDE_DIR)
  message(FATAL_ERROR "oneDNN not found: install Debian's libdnnl-dev")
endif()

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
if(NOT RANDOM123_INCLUDE_DIR)
  message(FATAL_ERROR "Random123 not found: install Debian's librandom123-dev")
endif()

# A SystemC built for another C++ standard links with an unreadable error; say it here.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::SYSTEMC)
set(CMAKE_REQUIRED_FLAGS "-std=c++17")
check_cxx_source_compiles("#include <systemc>
int sc_main(int, char**) { return sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME; }"
  SYSTEMC_LINKS_AS_CXX17)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT SYSTEMC_LINKS_AS_CXX17)
  message(FATAL_ERROR "The SystemC found (${SYSTEMC_LINK_LIBRARIES}) does not link with C++17 code. "
    "It was built for another C++ standard: use Debian's libsystemc-dev, or build SystemC with "
    "-DCMAKE_CXX_STANDARD=17, and point PKG_CONFIG_PATH to it.")
endif()
message(STATUS "SystemC ${SYSTEMC_systemc_VERSION}: ${SYSTEMC_LINK_LIBRARIES}")
