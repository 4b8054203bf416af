# STRATA_STATIC: strata as one file that needs no library, so that it runs in any image that it is copied into.
# Debian's libraries come as archives, spdlog and toml++ as headers.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
set(Boost_USE_STATIC_LIBS ON)

# After find_package: what the archives want besides.
function(strata_link_static)
  # libpq.a leaves these to whoever links it. Debian has them in postgresql-server-dev-15.
  find_library(PGCOMMON_LIBRARY pgcommon REQUIRED PATHS /usr/lib/postgresql/15/lib)
  find_library(PGPORT_LIBRARY pgport REQUIRED PATHS /usr/lib/postgresql/15/lib)
  add_library(strata_one_file STATIC ${PROJECT_SOURCE_DIR}/core/postgres/one_file.c)
  target_link_libraries(PostgreSQL::PostgreSQL INTERFACE ${PGCOMMON_LIBRARY} ${PGPORT_LIBRARY} OpenSSL::SSL strata_one_file)
  target_link_libraries(SQLite::SQLite3 INTERFACE m)
  add_library(strata_log INTERFACE)  # spdlog::spdlog_header_only wants fmt as a library
  target_link_libraries(strata_log INTERFACE fmt::fmt-header-only Threads::Threads)
  target_compile_definitions(strata_log INTERFACE SPDLOG_FMT_EXTERNAL)
  add_library(strata_toml INTERFACE)
  target_compile_definitions(strata_toml INTERFACE TOML_HEADER_ONLY=1)
endfunction()
