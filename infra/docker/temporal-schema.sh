#!/bin/bash
# Databases and tables of the Temporal server on PostgreSQL; where they are, what this version changes in them.
set -euo pipefail
# The tool takes the password from its environment, which is that of this process alone.
SQL_PASSWORD=$(</credentials/database/password)
export SQL_PASSWORD SQL_PLUGIN=postgres12 SQL_HOST=postgres SQL_PORT=5432 SQL_USER=temporal
for part in temporal:temporal visibility:temporal_visibility; do
  export SQL_DATABASE=${part#*:}
  temporal-sql-tool create-database
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-name "postgresql/v12/${part%%:*}"
done
