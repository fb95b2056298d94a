add_executable(orgcode-bench-apply bench_apply.c national.c)
target_link_libraries(orgcode-bench-apply PRIVATE orgcode_engine)
set_target_properties(orgcode-bench-apply PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-apply)

add_executable(orgcode-bench-fill fill_journal.c national.c)
target_link_libraries(orgcode-bench-fill PRIVATE orgcode_shell orgcode_codec orgcode_core)
set_target_properties(orgcode-bench-fill PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-fill)
