# cmake -DVERSION= -DSOURCE= -DOUT= -P: the commit is "unknown" outside of a checkout.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR commit STREQUAL "")
    set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "#ifndef ORGCODE_VERSION_H
#define ORGCODE_VERSION_H
#define ORGCODE_VERSION \"@VERSION@\"
#define ORGCODE_GIT \"@commit@\"
#endif
")
