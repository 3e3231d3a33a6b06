# One library per layer of the design. `bitloom_layer(ir DEPENDS base)` in src/ir/CMakeLists.txt
#   - compiles every .cpp below the folder (but main.cpp, an executable's own) into the static library bitloom_ir, and
#   - every *_test.cpp beside them into the executable ir_test, whose cases ctest knows one by one; with ONE_PROCESS it runs them as one
#     test, for a layer whose processes start slowly.
# LIGHT: nothing in the layer computes for long, so -O1 is enough and compiles a third faster. PRECOMPILE: headers of other projects that
# most of its files include and that take seconds to parse; precompiled once, they make a clean build a fifth shorter.
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
set(BITLOOM_COMMON_HEADERS <algorithm> <filesystem> <fmt/format.h> <functional> <map> <optional> <span> <string> <vector>)

function(bitloom_layer name)
  cmake_parse_arguments(arg "LIGHT;ONE_PROCESS" "" "DEPENDS;LIBRARIES;PRECOMPILE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM arg_DEPENDS PREPEND bitloom_)

  add_library(bitloom_${name} STATIC ${sources})
  target_link_libraries(bitloom_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} Threads::Threads PRIVATE bitloom_options)
  target_include_directories(bitloom_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_precompile_headers(bitloom_${name} PRIVATE ${BITLOOM_COMMON_HEADERS} ${arg_PRECOMPILE})
  if(arg_LIGHT)
    target_compile_options(bitloom_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()

  if(BITLOOM_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE bitloom_${name} bitloom_options GTest::gtest GTest::gmock GTest::gtest_main)
    # A third less time to compile than with -O3; what the tests test is optimized all the same.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O0>)
    target_precompile_headers(${name}_test PRIVATE ${BITLOOM_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)
    if(arg_ONE_PROCESS)
      add_test(NAME "${name}/all" COMMAND ${name}_test)
      set_tests_properties("${name}/all" PROPERTIES ENVIRONMENT "BITLOOM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
    else()
      gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_MODE PRE_TEST
                           PROPERTIES ENVIRONMENT "BITLOOM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
    endif()
  endif()
endfunction()
