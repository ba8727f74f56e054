import logging

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class SaleOrderLine(models.Model):
    """Cancelling many bookings at once, from the list of bookings.

    Corrects bookings that were taken for no-shows: the customer did come.
    """

    _inherit = "sale.order.line"

    # === Actions === #

    def action_we_cancel(self):
        """Open the dialog that cancels these bookings for reasons of ours (S2-03)."""
        return self.env["booking.cancel.many"]._open(self, "provider")

    def action_cancel_for_customer(self):
        """Open the dialog that cancels these bookings under their terms."""
        return self.env["booking.cancel.many"]._open(self, "customer")

    def action_no_show(self):
        """Open the dialog for those of these bookings to which nobody came."""
        return self.env["booking.cancel.many"]._open(self, "no_show")

    def action_open_order(self):
        """Open the order of this booking."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }

    def action_came(self):
        """Note that the customers of these no-shows did come; for the front desk.

        :raise AccessError: for others than the front desk
        """
        self.env["booking.credit.lot"]._check_may("user")
        self.check_access("write")
        self._undo_no_show()

    # === Business verbs === #

    def _cancel_many(self, by, reason, days=0):
        """Cancel these bookings, each order in a savepoint of its own.

        If we cancel, each customer is told once about all of them. Safe to run twice.

        :param str by: see ``booking_cancel_by``
        :param str reason: why
        :param int days: if we cancel: days that are added to the lots that paid
        :return: dict from each order that failed to the reason
        """
        failures, told = {}, []
        paying = self._get_paying_lots() if by == "provider" else None
        for order, lines in self._get_bookings_to_cancel().grouped("order_id").items():
            try:
                with self.env.cr.savepoint():
                    if by == "provider":
                        lots = order._cancel_by_provider(lines, reason, tell=False)
                        told.append((order, lines, lots))
                    else:
                        order._cancel_for_customer(lines, reason=reason, by=by)
            except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
                raise  # the whole request is run again
            except UserError as error:
                failures[order] = str(error)
            except Exception as error:
                _logger.exception("Cannot cancel bookings of %s", order.name)
                failures[order] = str(error)
        if told:
            self._extend_and_tell(told, paying, reason, days)
        return failures

    def _extend_and_tell(self, told, paying, reason, days):
        """Let the lots live longer whose bookings are gone, and tell their customers.

        :param list told: as for :meth:`_tell_customers`
        :param paying: lots that paid these bookings, before any was cancelled
        """
        done = self.browse().union(*(lines for _order, lines, _lots in told))
        gone = self - done
        kept = gone._get_paying_lots() if gone else paying.browse()
        extended = paying - kept
        extended._extend_by_days(days, reason)
        self._tell_customers(told, extended, reason, days)

    def _tell_customers(self, told, extended, reason, days):
        """Tell each customer once which bookings we cancelled.

        :param list told: ``(order, bookings, lots of customer credit)``
        :param extended: lots that can be used ``days`` days longer
        """
        for customer in {order.partner_id for order, _lines, _lots in told}:
            own = [row for row in told if row[0].partner_id == customer]
            family = customer | customer.commercial_partner_id
            lots = extended.filtered(
                lambda lot, family=family: lot.partner_id in family
            )
            self._tell_customer(own, lots, reason, days)

    def _tell_customer(self, rows, extended, reason, days):
        """Tell one customer on the first of the orders, and note so on the others.

        :param list rows: those of :meth:`_tell_customers`, of this customer
        """
        bookings = self.browse().union(*(lines for _order, lines, _lots in rows))
        lots = self.env["booking.credit.lot"].union(*(row[2] for row in rows))
        order = rows[0][0]
        order._send_provider_cancelled(bookings, lots, reason, extended, days)
        for other in rows[1:]:
            other[0].message_post(
                body=self.env._(
                    "Cancelled by us: %(reason)s. The customer was told on %(order)s.",
                    reason=reason,
                    order=order.name,
                )
            )

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
            undone = line._post_no_show_undone(operation)
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

    def _post_no_show_undone(self, operation):
        """Move what the no-show ``operation`` moved the other way."""
        return self.env["booking.credit.operation"]._post(
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
            order_line=self,
            reason=self.env._("The customer came: no no-show"),
            key=f"came:{self._name}:{self.id}:{operation.id}",
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_no_show_operation(self):
        """Return the act that made this booking a no-show.

        :raise UserError: if it did more than keep a fee and give the rest back
        """
        operation = self._get_last_restore()
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

    def _get_last_restore(self):
        """Return the last act that gave something of this booking back."""
        self.ensure_one()
        # sudo: the front desk need not read the ledger.
        operations = self.env["booking.credit.operation"].sudo()
        return operations.search(
            [("order_line_id", "=", self.id), ("kind", "=", "restore")],
            order="id desc",
            limit=1,
        )
