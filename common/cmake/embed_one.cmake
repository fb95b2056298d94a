# Writes OUTPUT, a header with the text of INPUT as `static const char sql_<name>[]`.
file(READ "${INPUT}" text)
get_filename_component(name "${INPUT}" NAME_WE)
string(MAKE_C_IDENTIFIER "sql_${name}" symbol)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE "${OUTPUT}" "/* Generated from ${name}. */\nstatic const char ${symbol}[] __attribute__((unused)) =\n    \"${text}\";\n")
