orgcode_fuzzer(avro_act_fuzz SOURCES avro_act_fuzz.c LIBS orgcode_codec CORPUS corpus/avro_act)
orgcode_fuzzer(json_act_fuzz SOURCES json_act_fuzz.c LIBS orgcode_codec CORPUS corpus/json_act)
orgcode_fuzzer(csv_fuzz SOURCES csv_fuzz.c LIBS orgcode_publish_parts CORPUS corpus/csv)
orgcode_fuzzer(core_fuzz SOURCES core_fuzz.c LIBS orgcode_play CORPUS corpus/core)
