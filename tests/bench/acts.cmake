add_executable(orgcode-bench-acts bench_acts.c national.c)
target_link_libraries(orgcode-bench-acts PRIVATE orgcode_codec)
set_target_properties(orgcode-bench-acts PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-acts)
