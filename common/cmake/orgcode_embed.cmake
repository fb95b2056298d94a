# orgcode_embed(target header.h FILES a.sql b.sql [PREFIX sql_])
# Puts the text of files into a generated header that `target` can include: a.sql becomes
# `static const char sql_a[]` (NUL-terminated). `sql_each(X)` is X(a) X(b): all of them.
# The header follows the files at every build.
function(orgcode_embed target header)
    cmake_parse_arguments(arg "" "PREFIX" "FILES" ${ARGN})
    if(NOT arg_PREFIX)
        set(arg_PREFIX sql_)
    endif()
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/embed)
    set(paths "")
    foreach(file IN LISTS arg_FILES)
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
        list(APPEND paths ${file})
    endforeach()
    string(REPLACE ";" "|" joined "${paths}")
    add_custom_command(OUTPUT ${folder}/${header}
        COMMAND ${CMAKE_COMMAND} "-DFILES=${joined}" -DPREFIX=${arg_PREFIX} -DOUT=${folder}/${header}
                -P ${PROJECT_SOURCE_DIR}/common/cmake/write_embed.cmake
        DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/common/cmake/write_embed.cmake
        COMMENT "Embedding ${header}" VERBATIM)
    target_sources(${target} PRIVATE ${folder}/${header})
    target_include_directories(${target} PRIVATE ${folder})
endfunction()
