# A private PostgreSQL 15 cluster on the loopback address, with passwords (SCRAM) kept in $ORGCODE_HOME/pgpass.
#
# PostgreSQL refuses to run as root. Root's clusters run as the account `postgres`, which cannot enter a home like
# /root: their folder is /var/lib/orgcode/<hash of the home>, and $ORGCODE_HOME/postgres links to it.
# shellcheck shell=bash

PG_BIN=/usr/lib/postgresql/15/bin

postgres_folder()
{
    if [ "$(id -u)" = 0 ]; then
        echo "/var/lib/orgcode/$(printf %s "$ORGCODE_HOME" | sha256sum | cut -c1-12)"
    else
        echo "$ORGCODE_HOME/postgres"
    fi
}

# Runs a command as the cluster's owner, from a folder that it can enter, without our environment.
postgres_as_owner()
{
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups -- \
            env -i PATH="$PG_BIN:/usr/bin:/bin" HOME=/var/lib/postgresql LANG=C.UTF-8 TZ=UTC "$@" 9>&-)
    else
        env -i PATH="$PG_BIN:/usr/bin:/bin" HOME="$HOME" LANG=C.UTF-8 TZ=UTC "$@" 9>&-
    fi
}

# postgres_conninfo [DATABASE [USER]]: for libpq; the password is found in the file.
postgres_conninfo()
{
    if secure && [ "${2:-orgcode}" = orgcode ]; then
        secure_conninfo admin "${1:-orgcode}"
        return
    fi
    echo "host=127.0.0.1 port=$(port_get postgres) dbname=${1:-orgcode} user=${2:-orgcode} passfile='$ORGCODE_HOME/pgpass'" \
        "$(! secure || echo "sslmode=verify-full sslrootcert='$ORGCODE_HOME/tls/ca.pem'")"
}

postgres_make()
{
    local folder=$1 password secret
    [ -x "$PG_BIN/initdb" ] || die "PostgreSQL 15 is not installed" "Run deploy/quickstart, which installs it, or: apt-get install postgresql-15"
    mkdir -p "$folder"
    rm -rf "$folder/data.new"
    if [ "$(id -u)" = 0 ]; then
        chmod 755 /var/lib/orgcode
        chown postgres:postgres "$folder"
        chmod 700 "$folder"
        ln -sfn "$folder" "$ORGCODE_HOME/postgres"
    fi
    password=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
    secret=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
    (umask 077 && printf '*:*:*:postgres:%s\n*:*:*:orgcode:%s\n' "$password" "$secret" >"$ORGCODE_HOME/pgpass")
    # the password goes through a pipe into a file of the owner's: it is never an argument
    printf '%s\n' "$password" | postgres_as_owner sh -c "
        umask 077 && cd '$folder' && cat >password &&
        initdb -D data.new -U postgres -A scram-sha-256 --pwfile=password -E UTF8 --locale=C.UTF-8 --no-instructions &&
        rm -f password && echo \"include_if_exists = '../orgcode.conf'\" >>data.new/postgresql.conf && mv data.new data
    " >"$ORGCODE_HOME/log/initdb.log" 2>&1 || {
        log_tail "$ORGCODE_HOME/log/initdb.log"
        die "PostgreSQL's data folder $folder could not be made" "$(df -h "$folder" | tail -1)"
    }
}

postgres_settings()
{
    cat <<END
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
wal_buffers = 16MB
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = lz4
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_lock_waits = on
END
}

# A cluster without our passwords: the home was removed by hand. It is put aside, never deleted.
postgres_orphan()
{
    local pid
    [ -d "$1/data" ] && [ ! -f "$ORGCODE_HOME/pgpass" ] || return 0
    pid=$(head -1 "$1/data/postmaster.pid" 2>/dev/null || true)
    if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; then
        die "a PostgreSQL (pid $pid) still runs on $1/data, of a home that was removed" "Stop it with: kill -INT $pid"
    fi
    say "$1/data belongs to a home that was removed: moved to $1/data.left"
    rm -rf "$1/data.left"
    mv "$1/data" "$1/data.left"
}

postgres_start()
{
    local folder port i
    postgres_running && return 0
    folder=$(postgres_folder)
    postgres_orphan "$folder"
    [ -d "$folder/data" ] || postgres_make "$folder"
    for _ in 1 2 3; do
        port=$(port_choose postgres)
        if secure; then secure_postgres_files "$folder"; fi
        { postgres_settings "$port" && if secure; then secure_postgres_settings "$folder"; fi; } | postgres_as_owner sh -c "cat >'$folder/orgcode.conf'; : >'$folder/postgres.log'"
        # after a kill, the old server's children may need a moment to go
        for ((i = 0; i < 5; i++)); do
            postgres_as_owner pg_ctl start -w -t 60 -D "$folder/data" -l "$folder/postgres.log" >"$ORGCODE_HOME/log/pg_ctl.log" 2>&1 </dev/null && break
            grep -qE 'still in use|lock file .* already exists' "$folder/postgres.log" || break
            sleep 0.5
        done
        if process_note postgres "$(head -1 "$folder/data/postmaster.pid" 2>/dev/null || echo 0)" && postgres_running; then
            postgres_role
            if secure; then secure_configs; fi
            return 0
        fi
        grep -q 'Address already in use' "$folder/postgres.log" || break
        say "the port of PostgreSQL was taken while it started: trying another"
    done
    log_tail "$folder/postgres.log"
    if grep -q 'No space left' "$folder/postgres.log"; then
        die "PostgreSQL does not start: the disk of $folder is full" "Free some space and run this again."
    fi
    die "PostgreSQL does not start" "Its log is $folder/postgres.log."
}

# The account `orgcode` owns the database `orgcode`, may make others (tests do) and the registry's roles; it is no
# superuser.
postgres_role()
{
    local secret admin
    admin=$(postgres_conninfo postgres postgres)
    [ -z "$(psql -XAtq -d "$admin" -c "select 1 from pg_database where datname = 'orgcode'")" ] || return 0
    secret=$(sed -n 's/^\*:\*:\*:orgcode://p' "$ORGCODE_HOME/pgpass")
    psql -Xq -v ON_ERROR_STOP=1 -d "$admin" <<END
create role orgcode login createdb createrole password '$secret';
create database orgcode owner orgcode;
END
    ! secure || psql -Xq -v ON_ERROR_STOP=1 -d "$admin" -f "$ORGCODE_ROOT/deploy/postgres/accounts.sql"
}

postgres_running() { process_pid postgres >/dev/null; }

postgres_stop()
{
    local pid
    # SIGINT: a fast shutdown, which does not wait for clients to go
    if pid=$(process_pid postgres); then
        kill -INT "$pid" 2>/dev/null || true
        wait_for 30 postgres_gone || process_stop postgres 5
    fi
    rm -f "$ORGCODE_HOME/pid/postgres"
}
postgres_gone() { ! postgres_running; }

# Removes the cluster for good.
postgres_remove()
{
    postgres_stop
    rm -rf "$(postgres_folder)" "$ORGCODE_HOME/pgpass"
    rm -f "$ORGCODE_HOME/postgres" 2>/dev/null || true
    rmdir /var/lib/orgcode 2>/dev/null || true
}
