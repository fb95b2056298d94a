# cmake -DPROGRAM= -DNAME= -DVERSION= -DOUT= -P: a man page that holds the text of --help.
# The first line of --help reads "orgcode-x: what it does"; lines that start in the first column and end in ":" are
# headings and become those that man pages have, all else is set as it stands.
execute_process(COMMAND ${PROGRAM} --help OUTPUT_VARIABLE help RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${NAME} --help failed: ${failed}")
endif()
if(NOT help MATCHES "^${NAME}: ([^\n]+)\n")
    message(FATAL_ERROR "${NAME} --help does not begin with '${NAME}: what it does'")
endif()
set(purpose "${CMAKE_MATCH_1}")
string(FIND "${help}" "\n" at) # not by a regular expression: CMake's ^ matches behind each replacement again
string(SUBSTRING "${help}" ${at} -1 help)
string(REPLACE "\\" "\\e" help "${help}")
string(REPLACE "-" "\\-" help "${help}")
string(REGEX REPLACE "\n([.'])" "\n\\\\&\\1" help "${help}")
foreach(heading "Usage=SYNOPSIS" "Description=DESCRIPTION" "Options=OPTIONS" "Configuration=CONFIGURATION"
        "Examples=EXAMPLES" "Exit codes=EXIT STATUS")
    string(REPLACE "=" ";" pair "${heading}")
    list(GET pair 0 from)
    list(GET pair 1 to)
    string(REGEX REPLACE "\n+${from}:\n" "\n.fi\n.SH \"${to}\"\n.nf\n" help "${help}")
endforeach()
string(FIND "${help}" ".SH" at)
string(SUBSTRING "${help}" ${at} -1 help)
string(REPLACE "-" "\\-" page_name "${NAME}")
file(WRITE ${OUT} ".TH \"${NAME}\" 1 \"\" \"orgcode ${VERSION}\" \"orgcode\"
.SH NAME
${page_name} \\- ${purpose}
${help}.fi
.SH SEE ALSO
.BR orgcode\\-publish (1),
.BR orgcode\\-validate (1),
.BR orgcode\\-apply (1),
.BR orgcode\\-notify (1),
.BR orgcode\\-topics (1);
the documents that are installed with them, among them the law, the acts and the contract as numbered clauses.
")
