# shellcheck shell=bash disable=SC2154
# The part of bin/setup that chooses a Python and makes the environment. Source it.

# is_usable FILE: a Python of a version that fits, and that can make an environment
is_usable() {
    "$1" -c 'import sys, ensurepip, venv
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# is_optimised FILE: built with optimisations, as Debian's own is: a tenth faster
is_optimised() {
    "$1" -c 'import os, sys, sysconfig
built = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
sys.exit(not (built or os.path.realpath(sys.executable).startswith("/usr/bin/")))'
}

# The Python that was asked for; else the first that fits, an optimised one before others
find_python() {
    local name file first=
    if [ -n "${given_python:-}" ]; then
        is_usable "$given_python" && command -v "$given_python"
        return
    fi
    for name in python3.12 python3.11 python3.13 python3.10 python3; do
        for file in "$(command -v "$name")" "/usr/bin/$name"; do
            [ -n "$file" ] && is_usable "$file" || continue
            first=${first:-$file}
            is_optimised "$file" && echo "$file" && return
        done
    done
    [ -n "$first" ] && echo "$first"
}

# What an environment is made from: the real file and the version
origin() {
    "$1" -c 'import os, sys
print(os.path.realpath(sys._base_executable), *sys.version_info[:2])' 2>/dev/null || true
}

make_environment() {
    local python site
    begin "looking for ${given_python:-Python 3.10 to 3.13}" \
        "Install Python 3.10 to 3.13 with its venv, or name it: PYTHON=... bin/setup"
    python=$(find_python) || stop "$hint"
    if [ "$(origin "$run/venv/bin/python")" != "$(origin "$python")" ]; then
        rm -rf "$run/venv"
        "$python" -m venv "$run/venv" >>"$log" 2>&1
    fi
    begin "installing Python packages with $python (a minute)" \
        "Is the package index that pip is configured for reachable? See requirements.txt."
    "$run/venv/bin/python" -m pip install -q --disable-pip-version-check \
        --prefer-binary -r "$project/requirements.txt" \
        -r "$project/requirements-dev.txt" >>"$log" 2>&1
    # makes "python -m odoo" work, and shows the distribution "odoo" to pip
    site=$("$run/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$ODOO_SRC" >"$site/odoo19.pth"
    odoo_version=$("$run/venv/bin/python" -m odoo --version 2>>"$log") ||
        stop "Python cannot load Odoo from $ODOO_SRC."
    case $odoo_version in
    *" 19."*) ;;
    *) stop "$ODOO_SRC holds $odoo_version: version 19.0 is needed." ;;
    esac
}
