add_executable(orgcode-bench-core bench_core.c)
target_link_libraries(orgcode-bench-core PRIVATE orgcode_core)
set_target_properties(orgcode-bench-core PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-core)
