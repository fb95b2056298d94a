add_executable(orgcode-bench-latency bench_latency.c probe.c streams.c)
target_link_libraries(orgcode-bench-latency PRIVATE orgcode_shell orgcode_codec)
set_target_properties(orgcode-bench-latency PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-latency)
