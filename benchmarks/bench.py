"""What the benchmarks share: a database to throw away, a clock, and a table.

Every figure compares two ways of doing the same thing in one run, on one machine,
taken in turns: only the ratio means something.
"""

import os
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import project  # noqa: E402 (a tool of this project, found by the line above)
import templates  # noqa: E402


@dataclass
class Row:
    """One line of the table: ours against theirs, per operation.

    ``limit`` is the highest ratio that is good enough.
    """

    what: str
    ours: float
    theirs: float
    limit: float
    unit: str = "ms"

    @property
    def ratio(self):
        """Return how many times theirs ours takes."""
        return self.ours / self.theirs

    @property
    def holds(self):
        """Return whether the target is reached."""
        return self.ratio <= self.limit

    def __str__(self):
        return (
            f"| {self.what} | {self.ours:.3g} {self.unit} | {self.theirs:.3g} "
            f"{self.unit} | **{self.ratio:.2f}** | ≤ {self.limit:g} | "
            f"{'yes' if self.holds else 'NO'} |"
        )


def show(title, rows):
    """Print a table in Markdown; return whether every target is reached."""
    print(f"\n### {title}\n")
    print("| what | ours | theirs | ratio | target | reached |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(row)
    sys.stdout.flush()
    return all(row.holds for row in rows)


@contextmanager
def database(modules=("booking_credits",)):
    """Yield the name of a new database with these add-ons; it is dropped after."""
    key = project.tree_hash([project.ROOT / name for name in project.addons()])
    base = templates.template(modules, key=key)
    name = f"bench_{os.getpid()}"
    project.copy(base, name)
    try:
        yield name
    finally:
        project.drop(name)


@contextmanager
def environment(name):
    """Yield an environment of the super-user; what it does is rolled back."""
    import odoo
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(
        ["--logfile=", "--log-level=error", "-d", name], setup_logging=True
    )
    with Registry(name).cursor() as cr:
        yield odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        cr.rollback()
    Registry.delete(name)
    odoo.sql_db.close_all()


def prepare(env):
    """Give the company a chart of accounts, and accounts and journal for credits."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", env.company)
    env.company._booking_credit_setup()


@contextmanager
def studio(*modules):
    """Yield an environment with accounts, a pack, a class, and the journal."""
    with database(("booking_credits", *modules)) as name:
        with environment(name) as env:
            prepare(env)
            yield env


LOTS = """
    WITH owners AS (
        INSERT INTO res_partner (name, complete_name, active, autopost_bills, type)
        SELECT 'Customer ' || n, 'Customer ' || n, true, 'ask', 'contact'
          FROM generate_series(1, %(lots)s / %(each)s) n
     RETURNING id
    ), ranks AS (
        SELECT id, row_number() OVER (ORDER BY id) AS rank FROM owners
    )
    INSERT INTO booking_credit_lot
           (name, partner_id, company_id, origin, measure, vat_kind, late_return,
            valid_from, valid_until, granted, balance, held, value, basis_quantity,
            basis_value, last_sequence, is_open, create_date, write_date)
    SELECT 'B' || rank || '-' || n, id, %(company)s, 'purchase', 'credit', 'single',
           'forfeit', %(today)s - 400,
           %(today)s + CASE WHEN n <= %(each)s * %(due)s THEN -1 ELSE n END::int,
           100, 100, 0, 90, 100, 90, 1, true, now(), now()
      FROM ranks, generate_series(1, %(each)s) n
"""
FIRST_ENTRIES = """
    WITH operation AS (
        INSERT INTO booking_credit_operation (kind, company_id, date)
        VALUES ('grant', %(company)s, %(today)s - 400) RETURNING id
    )
    INSERT INTO booking_credit_entry
           (operation_id, company_id, lot_id, lot_sequence, type, date, service_date,
            bookings, quantity, held, value, balance_after, posting_state)
    SELECT operation.id, lot.company_id, lot.id, 1, 'grant', lot.valid_from,
           lot.valid_from, 0, 100, 0, 90, 100, 'posted'
      FROM operation, booking_credit_lot lot
     WHERE lot.last_sequence = 1
       AND NOT EXISTS (SELECT FROM booking_credit_entry WHERE lot_id = lot.id)
"""


def fill(env, lots, each=10, due=0.0):
    """Write many lots of 100 credits worth 90.00 by SQL, as if sold and posted.

    :param int lots: how many
    :param int each: lots of one customer
    :param float due: share of the lots that expired yesterday
    """
    values = {
        "lots": lots,
        "each": each,
        "due": due,
        "company": env.company.id,
        "today": env.company._booking_credit_today(),
    }
    env.cr.execute(LOTS, values)
    env.cr.execute(FIRST_ENTRIES, values)
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute(
        "VACUUM ANALYZE booking_credit_lot, booking_credit_entry, res_partner"
    )
    env.cr._cnx.autocommit = False


def make_service(env, **values):
    """Return a class for 10 credits or 10.00, taxed as the company's services."""
    return env["product.product"].create(
        {
            "name": "Yoga",
            "type": "service",
            "list_price": 10.0,
            "booking_ok": True,
            "booking_credit_price": 10,
            **values,
        }
    )


class Stopwatch:
    """Collects seconds (wall and CPU) and SQL statements of what runs inside it."""

    def __init__(self, env=None):
        self.env = env
        self.wall, self.cpu, self.queries = [], [], []

    @contextmanager
    def __call__(self):
        before = self.env.cr.sql_log_count if self.env else 0
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)
        self.queries.append((self.env.cr.sql_log_count if self.env else 0) - before)

    def median(self, what="wall"):
        """Return the median, in milliseconds or in statements."""
        factor = 1 if what == "queries" else 1000
        return statistics.median(getattr(self, what)) * factor
