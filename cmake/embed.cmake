# strata_embed(SOURCE HEADER NAME FILE …): writes SOURCE, which defines the texts that HEADER declares: each NAME is a
# std::string_view of FILE's bytes. So a text that strata prints is read, edited and checked as a file of its own.
function(strata_embed SOURCE HEADER)
  set(texts "")
  while(ARGN)
    list(POP_FRONT ARGN name file)
    file(READ ${file} content)
    string(APPEND texts "const std::string_view ${name} = R\"strata(${content})strata\";\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endwhile()
  file(CONFIGURE OUTPUT ${SOURCE} @ONLY CONTENT "#include \"${HEADER}\"\n\nnamespace strata {\n${texts}}  // namespace strata\n")
endfunction()
