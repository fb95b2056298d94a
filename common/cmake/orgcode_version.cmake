# "orgcode_version.h" with ORGCODE_VERSION and ORGCODE_GIT, rewritten only when they change: link to orgcode_version.
set(orgcode_generated ${PROJECT_BINARY_DIR}/generated)
add_custom_target(orgcode_version_header
    COMMAND ${CMAKE_COMMAND} -DVERSION=${PROJECT_VERSION} -DSOURCE=${PROJECT_SOURCE_DIR}
            -DOUT=${orgcode_generated}/orgcode_version.h -P ${CMAKE_CURRENT_LIST_DIR}/write_version.cmake
    BYPRODUCTS ${orgcode_generated}/orgcode_version.h
    COMMENT "" VERBATIM)
add_library(orgcode_version INTERFACE)
target_include_directories(orgcode_version INTERFACE ${orgcode_generated})
add_dependencies(orgcode_version orgcode_version_header)
