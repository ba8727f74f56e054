# shellcheck shell=bash disable=SC2154
# What the commands in bin/ share: where things are, and whether setup was done.
# Source it; it changes nothing on disk.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
run=$project/.run

# usage FILE: print the comment block at the top of FILE, without the "#"
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

# Changes whenever setup has something new to do.
setup_sum() {
    cat "$project"/requirements*.txt "$project"/{bin/setup,tools/python.sh} |
        sha256sum | cut -c1-16
}

# find_tool NAME...: the first of these programs that exists
find_tool() {
    local name
    for name in "$@"; do command -v "$name" && return; done
    return 1
}

find_chromium() {
    find_tool ${CHROMIUM:+"$CHROMIUM"} google-chrome chromium chromium-browser \
        google-chrome-stable
}

# The programs of the newest PostgreSQL here, or those in PATH
find_pg_bin() {
    local newest
    newest=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -1)
    newest=${newest:-$(command -v initdb)} || return 1
    dirname "$(realpath "$newest")"
}

# Variables of a finished setup, and success if nothing is left to do. Takes 20 ms.
load_setup() {
    # what was asked for, before what is remembered takes its place
    given_src=${given_src-${ODOO_SRC:-}} given_python=${given_python-${PYTHON:-}}
    given_host=${given_host-${PGHOST:-}} given_port=${given_port-${PGPORT:-}}
    given_user=${given_user-${PGUSER:-}}
    setup_done='' setup_python='' pg_dir='' pg_bin=''
    [ -r "$run/env" ] || return 1
    # shellcheck source=/dev/null
    . "$run/env"
    [ "$setup_done" = "$(setup_sum)" ] || return 1
    [ -z "$given_src" ] || [ "$(realpath "$given_src")" = "$ODOO_SRC" ] || return 1
    [ -z "$given_python" ] || [ "$(command -v "$given_python")" = "$setup_python" ] || return 1
    [ -z "$given_host" ] || [ "$given_host" = "$PGHOST" ] || return 1
    [ -z "$given_host" ] || [ -n "$pg_dir" ] ||
        [ "$given_port:${given_user:-$(id -un)}" = "$PGPORT:$PGUSER" ] || return 1
    [ -z "$pg_dir" ] || "$pg_bin/pg_isready" -qh "$PGHOST" || return 1
    [ -e "$ODOO_SRC/odoo/addons/base" ] && [ -x "$run/venv/bin/python" ]
}

# Do setup unless it is done, and set the environment of Odoo's own commands.
use_setup() {
    load_setup || {
        ODOO_SRC=$given_src PGHOST=$given_host PGPORT=$given_port PGUSER=$given_user \
            "$project/bin/setup" >&2
        load_setup
    }
    unset PYTHONDONTWRITEBYTECODE
    export PATH="$run/bin:$run/venv/bin:$PATH" ODOO_RC="$run/odoo.conf" ODOO_SRC
    if [ -n "$PGPORT" ]; then export PGPORT; else unset PGPORT; fi
    export PGHOST PGUSER
}
