# cmake -DPROGRAM= -DNAME= -DVERSION= -DOUT= -P: a man page that holds the text of --help.
# The first line of --help reads "orgcode-x: what it does" or "Usage: ..."; lines that start in the first column and
# end in ":" become headings, all else is set as it stands.
execute_process(COMMAND ${PROGRAM} --help OUTPUT_VARIABLE help RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${NAME} --help failed: ${failed}")
endif()
set(purpose "a program of the organization code directory")
if(help MATCHES "^[^\n]*${NAME}[ ]*[:-]+[ ]+([^\n]+)")
    set(purpose "${CMAKE_MATCH_1}")
endif()
string(REPLACE "\\" "\\e" help "${help}")
string(REPLACE "-" "\\-" help "${help}")
string(REGEX REPLACE "\n([.'])" "\n\\\\&\\1" help "${help}")
string(REGEX REPLACE "\n([A-Z][^\n:]*):\n" "\n.fi\n.SH \"\\1\"\n.nf\n" help "\n${help}")
string(REPLACE "-" "\\-" page_name "${NAME}")
file(WRITE ${OUT} ".TH \"${NAME}\" 1 \"\" \"orgcode ${VERSION}\" \"orgcode\"
.SH NAME
${page_name} \\- ${purpose}
.SH DESCRIPTION
.nf
${help}.fi
")
