// One statement under analysis: how the parts of this room tell what it does, and bring the world up to date.
#pragma once

#include "core/forecast/impact.h"
#include "core/forecast/node.h"

#include <map>
#include <string>
#include <vector>

namespace strata {

class Analysis {
 public:
  Analysis(World& changing, int server_major) : world(changing), server(server_major) {}

  World& world;
  const int server;  // major version

  // Nothing of this is told of what is not there, or is new. A reason goes with the worst that is said.
  void lock(const RelationName& relation, LockMode mode, const std::string& because);
  void lock_all(const std::vector<RelationName>& relations, LockMode mode, const std::string& because);
  void scan(const RelationName& table, const std::string& because);     // nor of what has no rows of its own
  void rewrite(const RelationName& table, const std::string& because);  // scans it as well
  void empty(const RelationName& table, const std::string& because);
  void drop(const RelationName& relation, const std::string& because);  // locks it as well
  void rebuild(const RelationName& table, const std::string& index, const std::string& because);
  void cannot_tell(const std::string& why);
  void cannot_find(const RelationName& written);

  StatementImpact impact() const;

  // The table, with its descendants where `range_var` does not say ONLY.
  std::vector<RelationName> family_of(const RelationName& table, const Node& range_var) const;
  bool is_partitioned(const RelationName& table) const;
  std::vector<RelationName> with_partitions(const RelationName& table) const;  // of a partitioned one; else it alone

 private:
  struct Entry {
    TableImpact impact;
    int rank = 0;
  };
  Entry* entry_of(const RelationName& relation);
  Entry* stored(const RelationName& table);

  std::map<RelationName, Entry> entries_;
  std::string unknown_;
};

// Each takes the statement's node and does its kind of statements.
void create_table(Analysis& analysis, const Node& statement);
void create_table_as(Analysis& analysis, const Node& statement);
void truncate(Analysis& analysis, const Node& statement);
void rename(Analysis& analysis, const Node& statement);
void set_schema(Analysis& analysis, const Node& statement);
void comment(Analysis& analysis, const Node& statement);
void grant(Analysis& analysis, const Node& statement);
void maintain(Analysis& analysis, const Node& statement);  // VACUUM, ANALYZE, CLUSTER, LOCK
void drop_objects(Analysis& analysis, const Node& statement);
void alter_table(Analysis& analysis, const Node& statement);
void create_index(Analysis& analysis, const Node& statement);
void reindex(Analysis& analysis, const Node& statement);
void create_view(Analysis& analysis, const Node& statement);
void refresh_view(Analysis& analysis, const Node& statement);
void change_sequence(Analysis& analysis, const Node& statement);  // CREATE, ALTER
void create_type(Analysis& analysis, const Node& statement);      // enum, composite, domain
void alter_domain(Analysis& analysis, const Node& statement);
void create_function(Analysis& analysis, const Node& statement);
void attach_to_table(Analysis& analysis, const Node& statement);  // triggers, rules, policies, statistics, publications
void query(Analysis& analysis, const Node& statement);            // SELECT, INSERT, UPDATE, DELETE, MERGE, COPY

// What a query reads: locked, and where it runs (a view's does not) scanned.
void read_query(Analysis& analysis, const Node& query, bool runs, const std::string& because);
// What the view's query reads.
void read_view(Analysis& analysis, const DatabaseObject& view, bool runs, const std::string& because);

// Parts of ALTER TABLE; `family` begins with the table itself.
struct Alteration {
  const Node& command;
  std::vector<RelationName> family;
  const RelationName& table() const { return family.front(); }
};
void add_column(Analysis& analysis, const Alteration& alteration);
void drop_column(Analysis& analysis, const Alteration& alteration);
void set_not_null(Analysis& analysis, const Alteration& alteration);
void change_column(Analysis& analysis, const Alteration& alteration);  // what touches the catalogs only
void change_type(Analysis& analysis, const Alteration& alteration);
void add_constraint(Analysis& analysis, const Alteration& alteration);
void validate_constraint(Analysis& analysis, const Alteration& alteration);
void drop_constraint(Analysis& analysis, const Alteration& alteration);
void attach_partition(Analysis& analysis, const Alteration& alteration);
void detach_partition(Analysis& analysis, const Alteration& alteration);

// A foreign key of `table`: a lock on both sides; scans both where rows are checked.
void add_foreign_key(Analysis& analysis, const RelationName& table, const Node& constraint,
                     const std::vector<std::string>& columns, bool checks_rows);
void add_check(Analysis& analysis, const RelationName& table, const Node& constraint, const std::string& column);
void add_key(Analysis& analysis, const RelationName& table, const Node& constraint,
             const std::vector<std::string>& columns);
void drop_one_constraint(Analysis& analysis, const RelationName& table, const std::string& name, bool cascades);
// An index of the table, or one of a constraint, that does what `wanted` would.
bool has_index_like(const World& world, const RelationName& table, const DatabaseObject& wanted);
// A partition that comes takes part in its parent's foreign keys, and empties the default partition of its rows.
void join_partitions(Analysis& analysis, const RelationName& parent, bool checks_rows);

}  // namespace strata
