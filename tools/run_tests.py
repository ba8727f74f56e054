"""Run the tests of the project in new databases (see bin/test --help)."""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import demo
import durations
import lifecycle
import odoo_log
import outcome
import progress
import project
import psycopg2
import selection
import templates
from outcome import Part
from progress import Job
from project import RUN, say
from selection import ALONE, CONCURRENCY

#: so many test classes make their own data faster than it is prepared for them
FEW = 5
CORES = len(os.sched_getaffinity(0))
#: how much runs at the same time
WORKERS = max(2, min(CORES, 6))
#: how much of the linters' log is shown when they found something (characters)
FINDINGS = 10_000


class Run:
    """One run of bin/test."""

    def __init__(self, what, keep, lint):
        self.keep, self.lint, self.is_whole = keep, lint, not what
        self.logs = RUN / "log" / time.strftime(f"test-%Y%m%d-%H%M%S-{os.getpid()}")
        self.databases, self.results = set(), []
        self.known = durations.read()
        self.choice = selection.choose(what)
        self.parts, self.addons = self.choice.parts, self.choice.addons

    def new_database(self, label, base):
        """Return a new database, a copy of ``base``."""
        name = f"test_{os.getpid()}_{label}"
        self.databases.add(name)
        project.copy(base, name)
        return name

    # --- what is to be done ------------------------------------------------------------

    def plan(self):
        """Return ``(job, what to call, its arguments)``, in the order of beginning.

        First what nothing can run beside at the end; of a set of add-ons first one
        shard, which builds the template, and the others when it is there.
        """
        shards = [self.plan_shards(addons) for addons in self.sets()]
        first = [plan[0] for plan in shards if plan]
        more = [each for plan in shards for each in plan[1:]]
        return [*self.plan_story(), *first, *more, *self.plan_others()]

    def sets(self):
        """Return the sets of add-ons that are installed together."""
        if "suite" not in self.parts:
            return []
        alone = [[addon] for addon in self.addons]
        return [self.addons, *alone] if len(alone) > 1 else alone

    def plan_shards(self, addons):
        """Return what runs the tests where these add-ons are installed."""
        classes = self.choice.classes(addons, "suite")
        if self.choice.is_narrow and not (classes or self.choice.tags):
            return []
        most = 1 if self.choice.tags else WORKERS
        shards = durations.share(classes, self.known, most)
        label = addons[0] if len(addons) == 1 else "all add-ons together"
        plan = []
        for index, shard in enumerate(shards):
            number = f" {index + 1}/{len(shards)}" if len(shards) > 1 else ""
            job = self.test_job(label + number, shard)
            plan.append((job, self.suite, (addons, shards, index)))
        return plan

    def test_job(self, label, classes):
        """Return a job that runs the tests of these classes."""
        if self.choice.tags or not classes:
            return self.job(label)
        single = {each: m for each, m in self.choice.named if m}
        seconds = sum(durations.of_class(self.known, each) for each in classes)
        count = sum(1 if each in single else len(each.tests) for each in classes)
        return Job(label, seconds, count)

    def job(self, label, seconds=durations.PART):
        """Return a job that takes as long as last time."""
        return Job(label, self.known["parts"].get(label, seconds))

    def plan_story(self):
        """Return the telling of the story."""
        return [(self.job("story", 90), self.story, ())] * ("story" in self.parts)

    def plan_others(self):
        """Return the short jobs, which fill the end."""
        if "concurrency" in self.parts:
            for addon in self.addons:
                if races := self.choice.classes([addon], "concurrency"):
                    yield (
                        self.test_job(f"{addon}, concurrency", races),
                        self.races,
                        (addon,),
                    )
        if self.lint:
            yield self.job("lint", 60), self.linters, ()
        if "pure" in self.parts:
            yield self.job("pure"), self.pure, ()
        if "lifecycle" in self.parts:
            for addon in self.addons:
                for with_demo in (True, False):
                    label = f"{addon}, {'with' if with_demo else 'without'} demo data"
                    yield self.job(label), self.lifecycle, (addon, with_demo)

    # --- parts -------------------------------------------------------------------------

    def pure(self, job):
        """Plain Python tests."""
        tool = project.ROOT / "tools" / "run_pure.py"
        pure = [(each, m) for each, m in self.choice.named if each.pure]
        words = [f"{each.key}.{m}".rstrip(".") for each, m in pure] or self.addons
        return self.tests(job, [sys.executable, str(tool), *words])

    def suite(self, job, addons, shards, index):
        """Run one shard of the tests of add-ons where these are installed."""
        many = sum(map(len, shards)) > FEW
        base = templates.prepared(addons) if many else templates.installed(addons)
        database = self.new_database(f"{addons[0]}{len(addons)}_{index}", base)
        tags = ",".join(self.tags(addons, shards, index))
        part = self.tests(job, project.odoo_tests(database, tags))
        if not index:
            names = dict.fromkeys([templates.installed(addons), base])
            problems = [p for name in names for p in templates.problems(name)]
            part.add("no warning at the installation", "\n".join(problems))
        return part

    def tags(self, addons, shards, index):
        """Return Odoo's test tags for one shard; the last one has all that is left."""
        if self.choice.is_narrow:
            return self.choice.tags + self.choice.specs(shards[index], "suite")
        alone = [f"-{ALONE}"] if len(addons) > 1 else []
        if index < len(shards) - 1:
            return [*(each.spec() for each in shards[index]), *alone]
        elsewhere = [f"-{each.spec()}" for shard in shards[:-1] for each in shard]
        return [*(f"/{addon}" for addon in addons), *alone, *elsewhere]

    def races(self, job, addon):
        """Run the tests of one add-on that need to commit."""
        base = templates.installed([addon])
        database = self.new_database(f"{addon}_races", base)
        classes = self.choice.classes([addon], "concurrency")
        named = self.choice.specs(classes, "concurrency")
        tags = ",".join(named) or f"{CONCURRENCY}/{addon}"
        return self.tests(job, project.odoo_tests(database, tags))

    def lifecycle(self, job, addon, with_demo):
        """Install, update and uninstall."""
        part = Part(job.label)
        base = templates.foreign([addon], demo=with_demo)
        keep = {"demo": with_demo, "keep": self.keep}
        for name, complaint in lifecycle.check(addon, base, self.logs, **keep):
            part.add(name, complaint)
        return part

    def story(self, job):
        """Tell the story of bin/demo."""
        part = Part(job.label)
        held = demo.tell_story(demo.demo_template())
        part.add("the story of the demo studio", "" if held else "see above")
        return part

    def linters(self, job):
        """Run bin/lint."""
        part, log = Part(job.label), self.logs / "lint.log"
        code = project.run_logged([str(project.ROOT / "bin" / "lint")], log)
        part.add("nothing found", log.read_text()[-FINDINGS:] if code else "")
        return part

    def tests(self, job, command):
        """Run a command that runs tests, and judge its log."""
        name = job.label.replace(" ", "-").replace(",", "").replace("/", "-of-")
        job.log = self.logs / f"{name}.log"
        code = project.run_logged(command, job.log)
        result = odoo_log.read(job.log)
        self.results.append(result)
        return outcome.judge(job.label, result, code, job.log)

    # --- the whole ---------------------------------------------------------------------

    def do(self, job, call, arguments):
        """Do one job; return its outcome."""
        say(f"{job.label}: running")
        with job:
            try:
                part = call(job, *arguments)
            except (project.Failure, psycopg2.Error) as failure:
                part = Part(job.label)
                part.add("set up a database", str(failure))
        part.show()
        return part

    def run(self):
        """Run everything; return the jobs and the parts that they came to."""
        plan = self.plan()
        jobs = [job for job, _call, _arguments in plan]
        with progress.Board(jobs, self.known), ThreadPoolExecutor(WORKERS) as pool:
            parts = list(pool.map(lambda each: self.do(*each), plan))
        if self.is_whole:
            every = [e for e in self.choice.known if e.kind != "other"]
            part = Part("every test in the sources")
            part.add("no test is forgotten", outcome.forgotten(every, self.results))
            part.show()
            parts.append(part)
        return jobs, parts

    def clean(self):
        """Remove the databases, or tell their names."""
        for name in sorted(self.databases):
            if self.keep:
                say(f"kept: bin/odoo -d {name}")
            else:
                project.drop(name)


