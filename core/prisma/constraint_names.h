// The names that keys and indexes have when the schema gives them none. Postgres has room for 63 bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::prisma {

// `table` and `columns` by their names in the database. What is too long loses the end of the part before the suffix,
// at a whole character.
std::string primary_key_name(const std::string& table);                                           // T_pkey
std::string unique_name(const std::string& table, const std::vector<std::string>& columns);       // T_a_b_key
std::string index_name(const std::string& table, const std::vector<std::string>& columns);        // T_a_b_idx
std::string foreign_key_name(const std::string& table, const std::vector<std::string>& columns);  // T_a_b_fkey

// The table of an implicit many-to-many relation and what belongs to it. Where the suffix is for a key or an index,
// and for the table itself, Prisma counts characters instead of bytes: Postgres may cut such a name once more.
std::string join_table_name(std::string_view relation);                           // _AToB
std::string join_primary_key_name(const std::string& table);                      // _AToB_AB_pkey
std::string join_index_name(const std::string& table);                            // _AToB_B_index
std::string join_foreign_key_name(const std::string& table, const char* column);  // _AToB_A_fkey

}  // namespace strata::prisma
