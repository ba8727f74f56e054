"""Take a screenshot of a page as a given user (see bin/shot --help)."""

import argparse
import os
import re
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

from chromium import Chromium, ChromiumError

# Odoo's web client goes on drawing when the network is idle already
SETTLED = """
new Promise((resolve) => {
    let calm = 0;
    let before = "";
    const look = () => {
        const now = document.body.innerHTML;
        const busy = document.querySelector(".o_loading_indicator, .o_blockUI");
        calm = now === before && !busy ? calm + 1 : 0;
        before = now;
        calm >= 4 ? resolve(true) : setTimeout(look, 150);
    };
    look();
})
"""


def log_in(base, login, password):
    """Return the cookies of a new session of ``login``."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    address = urljoin(base, "/web/login")
    page = opener.open(address).read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    form = {"login": login, "password": password, "csrf_token": token and token[1]}
    answer = opener.open(address, urlencode(form).encode())
    if answer.geturl().split("?")[0] == address:
        sys.exit(f"bin/shot: {base} refuses the login {login}: give --password")
    return jar


def take(args):
    """Write the screenshot that the arguments ask for."""
    base = f"http://localhost:{os.environ.get('PORT', 8069)}"
    url = urljoin(base, args.url)
    width, height = map(int, args.size.split("x"))
    with Chromium() as browser:
        browser(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=args.scale,
            mobile=width < 600,
        )
        if args.login:
            for cookie in log_in(url, args.login, args.password or args.login):
                pair = {"name": cookie.name, "value": cookie.value}
                browser("Network.setCookie", url=url, **pair)
        if args.lang:
            pair = {"name": "frontend_lang", "value": args.lang}
            browser("Network.setCookie", url=url, **pair)
        browser.load(url)
        browser.run(SETTLED)
        for script in args.script:
            browser.run(script)
            browser.run(SETTLED)
        time.sleep(args.wait)
        options = {}
        if args.full:
            size = browser("Page.getLayoutMetrics")["cssContentSize"]
            options = {"captureBeyondViewport": True, "clip": {**size, "scale": 1}}
        Path(args.file).write_bytes(browser.screenshot(**options))


def main():
    """Read the command line and take the screenshot."""
    parser = argparse.ArgumentParser(prog="bin/shot", add_help=False)
    parser.add_argument("url")
    parser.add_argument("file")
    parser.add_argument("--login")
    parser.add_argument("--password")
    parser.add_argument("--lang")
    parser.add_argument("--size", default="1400x900")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--script", action="append", default=[])
    parser.add_argument("--wait", type=float, default=0.3)
    take(parser.parse_args())


if __name__ == "__main__":
    try:
        main()
    except (ChromiumError, URLError) as error:
        sys.exit(f"bin/shot: {error}")
