"""Build the demo database, tell the story in a copy of it, and serve it."""

import argparse
import os
import socket
import subprocess
import sys

import project
import templates
from project import say

DATABASE = "booking_demo"
STORY_DATABASE = "booking_demo_story"
TOOLS = project.ROOT / "tools"
LOGS = project.RUN / "log"
LOGINS = """
Try it at http://localhost:{port}
    front desk   staff / staff              http://localhost:{port}/odoo
    accountant   accountant / accountant    http://localhost:{port}/odoo
    customer     anna / anna                http://localhost:{port}/shop
    everything   admin / admin
Ctrl-C stops the server; its log is {log}
"""


def demo_template():
    """Return a database with all add-ons and demo data, as the sources are now."""
    return templates.installed(project.addons(), demo=True)


def run_script(database, script, name):
    """Run a script in the shell of ``database``; return its output and its log."""
    log, output = LOGS / f"{name}.log", LOGS / f"{name}.out"
    output.unlink(missing_ok=True)
    command = project.odoo_command("shell", "-d", database, "--no-http")
    with script.open() as lines, log.open("w") as errors:
        project.run_logged(command, output, stdin=lines, stderr=errors)
    return output.read_text(), "".join(log.open().readlines()[-25:])


def tell_story(template):
    """Tell the story in a copy of ``template``; return whether all of it held."""
    project.copy(template, STORY_DATABASE)
    output, log = run_script(STORY_DATABASE, TOOLS / "demo_story.py", "story")
    print(output, flush=True)
    held = output.rstrip().endswith("STORY OK")
    if not held:
        print(log)
    project.drop(STORY_DATABASE)
    return held


def build_studio(template):
    """Make the database to try things on: three months of a small studio."""
    say("preparing the demo studio")
    building = f"{DATABASE}_building"
    project.copy(template, building)
    output, log = run_script(building, TOOLS / "demo_studio.py", "studio")
    if not output.rstrip().endswith("STUDIO OK"):
        raise project.Failure(f"could not fill the demo studio:\n{log}")
    project.drop(DATABASE)
    project.rename(building, DATABASE)


def is_free(port):
    """Tell whether nobody listens on this port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


def serve(port):
    """Serve the demo database until Ctrl-C."""
    if not is_free(port):
        raise project.Failure(
            f"port {port} is in use: stop what runs there, or choose another one "
            f"with bin/demo --port {port + 1}"
        )
    log = LOGS / "demo.log"
    print(LOGINS.format(port=port, log=log.relative_to(project.ROOT)), flush=True)
    options = ["-d", DATABASE, "--http-port", port, "--db-filter", f"^{DATABASE}$"]
    command = project.odoo_command(*options, "--logfile", log)
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def main():
    """Read the command line, tell the story, serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="bin/demo", add_help=False)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", 8069)))
    args = parser.parse_args()
    template = demo_template()
    held = tell_story(template)
    if args.check or not held:
        return int(not held)
    if args.reset or not project.exists(DATABASE):
        build_studio(template)
    return serve(args.port)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except project.Failure as failure:
        sys.exit(f"bin/demo: {failure}")
