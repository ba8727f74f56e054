"""What is running, how far it is, about how long is left, and what it cost."""

import os
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import durations
import project
import psycopg2
from project import say

#: seconds between two looks, and between two lines for a terminal and for a file
TICK, TERMINAL, FILE = 3, 15, 60
STARTED = re.compile(r"odoo\.addons\.(\w+)\.tests\.\S+: Starting (\w+\.\w+) \.\.\.")
LOADING = re.compile(r"Loading module \w+ \((\d+/\d+)\)")


@dataclass
class Job:
    """One part of a run: what is expected of it, and what it came to."""

    label: str
    expected: float
    #: how many tests will run, if it is known
    tests: int = 0
    log: Path | None = None
    begin: float = 0.0
    end: float = 0.0
    thread: int = 0
    cpu: float = 0.0
    backends: dict = field(default_factory=dict)
    loads: list = field(default_factory=list)
    done: float = 0.0
    started: int = 0

    def __enter__(self):
        self.begin, self.thread = time.time(), threading.get_ident()
        self.cpu = -project.spent[self.thread]

    def __exit__(self, *_args):
        self.cpu += project.spent[self.thread]
        self.end = time.time()

    @property
    def is_running(self):
        """Tell whether it has begun, and not ended."""
        return bool(self.begin and not self.end)

    @property
    def seconds(self):
        """Return how long it took, or has taken so far."""
        return (self.end or time.time()) - self.begin if self.begin else 0.0

    @property
    def share(self):
        """Return how much of it is done, from 0 to 1."""
        if self.end or not self.begin:
            return float(bool(self.end))
        done = self.done if self.tests else self.seconds
        return min(done / self.expected, 0.97)

    def look(self, known):
        """Read in the log how far the tests are."""
        if not (self.tests and self.log and self.log.exists()):
            return
        seen, first = set(), set()
        for addon, test in STARTED.findall(self.log.read_text(errors="replace")):
            seen.add(f"{addon}:{test}")
            first.add(f"{addon}:{test.partition('.')[0]}.setUpClass")
        times = known["tests"]
        self.started = len(seen)
        self.done = sum(times.get(name, durations.TEST) for name in seen)
        self.done += sum(times.get(name, durations.CLASS) for name in first)

    def cost(self):
        """Return seconds on the clock and of the processors, and the load meanwhile."""
        cpu = self.cpu + sum(self.backends.values())
        load = sum(self.loads) / len(self.loads) if self.loads else os.getloadavg()[0]
        return f"{self.seconds:5.0f} s {cpu:5.0f} CPU-s  load {load:.1f}"

    def __str__(self):
        far = f" {self.started} of {self.tests}" if self.tests else ""
        return f"{self.label}{far}"


class Board:
    """Watches the jobs of a run, and tells about them now and then."""

    def __init__(self, jobs, known):
        self.jobs, self.known, self.over = jobs, known, threading.Event()
        self.begin = time.time()

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def __exit__(self, *_args):
        self.over.set()
        self.thread.join()

    def _watch(self):
        pause = TERMINAL if sys.stdout.isatty() else FILE
        told = time.time()
        while not self.over.wait(TICK):
            running = [job for job in self.jobs if job.is_running]
            weigh(running)
            if running and time.time() - told >= pause:
                told = time.time()
                for job in running:
                    job.look(self.known)
                say(self.line(running))

    def line(self, running):
        """Return what is running, how far the whole is, and about how long is left."""
        total = sum(job.expected for job in self.jobs) or 1
        share = sum(job.expected * job.share for job in self.jobs) / total
        what = "; ".join(map(str, running))
        if not share:  # what is built before the first test says nothing of the pace
            self.begin = time.time()
        if share < 0.03:
            return f"{share:.0%}: {what}"
        left = (time.time() - self.begin) * (1 - share) / share
        return f"{share:.0%}, about {span(left)} left: {what}"


def span(seconds):
    """Return a time for people."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def weigh(running):
    """Note the load, and what the database server has done for each job so far."""
    jobs = {job.thread: job for job in running}
    for job in running:
        job.loads.append(os.getloadavg()[0])
    for pid, thread in project.children.copy().items():
        if thread in jobs:
            for backend, seconds in backends(pid):
                jobs[thread].backends[backend] = seconds


def backends(pid):
    """Yield ``(pid, processor seconds)`` of those who serve the Odoo process ``pid``."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
    try:
        with project.cursor() as cr:
            cr.execute(query, [f"odoo-{pid}"])
            found = [row[0] for row in cr.fetchall()]
    except psycopg2.Error:
        return
    for backend in found:
        try:
            text = Path(f"/proc/{backend}/stat").read_text()
        except OSError:  # it has gone, or is on another machine
            continue
        name, values = text.rpartition(")")[::2]
        if "postgres" in name:
            used = sum(map(int, values.split()[11:13]))
            yield backend, used / os.sysconf("SC_CLK_TCK")


class loading:
    """Tells every few seconds how many modules Odoo has loaded, by its log."""

    def __init__(self, label, log, pause=10):
        self.label, self.log, self.pause = label, log, pause
        self.over = threading.Event()

    def __enter__(self):
        threading.Thread(target=self._watch, daemon=True).start()

    def __exit__(self, *_args):
        self.over.set()

    def _watch(self):
        while not self.over.wait(self.pause):
            text = self.log.read_text(errors="replace") if self.log.exists() else ""
            if found := LOADING.findall(text):
                say(f"{self.label}: module {found[-1].replace('/', ' of ')}")


def warn_of_load(jobs, cores):
    """Yield a warning if others used the machine too."""
    loads = [load for job in jobs for load in job.loads]
    if loads and (mean := sum(loads) / len(loads)) > cores:
        yield (
            f"warning: the load was {mean:.1f} on {cores} cores; "
            "on a quiet machine this takes less time"
        )
