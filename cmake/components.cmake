# What strata is made of, from where: one table for `strata version --json`, for the SBOM and for the test that nothing
# else is linked. A line is NAME KIND PACKAGE: shared (loaded by the program), headers (compiled into it).
set(STRATA_COMPONENTS
  "libpq|shared|libpq5"
  "SQLite|shared|libsqlite3-0"
  "OpenSSL|shared|libssl3"
  "zstd|shared|libzstd1"
  "libpg_query|shared|libpg-query1504.0"
  "Boost.Filesystem|shared|libboost-filesystem1.81.0"
  "spdlog|shared|libspdlog1.10"
  "fmt|shared|libfmt9"
  "toml++|shared|libtomlplusplus3"
  "libstdc++|shared|libstdc++6"
  "libgcc|shared|libgcc-s1"
  "glibc|shared|libc6"
  "CLI11|headers|libcli11-dev"
  "nlohmann-json|headers|nlohmann-json3-dev"
  "tl::expected|headers|libexpected-dev")

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
  foreach(line IN LISTS STRATA_COMPONENTS)
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