def report(run, jobs, parts, seconds):
    """Print what each part came to and cost, and what was slow."""
    print()
    costs = {job.label: job.cost() for job in jobs}
    for part in parts:
        print(f"{part.name:<50} {part!s:<25} {costs.get(part.name, '')}".rstrip())
    tests = {k: s for result in run.results for k, s in result.seconds.items()}
    if len(tests) > durations.SLOWEST:
        print(*durations.slowest(tests, run.known["tests"]), sep="\n")
    durations.write(tests, {job.label: job.seconds for job in jobs if not job.tests})
    for warning in progress.warn_of_load(jobs, CORES):
        print(warning)
    print(f"{seconds:.0f} s; logs in {run.logs.relative_to(project.ROOT)}")


def total(parts):
    """Print the numbers of all parts as the last line; return the exit code."""
    passed, failed, skipped = (
        sum(getattr(part, word) for part in parts)
        for word in ("passed", "failed", "skipped")
    )
    if not passed and not failed:
        print("No test ran.")
        failed = 1
    more = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{more}", flush=True)
    return int(bool(failed))


def main():
    """Read the command line, run, print the totals, and return the exit code."""
    parser = argparse.ArgumentParser(prog="bin/test", add_help=False)
    parser.add_argument("what", nargs="*")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--lint", action="store_true")
    args = parser.parse_args()
    start = time.time()
    run = Run(args.what, args.keep, args.lint)
    try:
        jobs, parts = run.run()
    finally:
        run.clean()
    report(run, jobs, parts, time.time() - start)
    return total(parts)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except project.Failure as error:
        sys.exit(f"bin/test: {error}")
