add_executable(orgcode-bench-decide bench_decide.c national.c)
target_link_libraries(orgcode-bench-decide PRIVATE orgcode_memory)
set_target_properties(orgcode-bench-decide PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-decide)
