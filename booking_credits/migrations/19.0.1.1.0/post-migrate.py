from odoo.tools.sql import SQL


def migrate(cr, version):
    """Note the former last days of credits, as far as their history knows them.

    The aging of a past day needs them. The history of a record is in UTC; the day of
    the change is that of the company.
    """
    cr.execute(
        SQL(
            """
            INSERT INTO booking_credit_lot_end
                   (lot_id, company_id, valid_until, date, create_uid, create_date,
                    write_uid, write_date)
            SELECT lot.id, lot.company_id, value.old_value_datetime::date,
                   (message.date AT TIME ZONE 'UTC' AT TIME ZONE
                    COALESCE(company.booking_credit_tz, 'UTC'))::date,
                   value.create_uid, value.create_date, value.create_uid,
                   value.create_date
              FROM mail_tracking_value value
              JOIN ir_model_fields field ON field.id = value.field_id
              JOIN mail_message message ON message.id = value.mail_message_id
              JOIN booking_credit_lot lot ON lot.id = message.res_id
              JOIN res_company company ON company.id = lot.company_id
             WHERE field.model = 'booking.credit.lot' AND field.name = 'valid_until'
               AND message.model = 'booking.credit.lot'
               AND NOT EXISTS (SELECT FROM booking_credit_lot_end)
          ORDER BY value.id
            """
        )
    )
