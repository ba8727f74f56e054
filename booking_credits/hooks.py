"""What happens once, when the add-on is installed or removed."""

from odoo.tools.sql import SQL


def post_init_hook(env):
    """Create the accounts and the journal of every company that has a chart."""
    for company in env["res.company"].search([("chart_template", "!=", False)]):
        company._booking_credit_setup()


def uninstall_hook(env):
    """Drop what PostgreSQL keeps besides the tables."""
    env.cr.execute(SQL("DROP FUNCTION IF EXISTS booking_credit_entry_guard() CASCADE"))
