// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Verilator's run time says goes through the library that it is a part of, which keeps what an
// assertion says. The run time is compiled with this in front (cmake/AddRtl.cmake).

int topkima_rtl_print(const char* format, ...);

#define VL_PRINTF topkima_rtl_print
