# What strata is made of, from where: one table for `strata version --json`, for the SBOM and for the test that nothing
# else is linked. A line is NAME KIND PACKAGE, and the last two again for STRATA_STATIC. A KIND is shared (loaded by the
# program), static or headers (in it), or none.
set(STRATA_COMPONENTS
  "libpq|shared|libpq5|static|libpq-dev"
  "libpgcommon|none||static|postgresql-server-dev-15"
  "SQLite|shared|libsqlite3-0|static|libsqlite3-dev"
  "OpenSSL|shared|libssl3|static|libssl-dev"
  "zstd|shared|libzstd1|static|libzstd-dev"
  "libpg_query|shared|libpg-query1504.0|static|libpg-query-dev"
  "Boost.Filesystem|shared|libboost-filesystem1.81.0|static|libboost-filesystem1.81-dev"
  "Boost.Atomic|none||static|libboost-atomic1.81-dev"
  "spdlog|shared|libspdlog1.10|headers|libspdlog-dev"
  "fmt|shared|libfmt9|headers|libfmt-dev"
  "toml++|shared|libtomlplusplus3|headers|libtomlplusplus-dev"
  "libstdc++|shared|libstdc++6|static|libstdc++-12-dev"
  "libgcc|shared|libgcc-s1|static|libgcc-12-dev"
  "glibc|shared|libc6|static|libc6-dev"
  "CLI11|headers|libcli11-dev|headers|libcli11-dev"
  "nlohmann-json|headers|nlohmann-json3-dev|headers|nlohmann-json3-dev"
  "tl::expected|headers|libexpected-dev|headers|libexpected-dev")

# Sets VARIABLE to the lines NAME|KIND|PACKAGE of this way to link.
function(strata_components STATIC VARIABLE)
  set(lines "")
  foreach(line IN LISTS STRATA_COMPONENTS)
    string(REGEX MATCH "^([^|]*)[|]([^|]*[|][^|]*)[|](.*)" ignored "${line}")
    if(STATIC)
      set(rest ${CMAKE_MATCH_3})
    else()
      set(rest ${CMAKE_MATCH_2})
    endif()
    if(NOT rest STREQUAL "none|")
      list(APPEND lines "${CMAKE_MATCH_1}|${rest}")
    endif()
  endforeach()
  set(${VARIABLE} "${lines}" PARENT_SCOPE)
endfunction()

# Sets VARIABLE to the installed version of a Debian package; "unknown" where there is no such package or no dpkg.
function(strata_package_version PACKAGE VARIABLE)
  execute_process(COMMAND dpkg-query -W -f=\${Version}\\n ${PACKAGE}
    OUTPUT_VARIABLE version ERROR_QUIET RESULT_VARIABLE failed)
  string(REGEX REPLACE "\n.*" "" version "${version}")
  if(failed OR version STREQUAL "")
    set(version unknown)
  endif()
  set(${VARIABLE} "${version}" PARENT_SCOPE)
endfunction()

# Writes the table as C++ (core/cli/components.h) into SOURCE, with the versions that this build finds.
function(strata_write_components SOURCE)
  set(rows "")
  strata_components("${STRATA_STATIC}" lines)
  foreach(line IN LISTS lines)
    string(REPLACE "|" ";" fields "${line}")
    list(GET fields 0 name)
    list(GET fields 1 kind)
    list(GET fields 2 package)
    strata_package_version(${package} version)
    string(APPEND rows "{\"${name}\", \"${kind}\", \"${package}\", \"${version}\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${SOURCE} @ONLY CONTENT
    "#include \"core/cli/components.h\"\n\nconst std::vector<strata::Component> strata::components = {\n${rows}};\n")
endfunction()
