add_executable(orgcode-bench-codec bench_codec.c)
target_link_libraries(orgcode-bench-codec PRIVATE orgcode_codec)
set_target_properties(orgcode-bench-codec PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
orgcode_warnings(orgcode-bench-codec)
