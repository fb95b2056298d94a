# What `cmake --install` puts beside the programs and their man pages.
foreach(part avro json sql samples api)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/schemas/${part} DESTINATION ${CMAKE_INSTALL_DATADIR}/orgcode PATTERN "*.py" EXCLUDE)
endforeach()
file(GLOB schema_docs ${PROJECT_SOURCE_DIR}/schemas/*.md ${PROJECT_SOURCE_DIR}/schemas/*.golden)
install(FILES ${schema_docs} DESTINATION ${CMAKE_INSTALL_DOCDIR}/schemas)
install(FILES README.md CONTRIBUTING.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
foreach(folder producers consumers deploy)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md"
            PATTERN "sql" EXCLUDE PATTERN "lib" EXCLUDE PATTERN "kafka" EXCLUDE PATTERN "topics" EXCLUDE PATTERN "apply" EXCLUDE
            PATTERN "notify" EXCLUDE)
endforeach()
