# strata_add_module(NAME [FOLDER folder] [SCHEMA schema]): the module in `folder` (default: the folder of this
# CMakeLists.txt) as one shared library NAME.so, with no C++ written by anybody. The module's texts lie in its section
# .strata.bundle. SCHEMA is for a project's own migrations/, whose fragments lie elsewhere.

function(strata_add_module NAME)
  cmake_parse_arguments(MODULE "" "FOLDER;SCHEMA" "" ${ARGN})
  if(NOT MODULE_FOLDER)
    set(MODULE_FOLDER ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  get_filename_component(folder ${MODULE_FOLDER} ABSOLUTE)
  set(schema)
  if(MODULE_SCHEMA)
    get_filename_component(schema_folder ${MODULE_SCHEMA} ABSOLUTE)
    set(schema --schema ${schema_folder})
  endif()
  if(strata_INCLUDE_DIR)
    set(include_folder ${strata_INCLUDE_DIR})
  else()
    set(include_folder ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include)
  endif()
  # A new or removed file makes the build look again.
  file(GLOB_RECURSE texts CONFIGURE_DEPENDS ${folder}/*.sql ${folder}/*.prisma ${folder}/module.toml)
  if(MODULE_SCHEMA)
    file(GLOB_RECURSE schema_texts CONFIGURE_DEPENDS ${schema_folder}/*.sql ${schema_folder}/*.prisma)
    list(APPEND texts ${schema_texts})
  endif()
  set(bundle ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.bundle)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${NAME}_plugin.c)
  add_custom_command(
    OUTPUT ${bundle} ${source}
    COMMAND strata::strata module pack ${folder} ${schema} --output ${bundle} --plugin-source ${source}
    DEPENDS ${texts} strata::strata
    COMMENT "Packing module ${NAME}"
    VERBATIM)
  add_library(strata_module_${NAME} MODULE ${source})
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${bundle})
  target_include_directories(strata_module_${NAME} PRIVATE ${include_folder})
  target_link_options(strata_module_${NAME} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map -Wl,-z,relro,-z,now,-z,noexecstack)
  set_target_properties(strata_module_${NAME} PROPERTIES OUTPUT_NAME ${NAME} PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden)
endfunction()
