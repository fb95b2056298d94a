# Building the programs and running validate, apply, notify and serve as background processes of the home folder.
# shellcheck shell=bash

ORGCODE_BUILD=${ORGCODE_BUILD:-$ORGCODE_HOME/build}
PROGRAMS="validate apply notify serve"

# ---- which broker and database: our own, unless others were given ----

# Is this value of ORGCODE_BOOTSTRAP or ORGCODE_PG one that `env` printed earlier? (A shell may still have it.)
external_is_ours()
{
    local name=$1 value=$2 port
    for port in $(sed -n "s/^\(former \)\?$name\(_agencies\)\?=//p" "$ORGCODE_HOME/ports" 2>/dev/null); do
        case "$name $value" in
        "kafka 127.0.0.1:$port") return 0 ;;
        "postgres host=127.0.0.1 port=$port "*"$ORGCODE_HOME/"*) return 0 ;;
        esac
    done
    return 1
}

# Remembers a broker and a database that were given, for the later commands. To be called once the home is there.
external_note()
{
    umask 077
    touch "$ORGCODE_HOME/external"
    if [ -n "${ORGCODE_BOOTSTRAP:-}" ] && ! external_is_ours kafka "$ORGCODE_BOOTSTRAP"; then
        sed -i '/^bootstrap=/d' "$ORGCODE_HOME/external"
        echo "bootstrap=$ORGCODE_BOOTSTRAP" >>"$ORGCODE_HOME/external"
    fi
    if [ -n "${ORGCODE_PG:-}" ] && ! external_is_ours postgres "$ORGCODE_PG"; then
        sed -i '/^pg=/d' "$ORGCODE_HOME/external"
        echo "pg=$ORGCODE_PG" >>"$ORGCODE_HOME/external"
    fi
    umask 022
}
external_get() { sed -n "s/^$1=//p" "$ORGCODE_HOME/external" 2>/dev/null; }

# Sets and exports what the programs need, once the ports are known.
programs_environment()
{
    ORGCODE_BOOTSTRAP=$(external_get bootstrap)
    ORGCODE_BOOTSTRAP=${ORGCODE_BOOTSTRAP:-$(kafka_bootstrap)}
    ORGCODE_PG=$(external_get pg)
    ORGCODE_PG=${ORGCODE_PG:-$(postgres_conninfo)}
    ORGCODE_PREFIX=${ORGCODE_PREFIX:-orgcode}
    export ORGCODE_BOOTSTRAP ORGCODE_PG ORGCODE_PREFIX
    if secure; then export ORGCODE_CONFIG=$ORGCODE_HOME/accounts/admin.conf KCAT_CONFIG=$ORGCODE_HOME/accounts/admin.librdkafka; fi
}

# account_environment ACCOUNT: for a subshell that becomes a program; in secure mode the account's file says where Kafka
# and PostgreSQL are.
account_environment()
{
    secure || return 0
    unset ORGCODE_BOOTSTRAP ORGCODE_PG KCAT_CONFIG
    export ORGCODE_CONFIG=$ORGCODE_HOME/accounts/$1.conf
}

services_start()
{
    if [ -z "$(external_get pg)" ]; then postgres_start; fi
    if [ -z "$(external_get bootstrap)" ]; then kafka_start; fi
    programs_environment
}

services_stop()
{
    kafka_stop
    postgres_stop
}

# What a step that waits for the services must look at now and then, as the programs themselves wait for better times.
services_check()
{
    local name folder free
    for folder in "$ORGCODE_HOME" "$(postgres_folder)"; do
        [ -d "$folder" ] || continue
        free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
        [ "${free:-0}" -ge 5 ] || die "the disk of $folder is full" \
            "Free some space (1000 MB) and run deploy/quickstart again: it goes on where it was."
    done
    for name in kafka postgres; do
        if [ -f "$ORGCODE_HOME/pid/$name" ] && ! process_pid $name >/dev/null; then
            die "$name has ended" "Its log is in $ORGCODE_HOME/log or $ORGCODE_HOME/$name. Run deploy/quickstart again to go on."
        fi
    done
}

# ---- building ----

programs_build()
{
    local log=$ORGCODE_HOME/log/build.log
    [ -f "$ORGCODE_BUILD/build.ninja" ] || step "building the programs into $ORGCODE_BUILD"
    mkdir -p "$ORGCODE_BUILD"
    if { [ -f "$ORGCODE_BUILD/build.ninja" ] || cmake -S "$ORGCODE_ROOT" -B "$ORGCODE_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DORGCODE_TESTS=OFF -DORGCODE_MAN=OFF; } >"$log" 2>&1 && cmake --build "$ORGCODE_BUILD" >>"$log" 2>&1; then
        return 0
    fi
    log_tail "$log" 20
    if grep -qi 'no space left' "$log"; then
        die "the disk of $ORGCODE_BUILD is full" "Free some space and run this again."
    fi
    die "the programs could not be built" "The whole log is $log."
}

program() { echo "$ORGCODE_BUILD/bin/orgcode-$1"; }

# ---- running ----

# What NAME is started with, but for its accounts: serve answers for its health where it serves.
program_options()
{
    local address
    address=127.0.0.1:$(port_choose "$1")
    case "$1" in
    serve) program_arguments=(--listen "$address" --index --snapshots "$ORGCODE_HOME/snapshots") ;;
    *) program_arguments=(--metrics-listen "$address") ;;
    esac
}

# Where a browser finds the directory.
serve_url() { echo "http://127.0.0.1:$(port_get serve)"; }

# program_http PORT PATH: prints the status code.
program_http()
{
    local line
    exec 8<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&8
    read -r -t 5 _ line _ <&8 || line=
    exec 8>&-
    echo "$line"
}
program_ready() { [ "$(program_http "$(port_get "$1")" /readyz 2>/dev/null)" = 200 ]; }
program_ready_or_dead() { ! process_pid "$1" >/dev/null || program_ready "$1"; }

# Was the file of the running program replaced by a new build?
program_outdated() { [ "$(readlink "/proc/$(process_pid "$1")/exe")" != "$(readlink -f "$(program "$1")")" ]; }

# process_start notes the process that it starts: in secure mode `env`, which becomes the program.
program_start()
{
    local name=$1
    shift
    if secure; then
        process_start "$name" env -u ORGCODE_BOOTSTRAP -u ORGCODE_PG ORGCODE_CONFIG="$ORGCODE_HOME/accounts/$name.conf" "$@"
    else
        process_start "$name" "$@"
    fi
}

programs_start()
{
    local name
    for name in $PROGRAMS; do
        [ -x "$(program "$name")" ] || die "$(program "$name") is not there" "Run: deploy/quickstart"
        if process_pid "$name" >/dev/null; then
            program_outdated "$name" || continue
            say "$name was built anew: starting it again"
            process_stop "$name"
        fi
        program_options "$name"
        program_start "$name" "$(program "$name")" "${program_arguments[@]}"
    done
    for name in $PROGRAMS; do
        wait_for 60 program_ready_or_dead "$name" && process_pid "$name" >/dev/null && continue
        log_tail "$ORGCODE_HOME/log/$name.log"
        die "orgcode-$name does not come up" "Its log is $ORGCODE_HOME/log/$name.log."
    done
}

programs_stop()
{
    local name
    for name in serve notify apply validate; do process_stop "$name"; done
}
