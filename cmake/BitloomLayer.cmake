# One library per layer of the design. `bitloom_layer(ir DEPENDS base)` in src/ir/CMakeLists.txt
#   - compiles every .cpp below the folder (but main.cpp, an executable's own) into the static library bitloom_ir, and
#   - every *_test.cpp beside them into the executable ir_test, whose cases ctest knows one by one; with ONE_PROCESS it runs them as one
#     test, for a layer whose processes start slowly.
# LIGHT: nothing in the layer computes for long, so -O1 is enough and compiles a third faster. PRECOMPILE: headers of other projects that
# most of its files include and that take seconds to parse. OWN_HEADERS: it compiles with flags of its own (OpenMP), with which it cannot
# use what was precompiled for the others.
# DEPENDS names the layers that this one may include; an include of any other layer does not link.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_package(Threads REQUIRED)

# -ffp-contract=off: a fused multiply-add on one machine and none on another would give two meanings to one graph.
add_library(bitloom_options INTERFACE)
target_compile_options(bitloom_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(bitloom_options INTERFACE -Wno-restrict)  # g++ 12 sees it in std::string's operator+ (GCC bug 105651)
endif()
if(BITLOOM_SANITIZE)
  target_compile_options(bitloom_options INTERFACE -fsanitize=${BITLOOM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(bitloom_options INTERFACE -fsanitize=${BITLOOM_SANITIZE})
endif()
target_include_directories(bitloom_options INTERFACE "${PROJECT_SOURCE_DIR}/src")

# Headers that nearly every file parses are precompiled, once for all layers with the same flags: a third of a clean build. The preset `debug`
# compiles without, so that a file which forgets an include is found.
set(BITLOOM_COMMON_HEADERS <algorithm> <cmath> <filesystem> <fmt/format.h> <fmt/ranges.h> <functional> <map> <numeric> <optional> <span>
    <string> <vector>)
set(BITLOOM_GRAPH_HEADERS ${BITLOOM_COMMON_HEADERS} "${PROJECT_SOURCE_DIR}/src/ir/graph.h")
set(BITLOOM_LIGHT_FLAGS $<$<CONFIG:Release>:-O1>)
set(BITLOOM_TEST_FLAGS $<$<CONFIG:Release>:-O0>)

# Precompiles `headers` for targets of the flags that follow. KIND: what add_executable or add_library makes, as position-independent code
# differs between them.
function(bitloom_precompile holder kind flags headers)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/precompiled/${holder}.cpp" CONTENT "int main() { return 0; }\n")
  if(kind STREQUAL "executable")
    add_executable(${holder} EXCLUDE_FROM_ALL "${PROJECT_BINARY_DIR}/precompiled/${holder}.cpp")
  else()
    add_library(${holder} OBJECT EXCLUDE_FROM_ALL "${PROJECT_BINARY_DIR}/precompiled/${holder}.cpp")
  endif()
  find_package(fmt REQUIRED)
  target_link_libraries(${holder} PRIVATE bitloom_options fmt::fmt ${ARGN})
  target_compile_options(${holder} PRIVATE ${flags})
  target_precompile_headers(${holder} PRIVATE ${headers})
endfunction()
bitloom_precompile(bitloom_headers library "" "${BITLOOM_COMMON_HEADERS}")
bitloom_precompile(bitloom_headers_light library "${BITLOOM_LIGHT_FLAGS}" "${BITLOOM_COMMON_HEADERS}")
bitloom_precompile(bitloom_graph_headers library "" "${BITLOOM_GRAPH_HEADERS}")
bitloom_precompile(bitloom_graph_headers_light library "${BITLOOM_LIGHT_FLAGS}" "${BITLOOM_GRAPH_HEADERS}")

# For tests: the code that they test is optimized, they are not.
if(BITLOOM_TESTS)
  bitloom_precompile(bitloom_test_headers executable "${BITLOOM_TEST_FLAGS}" "${BITLOOM_GRAPH_HEADERS};<gmock/gmock.h>;<gtest/gtest.h>"
                     GTest::gtest GTest::gmock)
endif()
function(bitloom_compile_quickly target)
  target_compile_options(${target} PRIVATE ${BITLOOM_TEST_FLAGS})
  target_precompile_headers(${target} REUSE_FROM bitloom_test_headers)
endfunction()

function(bitloom_layer name)
  cmake_parse_arguments(arg "LIGHT;ONE_PROCESS;OWN_HEADERS" "" "DEPENDS;LIBRARIES;PRECOMPILE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM arg_DEPENDS PREPEND bitloom_)

  add_library(bitloom_${name} STATIC ${sources})
  target_link_libraries(bitloom_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} Threads::Threads PRIVATE bitloom_options)
  target_include_directories(bitloom_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  set(headers ${BITLOOM_COMMON_HEADERS})
  set(holder bitloom_headers)
  if(name STREQUAL "ir" OR "bitloom_ir" IN_LIST arg_DEPENDS)
    set(headers ${BITLOOM_GRAPH_HEADERS})
    set(holder bitloom_graph_headers)
  endif()
  if(arg_LIGHT)
    string(APPEND holder _light)
    target_compile_options(bitloom_${name} PRIVATE ${BITLOOM_LIGHT_FLAGS})
  endif()
  if(arg_OWN_HEADERS OR arg_PRECOMPILE)
    target_precompile_headers(bitloom_${name} PRIVATE ${headers} ${arg_PRECOMPILE})
  else()
    target_precompile_headers(bitloom_${name} REUSE_FROM ${holder})
  endif()

  if(BITLOOM_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE bitloom_${name} bitloom_options GTest::gtest GTest::gmock GTest::gtest_main)
    if(arg_OWN_HEADERS)
      target_compile_options(${name}_test PRIVATE ${BITLOOM_TEST_FLAGS})
      target_precompile_headers(${name}_test PRIVATE ${headers} <gmock/gmock.h> <gtest/gtest.h>)
    else()
      bitloom_compile_quickly(${name}_test)
    endif()
    if(arg_ONE_PROCESS)
      add_test(NAME "${name}/all" COMMAND ${name}_test)
      set_tests_properties("${name}/all" PROPERTIES ENVIRONMENT "BITLOOM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
    else()
      gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_MODE PRE_TEST
                           PROPERTIES ENVIRONMENT "BITLOOM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
    endif()
  endif()
endfunction()
