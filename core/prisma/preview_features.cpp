#include "core/prisma/preview_features.h"

#include <algorithm>
#include <iterator>

namespace strata::prisma {

namespace {

constexpr std::string_view features[] = {"aggregateApi",
                                         "atomicNumberOperations",
                                         "clientExtensions",
                                         "cockroachDb",
                                         "connectOrCreate",
                                         "createMany",
                                         "dataProxy",
                                         "deno",
                                         "distinct",
                                         "driverAdapters",
                                         "extendedIndexes",
                                         "extendedWhereUnique",
                                         "fieldReference",
                                         "filterJson",
                                         "filteredRelationCount",
                                         "fullTextIndex",
                                         "fullTextSearch",
                                         "fullTextSearchPostgres",
                                         "groupBy",
                                         "improvedQueryRaw",
                                         "interactiveTransactions",
                                         "jsonProtocol",
                                         "microsoftSqlServer",
                                         "middlewares",
                                         "mongoDb",
                                         "multiSchema",
                                         "nApi",
                                         "namedConstraints",
                                         "nativeDistinct",
                                         "nativeTypes",
                                         "omitApi",
                                         "orderByAggregateGroup",
                                         "orderByNulls",
                                         "orderByRelation",
                                         "partialIndexes",
                                         "postgresqlExtensions",
                                         "prismaSchemaFolder",
                                         "queryCompiler",
                                         "reactNative",
                                         "referentialActions",
                                         "referentialIntegrity",
                                         "relationJoins",
                                         "schemaEngineDriverAdapters",
                                         "selectRelationCount",
                                         "shardKeys",
                                         "strictUndefinedChecks",
                                         "tracing",
                                         "transactionApi",
                                         "typedSql",
                                         "uncheckedScalarInputs",
                                         "views"};

}  // namespace

std::string normal_feature(std::string_view name) {
  std::string normal;
  for (const char c : name) normal += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return normal;
}

bool is_preview_feature(std::string_view name) {
  return std::any_of(std::begin(features), std::end(features),
                     [&](const auto feature) { return normal_feature(feature) == normal_feature(name); });
}

}  // namespace strata::prisma
