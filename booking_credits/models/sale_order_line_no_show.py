from odoo import models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """Corrects bookings that were taken for no-shows: the customer did come."""

    _inherit = "sale.order.line"

    # === Actions === #

    def action_came(self):
        """Note that the customers of these no-shows did come; for the front desk.

        :raise AccessError: for others than the front desk
        """
        self.env["booking.credit.lot"]._check_may("user")
        self.check_access("write")
        self._undo_no_show()

    # === Business verbs === #

    def _undo_no_show(self):
        """Take these no-shows back: the credits are spent on the booking again.

        What the no-show moved is moved the other way, with the same values, and
        posted at once to the accounts that the no-show is in.

        :return: the ``booking.credit.entry`` records
        :raise UserError: naming a booking whose no-show moved money, or credits that
            had expired
        """
        entries = self.env["booking.credit.entry"].sudo()
        for line in self.filtered(lambda line: line.booking_cancel_by == "no_show"):
            operation = line._get_no_show_operation()
            undone = self.env["booking.credit.operation"]._post(
                "restore",
                [
                    {
                        "type": entry.type,
                        "lot": entry.lot_id,
                        "quantity": -entry.quantity,
                        "value": -entry.value,
                        "source_entry": entry.source_entry_id,
                    }
                    for entry in operation.entry_ids.sorted("id", reverse=True)
                ],
                order_line=line,
                reason=self.env._("The customer came: no no-show"),
                key=f"came:{line._name}:{line.id}:{operation.id}",
            )
            # while the booking still says so: both are on the account of no-shows
            pending = (operation.entry_ids | undone).filtered(
                lambda entry: entry.posting_state == "pending"
            )
            self.env["booking.credit.posting"]._post_entries(pending)
            line._write_cancelled(False, False)
            line.order_id.message_post(
                body=self.env._(
                    "%(booking)s was no no-show: %(customer)s came.",
                    booking=line.product_id.display_name,
                    customer=line.order_id.partner_id.display_name,
                )
            )
            entries |= undone
        return entries

    # === Steps of the verbs, for bridges to extend === #

    def _get_no_show_operation(self):
        """Return the act that made this booking a no-show.

        :raise UserError: if it did more than keep a fee and give the rest back
        """
        self.ensure_one()
        # sudo: the front desk need not read the ledger.
        operation = (
            self.env["booking.credit.operation"]
            .sudo()
            .search(
                [("order_line_id", "=", self.id), ("kind", "=", "restore")],
                order="id desc",
                limit=1,
            )
        )
        kinds = set(operation.entry_ids.mapped("type"))
        if not kinds or kinds - {"restore", "fee"} or self.sudo().qty_invoiced:
            raise UserError(
                self.env._(
                    "The no-show of “%(booking)s” on %(order)s moved more than its "
                    "credits: correct it by hand, with a credit note or by giving "
                    "credits.",
                    booking=self.product_id.display_name,
                    order=self.order_id.name,
                )
            )
        return operation
