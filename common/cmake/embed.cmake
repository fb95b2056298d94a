# orgcode_embed(<target> <file.sql>...): each file becomes a C string that the target can use:
#   #include "prefetch.sql.h"   ->   static const char sql_prefetch[]
set(ORGCODE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed_one.cmake")

function(orgcode_embed target)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/embed")
    foreach(file IN LISTS ARGN)
        get_filename_component(path "${file}" ABSOLUTE)
        get_filename_component(name "${file}" NAME)
        set(header "${folder}/${name}.h")
        add_custom_command(
            OUTPUT "${header}"
            COMMAND "${CMAKE_COMMAND}" "-DINPUT=${path}" "-DOUTPUT=${header}" -P "${ORGCODE_EMBED_SCRIPT}"
            DEPENDS "${path}" "${ORGCODE_EMBED_SCRIPT}"
            VERBATIM)
        target_sources(${target} PRIVATE "${header}")
    endforeach()
    target_include_directories(${target} PRIVATE "${folder}")
endfunction()
