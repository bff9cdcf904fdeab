#!/bin/sh
# Run once by the PostgreSQL image, when it makes its data directory: the login that web processes and workers use.
# It owns nothing. `db upgrade` makes the role xueliang_app and gives it its rights; membership is all the login has.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$RUN_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE xueliang_app NOLOGIN;
CREATE ROLE xueliang_run LOGIN PASSWORD :'password' IN ROLE xueliang_app;
SQL
