# Base of the shell library: messages, the home folder, remembered ports, processes. Sourced by bash scripts that have
# set -euo pipefail; defines functions and ORGCODE_HOME, ORGCODE_CACHE, ORGCODE_ROOT.
# shellcheck shell=bash

ORGCODE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ORGCODE_HOME=${ORGCODE_HOME:-$ORGCODE_ROOT/.run}
case "$ORGCODE_HOME" in /*) ;; *) ORGCODE_HOME=$PWD/$ORGCODE_HOME ;; esac
ORGCODE_CACHE=${ORGCODE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/orgcode}
export ORGCODE_HOME ORGCODE_CACHE

say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
# die WHAT [WHAT TO DO]...: a failure that the reader can do something about
die()
{
    printf 'error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# Makes the home folder. Only its owner may enter it: it holds passwords.
home_make()
{
    mkdir -p "$ORGCODE_HOME" 2>/dev/null || die "cannot make the folder $ORGCODE_HOME" \
        "Set ORGCODE_HOME to a folder that you may write, or mend the rights of its parent."
    chmod 700 "$ORGCODE_HOME"
    mkdir -p "$ORGCODE_HOME/pid" "$ORGCODE_HOME/log" || die "cannot write in $ORGCODE_HOME" \
        "$(df -h "$ORGCODE_HOME" | tail -1)"
    [ -f "$ORGCODE_HOME/ports" ] || : >"$ORGCODE_HOME/ports"
}

# disk_need MEGABYTES FOLDER: dies when less is free there.
disk_need()
{
    local free
    free=$(df -Pm "$2" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$1" ] || die "the disk of $2 has ${free:-0} MB free, $1 MB are needed" \
        "Free some space, or set ORGCODE_HOME (and ORGCODE_CACHE) to a folder on another disk."
}

# ---- ports: a line NAME=PORT each in $ORGCODE_HOME/ports; those replaced stay as "former NAME=PORT" ----

# Is somebody listening on this TCP port, on any address? Reads /proc, so that nothing needs to be installed.
port_taken()
{
    local hex
    hex=$(printf ':%04X' "$1")
    awk -v p="$hex" '$4 == "0A" && substr($2, length($2) - 4) == p { found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

port_get() { sed -n "s/^$1=//p" "$ORGCODE_HOME/ports" | tail -1; }

# port_choose NAME: prints the remembered port, or a new one when there is none or somebody else listens on it.
# To be called only while the service itself is down.
port_choose()
{
    local name=$1 port i
    port=$(port_get "$name")
    if [ -n "$port" ] && ! port_taken "$port"; then
        echo "$port"
        return
    fi
    [ -z "$port" ] || say "port $port of $name is taken by another program: choosing a new one"
    for ((i = 0; i < 200; i++)); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)) # below the range that outgoing connections use
        if ! port_taken "$port" && ! grep -q "=$port\$" "$ORGCODE_HOME/ports"; then
            sed -i "s/^$name=/former $name=/" "$ORGCODE_HOME/ports"
            echo "$name=$port" >>"$ORGCODE_HOME/ports"
            echo "$port"
            return
        fi
    done
    die "no free TCP port between 20000 and 31999"
}

# ---- processes: $ORGCODE_HOME/pid/NAME holds "PID STARTTIME", so that a reused pid is not taken for ours ----

# Start time of a process in clock ticks since boot; nothing when there is none, or only its zombie. While the threads of one that was killed
# still end, which takes seconds on a busy machine, it is waited for: until then its port is taken.
process_start_time()
{
    local pid=$1 stat i
    for ((i = 0; i < 300; i++)); do
        stat=$(cat "/proc/$pid/stat" 2>/dev/null) || return 0
        # shellcheck disable=SC2086
        set -- ${stat##*) }
        [ "$1" = Z ] || break
        [ "${18}" -gt 1 ] || return 0
        sleep 0.1
    done
    echo "${20}"
}

process_note() { echo "$2 $(process_start_time "$2")" >"$ORGCODE_HOME/pid/$1"; }

# process_pid NAME: prints the pid when it runs; fails when it does not.
process_pid()
{
    local pid start
    [ -f "$ORGCODE_HOME/pid/$1" ] && read -r pid start <"$ORGCODE_HOME/pid/$1" || return 1
    [ -n "${start:-}" ] && [ "$(process_start_time "$pid")" = "$start" ] && echo "$pid"
}

# process_start NAME COMMAND...: in the background, apart from this terminal, its output appended to log/NAME.log.
process_start()
{
    local name=$1
    shift
    (cd "$ORGCODE_HOME" && exec setsid "$@") </dev/null >>"$ORGCODE_HOME/log/$name.log" 2>&1 9>&- &
    process_note "$name" $!
}

# process_stop NAME [SECONDS]: asks it to end, and ends it when it has not after that time.
process_stop()
{
    local name=$1 seconds=${2:-20} pid i
    if pid=$(process_pid "$name"); then
        kill -TERM "$pid" 2>/dev/null || true
        kill -CONT "$pid" 2>/dev/null || true
        for ((i = 0; i < seconds * 10; i++)); do
            process_pid "$name" >/dev/null || break
            sleep 0.1
        done
        if process_pid "$name" >/dev/null; then
            say "$name did not end within $seconds s: killed"
            kill -KILL "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$ORGCODE_HOME/pid/$name"
}

# wait_for SECONDS COMMAND...: polls until it succeeds; fails when the time is over.
wait_for()
{
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.1
    done
}

log_tail() { tail -n "${2:-15}" "$1" 2>/dev/null | sed 's/^/       | /' >&2 || true; }
