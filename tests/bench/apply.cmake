add_executable(orgcode-bench-apply bench_apply.c national.c)
target_link_libraries(orgcode-bench-apply PRIVATE orgcode_apply_engine)
set_target_properties(orgcode-bench-apply PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-apply)
