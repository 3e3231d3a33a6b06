# Run at build time: writes version.cpp from the project's version and the checkout's commit, only when that changed.
execute_process(COMMAND git describe --always --dirty --abbrev=7 --exclude=* WORKING_DIRECTORY "${SOURCE_DIR}"
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(version "${PROJECT_VERSION}")
if(commit)
  string(APPEND version "+${commit}")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
#include "base/version.h"
namespace bitloom {
const char* version() { return "@version@"; }
}  // namespace bitloom
]])
