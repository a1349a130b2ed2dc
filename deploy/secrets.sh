#!/bin/sh
# Makes the secrets of docker-compose.yml in secrets/, those that are not there yet.
#
# The folder is for our eyes only. The files in it can be read by everybody who gets past it,
# since a container's account is another one than ours and gets them as they are.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
chmod 700 secrets

keep() { # NAME CONTENT, whole or not at all
    [ ! -s "secrets/$1" ] || return 0
    printf '%s\n' "$2" >"secrets/.$1"
    chmod 444 "secrets/.$1"
    mv -f "secrets/.$1" "secrets/$1"
    echo "made secrets/$1"
}

random() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }

keep database_password "$(random)"
keep broker_password "$(random)"
keep broker_login "default_user = doorstep
default_pass = $(cat secrets/broker_password)"
