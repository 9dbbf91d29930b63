# SPDX-License-Identifier: Apache-2.0
# Plotly minified, for the pages: build/pages/plotly.min.js, in a prefix beside the package's page files
# (python/topkima/places.py). Without esbuild, or without Plotly's Python package, pages hold it as the
# package has it.

find_program(TOPKIMA_ESBUILD esbuild)
mark_as_advanced(TOPKIMA_ESBUILD)
find_program(SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
set(plotly_found 1)
if(TOPKIMA_ESBUILD AND SYSTEM_PYTHON)
  execute_process(COMMAND ${SYSTEM_PYTHON} -c "import plotly; print(plotly.__file__)"
    RESULT_VARIABLE plotly_found OUTPUT_VARIABLE plotly ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(plotly_found EQUAL 0)
  set(page_plotly ${PROJECT_BINARY_DIR}/pages/plotly.min.js)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/pages)
  add_custom_command(OUTPUT ${page_plotly}
    COMMAND ${SYSTEM_PYTHON} ${PROJECT_SOURCE_DIR}/cmake/minify_plotly.py ${TOPKIMA_ESBUILD} ${page_plotly}
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/minify_plotly.py ${plotly}
    COMMENT "Minifying Plotly" VERBATIM)
  add_custom_target(pages ALL DEPENDS ${page_plotly})
  if(TOPKIMA_INSTALL)
    install(FILES ${page_plotly} DESTINATION ${TOPKIMA_INSTALL_PYTHON}/topkima/exploration/page OPTIONAL)
  endif()
else()
  message(STATUS "Pages will be larger: esbuild or python3-plotly is not installed")
endif()
