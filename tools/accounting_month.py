"""Close a month of a French studio whose VAT is due on payment, step by step.

Lives January 2026 as the test ``test_accounting_french_month`` does, and prints what an accountant
looks at to close it. The database is kept where it has a name, to look at the screens.
"""

import sys

from accounting_tables import ROOT  # noqa: F401 (puts benchmarks/ on the path)
from bench import database, environment
from freezegun import freeze_time


def prepare(env):
    """Make the company French, and give accountants somebody to log in as."""
    company = env.company
    company.write({"name": "Studio Lumière", "country_id": env.ref("base.fr").id})
    env["account.chart.template"].try_loading("fr", company)
    company.tax_exigibility = True


def write_rows(title, rows):
    """Print the value of each row of one account."""
    print(f"\n{title}")
    for key, value in rows.items():
        if value:
            print(f"    {key:<12}{value:>10.2f}")


def show(env):
    """Live the month, print each step, and close it."""
    from odoo.addons.booking_credits.tests.french_month import FrenchMonth

    prepare(env)
    month = FrenchMonth(env)
    moves = month.live()
    print(f"1. Posted in the night to 1 February: {', '.join(moves.mapped('name'))}")
    print("\n2. Roll-forward of January")
    for code, rows in month.roll_forward().items():
        write_rows(code, rows)
    wrong = month.post_by_hand()
    run = month.tie_out()
    line = run.line_ids.filtered(lambda line: not line.explained)
    print(
        f"\n3. Tie-out: {run.result}, {run.unexplained:.2f} to explain: "
        f"{line.reason}, {line.document}"
    )
    assert line.document == wrong.name, line.document
    month.undo(wrong)
    run = month.tie_out()
    print(f"   after it was reversed: {run.unexplained:.2f} to explain")
    assert not run.unexplained, run.unexplained
    print("\n4. Breakage and income")
    for code in ("706000", "708810", "706900"):
        print(f"    {code}      {-month.balance(code):>10.2f}")
    base, tax = month.grid("08_base"), month.grid("08_taxe")
    print(f"\n5. VAT, line 08: base {base:.2f}, tax {tax:.2f}")
    print(f"    445710      {-month.balance('445710'):>10.2f}  due")
    print(f"    445800      {-month.balance('445800'):>10.2f}  waits for payments")
    assert env.company.currency_id.compare_amounts(tax, base * 0.2) == 0, (base, tax)
    month.lock()
    print(f"\n6. Locked until {env.company.fiscalyear_lock_date}")


def keep(name):
    """Make the database ``name``, with the month in it."""
    import project

    with database(("booking_credits", "l10n_fr_account")) as temporary:
        with environment(temporary) as env:
            show(env)
            with freeze_time("2026-02-02 12:00:00"):
                env.cr.commit()
        project.drop(name)
        project.rename(temporary, name)
    print(f"\nkept as {name}")


def main(names):
    """Close the month, in the database named or a new one that is removed."""
    if names:
        keep(names[0])
        return
    with database(("booking_credits", "l10n_fr_account")) as name:
        with environment(name) as env:
            show(env)


if __name__ == "__main__":
    main(sys.argv[1:])
