# Installs the Debian packages of deploy/packages.txt.
# shellcheck shell=bash

# packages_missing GROUP...: prints those of the groups that are not installed. A command in the third column that is there
# stands for its package, wherever it came from.
packages_missing()
{
    local name group command
    while read -r name group command; do
        case " $* " in *" $group "*) ;; *) continue ;; esac
        [ -z "$command" ] || ! command -v "$command" >/dev/null || continue
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done < <(sed '/^#/d;/^$/d' "$ORGCODE_ROOT/deploy/packages.txt")
}

# packages_install GROUP...
packages_install()
{
    local missing root=() log
    command -v apt-get >/dev/null ||
        die "this is not a Debian system: apt-get is missing" \
            "Debian 12 is what the scripts install on. Elsewhere: install what deploy/packages.txt lists, then" \
            "build with cmake and run the programs by hand; deploy/README.md says how."
    missing=$(packages_missing "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    step "installing packages: $missing"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "packages are missing, and neither are you root nor is there sudo" \
            "Ask an administrator to run: apt-get install --no-install-recommends $missing"
        root=(sudo)
        sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } || die "sudo does not let you install packages" \
            "Ask an administrator to run: apt-get install --no-install-recommends $missing"
    fi
    log=$(mktemp)
    packages_apt "${root[@]}" >"$log" 2>&1 || {
        log_tail "$log" 12
        if grep -qiE 'no space left|not enough free space|enough free space' "$log"; then
            set -- "the disk is full" "Free some space (about 2 GB) and run this again."
        elif grep -qiE 'could not resolve|temporary failure|unable to connect|connection (refused|timed out|failed)|failed to fetch' "$log"; then
            set -- "Debian's package servers cannot be reached" \
                "Check the network (and http_proxy, if you need one), then run this again."
        elif grep -qiE 'could not get lock|is another process using it' "$log"; then
            set -- "another program is installing packages right now" "Run this again when it is done."
        elif grep -qiE 'unable to locate package' "$log"; then
            set -- "a package is unknown here; Debian 12 (bookworm) is what is needed" "This is: $(. /etc/os-release && echo "$PRETTY_NAME")"
        else
            set -- "apt-get could not install them" "Its words are above."
        fi
        rm -f "$log"
        die "$@"
    }
    rm -f "$log"
}

# Runs with "sudo" or nothing before each command. Debian's package would start a database cluster of its own on port 5432
# when it is installed; we want none, and leave no setting behind.
packages_apt()
{
    local conf=/etc/postgresql-common/createcluster.d/orgcode-install.conf rc=0
    "$@" apt-get update -qq || return 1
    if ! dpkg-query -W postgresql-15 >/dev/null 2>&1; then
        "$@" mkdir -p "${conf%/*}"
        echo 'create_main_cluster = false' | "$@" tee "$conf" >/dev/null
    fi
    # shellcheck disable=SC2086
    "$@" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 $missing || rc=1
    "$@" rm -f "$conf"
    return $rc
}
