# cmake -DPROGRAM=… -DOUT=… -DVERSION=… [-DMAP=…] -P sbom.cmake
# Writes what PROGRAM is made of as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/): the shared objects that it
# really needs, directly or through others, each with its Debian package, and what is compiled in from headers. With the
# linker's MAP of a program that was linked statically, the archives that it was made of.
# Fails when PROGRAM is made of a library that cmake/components.cmake does not list.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/components.cmake)

find_program(DPKG_QUERY dpkg-query)
if(NOT DPKG_QUERY)
  message(WARNING "no SBOM: there is no dpkg here to ask for packages")
  return()
endif()

# The package that FILE belongs to. Packages of a merged /usr may know it by its old path.
function(package_of FILE VARIABLE)
  foreach(path IN ITEMS ${FILE} /usr${FILE})
    string(REGEX REPLACE "^/usr(/lib.*)" "\\1" short ${path})
    foreach(candidate IN ITEMS ${path} ${short})
      execute_process(COMMAND ${DPKG_QUERY} -S ${candidate} OUTPUT_VARIABLE line ERROR_QUIET RESULT_VARIABLE failed)
      if(NOT failed)
        string(REGEX REPLACE "[:,].*" "" package "${line}")
        set(${VARIABLE} ${package} PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  message(FATAL_ERROR "SBOM: no Debian package has ${FILE}")
endfunction()

file(READ /etc/os-release os_release)
string(REGEX MATCH "VERSION_ID=\"([0-9.]+)\"" ignored "${os_release}")
set(distribution "debian-${CMAKE_MATCH_1}")
execute_process(COMMAND dpkg --print-architecture OUTPUT_VARIABLE architecture OUTPUT_STRIP_TRAILING_WHITESPACE)

if(MAP)
  # What the linker read of the system.
  file(STRINGS ${MAP} lines REGEX "^LOAD /(usr|lib)")
  list(TRANSFORM lines REPLACE "^LOAD " "" OUTPUT_VARIABLE files)
  list(REMOVE_DUPLICATES files)
else()
  # What the program names itself, and all that comes with it.
  find_program(READELF readelf REQUIRED)
  execute_process(COMMAND ${READELF} -d ${PROGRAM} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "NEEDED\\)[^[]*\\[[^]]*\\]" needed_lines "${dynamic}")
  set(needed "")
  foreach(line IN LISTS needed_lines)
    string(REGEX REPLACE ".*\\[(.*)\\]" "\\1" library ${line})
    list(APPEND needed ${library})
  endforeach()
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${PROGRAM} RESOLVED_DEPENDENCIES_VAR files UNRESOLVED_DEPENDENCIES_VAR missing)
  if(missing)
    message(FATAL_ERROR "SBOM: not found: ${missing}")
  endif()
endif()

strata_components("${MAP}" lines)
set(listed "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE ".*[|]" "" package ${line})
  list(APPEND listed ${package})
endforeach()

set(direct "")
set(transitive "")
foreach(path IN LISTS files)
  file(REAL_PATH ${path} real)
  package_of(${real} package)
  get_filename_component(library ${path} NAME)
  if(MAP OR library IN_LIST needed)
    if(NOT package IN_LIST listed)
      message(FATAL_ERROR "SBOM: ${PROGRAM} is made of ${library} of ${package}, which cmake/components.cmake does not list")
    endif()
    list(APPEND direct ${package})
  else()
    list(APPEND transitive ${package})
  endif()
endforeach()
set(headers "")
foreach(line IN LISTS lines)
  if(line MATCHES "[|]headers[|](.*)")
    list(APPEND headers ${CMAKE_MATCH_1})
  endif()
endforeach()
list(REMOVE_DUPLICATES direct)
list(REMOVE_ITEM transitive ${direct})
list(REMOVE_DUPLICATES transitive)
list(SORT direct)
list(SORT transitive)

set(components "")
set(all_refs "")
set(own_refs "")
set(separator "")
foreach(linkage IN ITEMS direct transitive headers)
  foreach(package IN LISTS ${linkage})
    strata_package_version(${package} version)
    string(REPLACE "+" "%2B" escaped "${version}")
    string(REPLACE ":" "%3A" escaped "${escaped}")
    string(REPLACE "~" "%7E" escaped "${escaped}")
    string(REPLACE "+" "%2B" escaped_package "${package}")
    set(ref "pkg:deb/debian/${escaped_package}@${escaped}?arch=${architecture}&distro=${distribution}")
    string(APPEND components "${separator}
    { \"type\": \"library\", \"bom-ref\": \"${ref}\", \"name\": \"${package}\", \"version\": \"${version}\", \"purl\": \"${ref}\",
      \"properties\": [ { \"name\": \"strata:linkage\", \"value\": \"${linkage}\" } ] }")
    list(APPEND all_refs "      { \"ref\": \"${ref}\" }")
    if(NOT linkage STREQUAL "transitive")
      list(APPEND own_refs "\"${ref}\"")
    endif()
    set(separator ",")
  endforeach()
endforeach()
string(REPLACE ";" ",\n" all_refs "${all_refs}")
string(REPLACE ";" ", " own_refs "${own_refs}")
file(SHA256 ${PROGRAM} sha256)
string(UUID serial NAMESPACE 6ba7b811-9dad-11d1-80b4-00c04fd430c8 NAME ${sha256} TYPE SHA1)  # RFC 4122's namespace for URLs
file(WRITE ${OUT} "{
  \"bomFormat\": \"CycloneDX\",
  \"specVersion\": \"1.5\",
  \"serialNumber\": \"urn:uuid:${serial}\",
  \"version\": 1,
  \"metadata\": {
    \"component\": { \"type\": \"application\", \"bom-ref\": \"strata\", \"name\": \"strata\", \"version\": \"${VERSION}\",
      \"hashes\": [ { \"alg\": \"SHA-256\", \"content\": \"${sha256}\" } ] }
  },
  \"components\": [${components}
  ],
  \"dependencies\": [
      { \"ref\": \"strata\", \"dependsOn\": [ ${own_refs} ] },
${all_refs}
  ]
}
")
