from odoo.tools.sql import SQL, column_exists


def migrate(cr, version):
    """Prepare the tables for what the new version keeps."""
    _note_journal_entries(cr)
    _keep_one_reminder(cr)


def _note_journal_entries(cr):
    """Note the journal entry on each movement by one statement, not by the ORM."""
    if column_exists(cr, "booking_credit_entry", "move_id"):
        return
    cr.execute(SQL("ALTER TABLE booking_credit_entry ADD COLUMN move_id int4"))
    cr.execute(
        SQL(
            """
            UPDATE booking_credit_entry entry
               SET move_id = line.move_id
              FROM account_move_line line
             WHERE line.id = entry.move_line_id
            """
        )
    )


def _keep_one_reminder(cr):
    """Keep what was set up for the one reminder that there was.

    Its mail template stays as one of the user's own, since the new one is about
    another model. Who had no reminders gets none, who had one keeps that one.
    """
    cr.execute(
        SQL(
            """
            DELETE FROM ir_model_data
             WHERE module = 'booking_credits' AND name = 'mail_template_ending'
            """
        )
    )
    # the rule about offered packs says the same
    cr.execute(
        SQL(
            """
            WITH gone AS (
                DELETE FROM ir_model_data
                 WHERE module = 'booking_credits'
                   AND name = 'product_template_rule_pack_tags'
             RETURNING res_id
            )
            DELETE FROM ir_rule USING gone WHERE ir_rule.id = gone.res_id
            """
        )
    )
    if column_exists(cr, "res_company", "booking_credit_mail_ending"):
        return
    cr.execute(
        SQL(
            """
            ALTER TABLE res_company
              ADD COLUMN booking_credit_mail_ending bool,
              ADD COLUMN booking_credit_reminder_days_2 int4,
              ADD COLUMN booking_credit_reminder_days_3 int4
            """
        )
    )
    cr.execute(
        SQL(
            """
            UPDATE res_company
               SET booking_credit_mail_ending = booking_credit_reminder_days > 0,
                   booking_credit_reminder_days_2 = 0,
                   booking_credit_reminder_days_3 = 0
             WHERE booking_credit_reminder_days IS NOT NULL
            """
        )
    )
    cr.execute(SQL("ALTER TABLE booking_credit_lot ADD COLUMN reminder_step int4"))
    cr.execute(
        SQL(
            """
            UPDATE booking_credit_lot lot
               SET reminder_step = company.booking_credit_reminder_days
              FROM res_company company
             WHERE company.id = lot.company_id AND lot.reminder_date IS NOT NULL
            """
        )
    )
