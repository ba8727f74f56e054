"""Headless Chromium over its DevTools protocol: PDF files and screenshots of pages."""

import base64
import itertools
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-web-security",
    "--allow-file-access-from-files",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]


class ChromiumError(Exception):
    """Chromium is missing, ended, or refused a command."""


def find_chromium():
    """Return the path of the program: ``$CHROMIUM``, or the first one in PATH."""
    for name in (os.environ.get("CHROMIUM"), *NAMES):
        if name and (path := shutil.which(name)):
            return path
    raise ChromiumError("There is no Chromium here: install the package chromium.")


def lift_memory_limit():
    """Undo Odoo's limit on its own address space: Chromium needs far more."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


class Chromium:
    """One page in one new browser; a context manager."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        self.process = subprocess.Popen(
            [find_chromium(), *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lift_memory_limit,
        )
        self.numbers, self.session, self.events = itertools.count(1), None, []
        self.socket = websocket.create_connection(
            self._wait_for_address(), suppress_origin=True, timeout=120
        )
        target = self("Target.createTarget", url="about:blank")["targetId"]
        attached = self("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self("Page.enable")
        self("Network.enable")
        self("Page.setLifecycleEventsEnabled", enabled=True)

    def _wait_for_address(self):
        file = Path(self.profile, "DevToolsActivePort")
        for _attempt in range(300):
            if file.is_file() and len(file.read_text().split()) == 2:
                port, path = file.read_text().split()
                return f"ws://127.0.0.1:{port}{path}"
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise ChromiumError("Chromium did not start.")

    def __enter__(self):
        return self

    def __exit__(self, *_args):
        self.close()

    def __call__(self, method, **params):
        """Send a DevTools command; return its result."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise ChromiumError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def load(self, url, seconds=60):
        """Open ``url`` and wait until nothing is being loaded any more."""
        self.events.clear()
        frame = self("Page.navigate", url=url)
        if frame.get("errorText"):
            raise ChromiumError(f"{url}: {frame['errorText']}")

        def is_idle(event):
            return (
                event.get("method") == "Page.lifecycleEvent"
                and event["params"]["name"] == "networkIdle"
                and event["params"]["loaderId"] == frame.get("loaderId")
            )

        end = time.time() + seconds
        while not any(map(is_idle, self.events)) and time.time() < end:
            self.events.append(json.loads(self.socket.recv()))

    def run(self, expression):
        """Return the value of a JavaScript expression; wait if it is a promise."""
        done = self(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in done:
            details = done["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            raise ChromiumError(f"{expression}: {text}")
        return done["result"].get("value")

    def print_pdf(self, **options):
        """Return the page as the bytes of a PDF file."""
        done = self("Page.printToPDF", printBackground=True, **options)
        return base64.b64decode(done["data"])

    def screenshot(self, **options):
        """Return the page as the bytes of a PNG file."""
        done = self("Page.captureScreenshot", format="png", **options)
        return base64.b64decode(done["data"])

    def close(self):
        """End the browser and remove its files."""
        self.session = None
        try:
            self("Browser.close")
        except (ChromiumError, OSError, websocket.WebSocketException):
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.profile, ignore_errors=True)
