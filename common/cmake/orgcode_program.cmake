# orgcode_program(orgcode-x SOURCES main.c ... LIBS orgcode_shell ...)
# A program in bin/ of the build tree, installed to bin, with a man page made from its --help.
function(orgcode_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_LIBS} orgcode_version)
    if(NOT ORGCODE_SANITIZE)
        target_link_options(${name} PRIVATE -pie)
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
    orgcode_warnings(${name})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    if(ORGCODE_MAN)
        set(page ${PROJECT_BINARY_DIR}/man/${name}.1)
        add_custom_command(OUTPUT ${page}
            COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}> -DNAME=${name} -DVERSION=${PROJECT_VERSION}
                    -DOUT=${page} -P ${PROJECT_SOURCE_DIR}/common/cmake/write_man.cmake
            DEPENDS ${name} ${PROJECT_SOURCE_DIR}/common/cmake/write_man.cmake
            COMMENT "Man page ${name}.1" VERBATIM)
        add_custom_target(${name}-man ALL DEPENDS ${page})
        install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    endif()
endfunction()
