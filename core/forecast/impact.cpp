#include "core/forecast/impact.h"

#include "core/forecast/analysis.h"
#include "core/sql/parse_tree.h"

#include <map>
#include <set>

namespace strata {

namespace {

using Analyse = void (*)(Analysis&, const Node&);

const std::map<std::string_view, Analyse> analyses = {
    {"CreateStmt", create_table},
    {"CreateForeignTableStmt", create_table},
    {"CreateTableAsStmt", create_table_as},
    {"TruncateStmt", truncate},
    {"RenameStmt", rename},
    {"AlterObjectSchemaStmt", set_schema},
    {"CommentStmt", comment},
    {"GrantStmt", grant},
    {"VacuumStmt", maintain},
    {"ClusterStmt", maintain},
    {"LockStmt", maintain},
    {"DropStmt", drop_objects},
    {"AlterTableStmt", alter_table},
    {"IndexStmt", create_index},
    {"ReindexStmt", reindex},
    {"ViewStmt", create_view},
    {"RefreshMatViewStmt", refresh_view},
    {"CreateSeqStmt", change_sequence},
    {"AlterSeqStmt", change_sequence},
    {"CreateEnumStmt", create_type},
    {"CompositeTypeStmt", create_type},
    {"CreateDomainStmt", create_type},
    {"AlterDomainStmt", alter_domain},
    {"CreateFunctionStmt", create_function},
    {"CreateTrigStmt", attach_to_table},
    {"RuleStmt", attach_to_table},
    {"CreatePolicyStmt", attach_to_table},
    {"AlterPolicyStmt", attach_to_table},
    {"CreateStatsStmt", attach_to_table},
    {"CreatePublicationStmt", attach_to_table},
    {"AlterPublicationStmt", attach_to_table},
    {"SelectStmt", query},
    {"InsertStmt", query},
    {"UpdateStmt", query},
    {"DeleteStmt", query},
    {"MergeStmt", query},
    {"CopyStmt", query},
};

// They lock no table, whatever else they do.
const std::set<std::string_view> harmless = {"AlterCollationStmt",
                                             "AlterDatabaseSetStmt",
                                             "AlterDatabaseStmt",
                                             "AlterDefaultPrivilegesStmt",
                                             "AlterEnumStmt",
                                             "AlterEventTrigStmt",
                                             "AlterFdwStmt",
                                             "AlterForeignServerStmt",
                                             "AlterFunctionStmt",
                                             "AlterOpFamilyStmt",
                                             "AlterOperatorStmt",
                                             "AlterOwnerStmt",
                                             "AlterRoleSetStmt",
                                             "AlterRoleStmt",
                                             "AlterStatsStmt",
                                             "AlterSystemStmt",
                                             "AlterTSConfigurationStmt",
                                             "AlterTSDictionaryStmt",
                                             "AlterTypeStmt",
                                             "AlterUserMappingStmt",
                                             "CheckPointStmt",
                                             "ConstraintsSetStmt",
                                             "CreateAmStmt",
                                             "CreateCastStmt",
                                             "CreateConversionStmt",
                                             "CreateDatabaseStmt",
                                             "CreateEventTrigStmt",
                                             "CreateFdwStmt",
                                             "CreateForeignServerStmt",
                                             "CreateOpClassStmt",
                                             "CreateOpFamilyStmt",
                                             "CreatePLangStmt",
                                             "CreateRangeStmt",
                                             "CreateRoleStmt",
                                             "CreateTableSpaceStmt",
                                             "CreateTransformStmt",
                                             "CreateUserMappingStmt",
                                             "DeallocateStmt",
                                             "DefineStmt",
                                             "DiscardStmt",
                                             "DropRoleStmt",
                                             "DropTableSpaceStmt",
                                             "GrantRoleStmt",
                                             "ListenStmt",
                                             "NotifyStmt",
                                             "PrepareStmt",
                                             "TransactionStmt",
                                             "UnlistenStmt",
                                             "VariableShowStmt"};

void set_variable(World& world, const Node& statement) {
  const auto& name = statement.text("name");
  std::vector<std::string> values;
  for (const auto& argument : statement["args"].items) {
    const auto number = integer_of(argument);
    values.push_back(number ? std::to_string(*number) : string_of(argument));
  }
  if (name != "search_path" && name != "timezone") return;
  const bool is_value = statement.text("kind") == "VAR_SET_VALUE" && !values.empty();
  if (name == "search_path") world.set_search_path(is_value ? values : std::vector<std::string>{});
  if (name == "timezone") world.set_time_zone(is_value ? values.front() : "the server's default");
}

void create_schema(Analysis& analysis, const Node& statement) {
  if (!statement["schemaElts"].items.empty()) analysis.cannot_tell("objects inside CREATE SCHEMA are not analysed");
}

// Whether an extension's script looks at tables is its own affair; those that exist make new things only.
bool is_of_extensions(const Node& node) {
  return node.is("CreateExtensionStmt") || node.is("AlterExtensionStmt");
}

}  // namespace

StatementImpact impact_of(const Statement& statement, World& world, int server_major) {
  const auto json = statement.analysed ? parse_tree_of(statement.text) : std::nullopt;
  const auto tree = json ? read_tree(*json) : std::nullopt;
  if (!tree) return {.unknown = "not analysed: the server decides"};
  Analysis analysis(world, server_major);
  const auto found = analyses.find(tree->kind);
  if (found != analyses.end()) {
    found->second(analysis, *tree);
  } else if (tree->is("VariableSetStmt")) {
    set_variable(world, *tree);
  } else if (tree->is("CreateSchemaStmt")) {
    create_schema(analysis, *tree);
  } else if (harmless.count(tree->kind) == 0 && !is_of_extensions(*tree)) {
    analysis.cannot_tell(statement.kind + ": the server decides");
  }
  return analysis.impact();
}

}  // namespace strata
