#!/usr/bin/env bash
# Makes a fresh clone able to run: what Doorstep needs of the system, then .venv.
#
# Needed of the system: Python 3.11 or 3.12 with venv, PostgreSQL's server programs
# (unless DATABASE_URL is set), RabbitMQ (unless AMQP_URI is set), the font that receipts
# are drawn with, and openssl, which signs what is sealed. Whatever is missing is installed
# with apt-get when we are root; otherwise one line says what to do. No system daemon is
# started, and nothing is installed that is there already. With --bench, what `make bench` needs besides: wrk, the load generator;
# with --test, what `make test` needs besides: Chromium, to look at our pages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
stamp=$venv/.doorstep
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/doorstep.conf
font=fonts-wqy-zenhei  # and where it puts it, as in services/recovery/jobs/paper.py
font_file=/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc
besides=${1:-}
ours=()  # files of ours in /usr and /etc while apt-get works

say() { printf 'bootstrap: %s\n' "$*"; }
fail() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; }

# Debian's own first: it is built with profiles, and a fifth faster than one built without.
find_python() {
    local name
    for name in /usr/bin/python3.11 python3.11 python3.12 python3; do
        if command -v "$name" >/dev/null && fits "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or 3.12 found; install one (Debian 12: apt-get install python3)"
}

has_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null
}

has_rabbitmq() {
    compgen -G '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server' >/dev/null \
        || [ -x /opt/rabbitmq/sbin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null
}

# The names of the missing packages, one a line.
missing_packages() {
    # The package is named for the version: python3.11-venv.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo "$(basename "$(readlink -f "$python")")-venv"
    [ -n "${DATABASE_URL:-}" ] || has_postgres || echo postgresql
    [ -n "${AMQP_URI:-}" ] || has_rabbitmq || echo rabbitmq-server
    [ -f "$font_file" ] || echo "$font"
    command -v openssl >/dev/null || echo openssl
    [ "$besides" != --bench ] || command -v wrk >/dev/null || echo wrk
    [ "$besides" != --test ] || command -v chromium >/dev/null || echo chromium
}

explain_missing() {
    local line="missing here: $*; run as root: apt-get install --no-install-recommends $*"
    [[ " $* " != *" postgresql "* ]] || line+="; or set DATABASE_URL to a PostgreSQL of yours"
    [[ " $* " != *" rabbitmq-server "* ]] || line+="; or set AMQP_URI to a RabbitMQ of yours"
    fail "$line"
}

leave_no_trace() {
    [ ${#ours[@]} -eq 0 ] || rm -f "${ours[@]}"
    ours=()
}

# invoke-rc.d asks policy-rc.d before it starts a daemon; 101 means: do not.
forbid_daemons() {
    if [ -e "$policy" ] || [ -L "$policy" ]; then
        local answer=0
        "$policy" rabbitmq-server start >/dev/null 2>&1 || answer=$?
        [ "$answer" -eq 101 ] || fail "$policy lets new packages start daemons and is not ours" \
            "to change; install by hand: apt-get install --no-install-recommends $*"
        return
    fi
    ours+=("$policy")
    printf '#!/bin/sh\n# doorstep/bootstrap.sh put this here while apt-get runs\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

# Debian's postgresql would make and start a cluster "main" of its own.
forbid_main_cluster() {
    [ ! -e "$no_cluster" ] || return 0
    mkdir -p "$(dirname "$no_cluster")"
    ours+=("$no_cluster")
    echo 'create_main_cluster = false' >"$no_cluster"
}

# Nor shall they start at the next boot: the node we use is a private one.
forbid_at_boot() {
    update-rc.d rabbitmq-server disable >/dev/null 2>&1 || true
    [ "$1" = had-erlang ] || systemctl disable epmd.socket epmd.service >/dev/null 2>&1 || true
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    # Without lists, or with old ones, apt-get does not know the packages: then update.
    apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 && return
    say "updating the package lists"
    apt-get update -qq >"$log" 2>&1 || { tail -n 5 "$log" >&2; fail "apt-get update failed; see above"; }
    apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 \
        || { tail -n 20 "$log" >&2; fail "apt-get could not install $*; see above"; }
}

install_packages() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        # All but receipts and pages works without these two, so that they stop nobody.
        local needed=()
        for name in "$@"; do
            case $name in
                "$font") say "no $font here, so receipts and reports cannot be drawn;" \
                    "run as root: apt-get install $font" ;;
                chromium) say "no chromium here, so pages are not looked at;" \
                    "run as root: apt-get install --no-install-recommends chromium" ;;
                *) needed+=("$name") ;;
            esac
        done
        [ ${#needed[@]} -eq 0 ] || explain_missing "${needed[@]}"
        return
    fi
    say "installing $*"
    log=$(mktemp)
    trap 'leave_no_trace; rm -f "$log"' EXIT
    trap 'exit 130' INT TERM HUP
    forbid_daemons "$@"
    forbid_main_cluster
    local erlang=had-erlang
    command -v epmd >/dev/null || erlang=new-erlang
    apt_install "$@"
    [[ " $* " != *" rabbitmq-server "* ]] || forbid_at_boot $erlang
    leave_no_trace
}

# What .venv was made from; when this changes it is brought up to date, and made anew
# when its folder was moved: its scripts name their interpreter by full path.
fingerprint() {
    printf '%s\n%s\n' "$PWD" "$(readlink -f "$python")"
    cat requirements.lock pyproject.toml | sha256sum
}

venv_is_usable() {
    fits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 \
        && { [ ! -f "$stamp" ] || [ "$(head -n 2 "$stamp")" = "$(fingerprint | head -n 2)" ]; }
}

build_venv() {
    say "filling $venv with $python (once; takes a minute)"
    venv_is_usable || "$python" -m venv --clear "$venv"
    rm -f "$stamp"
    local pip=("$venv/bin/python" -m pip --disable-pip-version-check install --quiet)
    "${pip[@]}" --require-hashes -r requirements.lock
    "${pip[@]}" --no-deps --no-build-isolation --editable .
    fingerprint >"$stamp"
}

python=$(find_python)
mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
[ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ] || build_venv
