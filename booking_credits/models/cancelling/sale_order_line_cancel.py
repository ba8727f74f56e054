from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...cancellation import Cancellation
from ...exceptions import CreditsMovedError
from ...inside import tell, tell_fields, told
from ...words import format_units


class SaleOrderLine(models.Model):
    """Cancelling bookings paid with credits, as quoted before.

    What is quoted is in ``sale_order_line_quote``; what a cancellation does to money
    is in ``sale_order_cancel``.

    Lines of confirmed orders that lose places, and lines that cannot be deleted.
    """

    _inherit = "sale.order.line"

    booking_cancel_by = fields.Selection(
        selection=[
            ("customer", "Cancelled by the customer"),
            ("provider", "Cancelled by us"),
            ("no_show", "No-show"),
        ],
        string="Cancelled By",
        readonly=True,
        copy=False,
    )

    def _lower_places(self, places):
        """Take ``places`` bookings off this confirmed line, with what paid them.

        The line stays one line, so what is invoiced, copied or booked again is what
        the customer still wants.
        """
        self.ensure_one()
        line = tell(tell_fields(self, "booking_credit_quantity"), cancelling=True)
        left = max(places - self._get_booking_unpaid(), 0.0)
        for credit_line in line.booking_credit_line_ids.sorted("id", reverse=True):
            taken = min(credit_line.product_uom_qty, left)
            if not taken:
                continue
            left -= taken
            rest = credit_line.product_uom_qty - taken
            if not rest:
                credit_line.unlink()
                continue
            units = credit_line.booking_credit_quantity * rest
            units /= credit_line.product_uom_qty
            credit_line.product_uom_qty = rest
            credit_line.booking_credit_quantity = units
            credit_line._set_credit_line_names()
        line.product_uom_qty -= places

    def _check_line_unlink(self):
        """Override of `sale` to say what holds a line of a confirmed order.

        Credit lines are replaced while a booking changes, or loses places.

        :raise CreditsMovedError: naming the order that used the credit and the amount
            (S2-17), or what comes back when the booking is cancelled (S2-18)
        """
        refused = super()._check_line_unlink()
        refused = refused.filtered(lambda line: not line._is_credit_changing())
        if told(self, "cancelling"):
            return refused - self._get_credit_lines()
        texts = [text for line in refused if (text := line._get_no_delete_text())]
        if texts:
            raise CreditsMovedError("\n".join(texts))
        return refused

    def _get_no_delete_text(self):
        """Say why this line of a confirmed order stays, where credits are the reason."""
        self.ensure_one()
        if text := self._get_sold_no_delete_text():
            return text
        booking = self.booking_credit_paid_line_id or self
        if booking._get_booking_spent_entries():
            return self.env._(
                "“%(line)s” on %(order)s cannot be deleted. Cancel the booking instead: "
                "%(effect)s",
                effect=booking._get_booking_cancel_text(),
                line=self.name,
                order=self.order_id.name,
            )
        return ""

    def _get_sold_no_delete_text(self):
        """Say why a line that sold credits stays; empty if they are gone, or none."""
        _ = self.env._
        names = {"line": self.name, "order": self.order_id.name}
        # sudo: who sells need not read invoices and credits.
        lots = self.sudo().invoice_lines.booking_credit_source_lot_ids
        for lot in lots:
            if uses := lot._get_uses_text():
                return _(
                    "“%(line)s” on %(order)s cannot be deleted: of %(granted)s sold, "
                    "%(uses)s. Refund what is unused with a credit note.",
                    granted=lot._in_words(lot.granted),
                    uses=uses,
                    **names,
                )
        if lots.filtered("is_open"):
            return _(
                "“%(line)s” on %(order)s sold %(credits)s: cancel the order to take "
                "them back with a credit note.",
                credits=lots._in_words(),
                **names,
            )
        return ""

    def _get_bookings_invoiced(self):
        """Return the bookings among these that were invoiced and not cancelled."""
        # sudo: who cancels bookings need not read invoices.
        return self.filtered(
            lambda line: line.booking_ok
            and not line.booking_cancel_date
            and not line.booking_credit_measure
            and line.state == "sale"
            and line.sudo().qty_invoiced > 0
            and "posted" in line.sudo().invoice_lines.mapped("parent_state")
        )

    def _get_bookings_to_cancel(self):
        """Return the bookings among these that still stand."""
        return self.filtered(
            lambda line: line.booking_ok
            and not line.booking_credit_measure
            and not line.booking_cancel_date
            and line.state == "sale"
        )

    # === Actions === #

    def action_cancel_booking(self):
        """Open the dialog that shows what comes back before the booking is cancelled."""
        self.ensure_one()
        self.check_access("write")
        if not self._has_something_to_cancel():
            raise UserError(
                self.env._(
                    "“%s” has no credits to give back: it is cancelled already, or it "
                    "is to be paid in money.",
                    self.name,
                )
            )
        return self._open_booking_cancel(self.order_id, self)

    # === Business verbs === #

    def _cancel_booking(self, **how):
        """Give credits of these bookings back, under the terms they were made.

        Safe to run twice: what came back once does not come back again (S2-19).

        :param how: see :class:`..cancellation.Cancellation`
        :return: the ``booking.credit.entry`` records
        """
        act = Cancellation(**how)
        return self._cancel_as_quoted(
            act, self._get_booking_cancel_quotes(act.give_all_back)
        )

    def _cancel_as_quoted(self, act, quotes):
        """Give back what ``quotes`` said; see :meth:`_get_booking_cancel_quotes`.

        :param act: :class:`..cancellation.Cancellation`
        :return: the ``booking.credit.entry`` records
        """
        cancelled = self.filtered(lambda line: quotes[line].spent)
        entries = cancelled._post_cancelled(act, quotes)
        cancelled._note_cancelled(quotes, act.by)
        self.env["booking.credit.posting"]._post_entries(
            entries.filtered(lambda entry: entry.type == "expire")
        )
        self._tell_cancelled(entries)
        return entries

    def _post_cancelled(self, act, quotes):
        """Post the acts that cancel these bookings, of each company together.

        What the first one leaves on a lot that has expired, the next one meets: such
        bookings are cancelled one by one.
        """
        counts = self._count_redemptions()
        operation = self.env["booking.credit.operation"]
        entries = self.env["booking.credit.entry"].sudo()
        alone = self.filtered(lambda line: line._returns_to_expired(quotes[line]))
        for lines in (self - alone).grouped("company_id").values():
            acts = [
                line._prepare_cancel_act(quotes[line], act.reason, act.key, counts)
                for line in lines
            ]
            entries = entries.union(*operation._post_acts(acts))
        for line in alone:
            row = line._prepare_cancel_act(quotes[line], act.reason, act.key, counts)
            entries |= operation._post_acts([row])[0]
        return entries

    def _note_cancelled(self, quotes, by):
        """Note on these lines, their orders and their customers what was cancelled."""
        whole = self.filtered(lambda line: not quotes[line].places)
        whole._write_cancelled(fields.Datetime.now(), by)
        self.filtered(lambda line: quotes[line].forgiven)._note_forgiven()
        for order, lines in self.grouped("order_id").items():
            texts = [line._get_booking_cancelled_text(quotes[line]) for line in lines]
            order.message_post(body=Markup("<br/>").join(texts))
        for line in self - whole:
            line._lower_places(quotes[line].places)

    def _write_cancelled(self, date, by):
        """Write when and by whom these bookings were cancelled; False: they stand."""
        tell_fields(self, "booking_cancel_date", "booking_cancel_by").write(
            {"booking_cancel_date": date, "booking_cancel_by": by}
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_paying_lots(self):
        """Return the lots that paid these bookings, and were not given back yet."""
        lots = self.env["booking.credit.lot"].sudo()
        for rows in self._get_spent_rows().values():
            for entry, _units, _value in rows:
                lots |= entry.lot_id
        return lots

    def _has_something_to_cancel(self):
        """Return whether cancelling this booking gives something back, or stops a bill."""
        self.ensure_one()
        return bool(
            self._get_booking_spent_entries()
            or self._get_bookings_invoiced()
            or self._get_bookings_to_cancel()
        )

    def _returns_to_expired(self, quote):
        """Return whether something comes back to a lot that has expired meanwhile."""
        today = self.company_id._booking_credit_today()
        return any(
            entry.lot_id._is_expired(today) for entry, _units, _value in quote.spent
        )

    def _prepare_cancel_act(self, quote, reason, key, counts):
        """Return the act of ``booking.credit.operation`` that cancels this booking.

        :param dict counts: how often each booking was paid, by line id
        """
        request = self._prepare_cancel_request(quote.places) if key else None
        fee_product = (self.booking_policy or {}).get("fee_product_id")
        product = self.env["product.product"].sudo().browse(fee_product or []).exists()
        if not key:
            key = f"cancel:{self._name}:{self.id}:{counts.get(self.id, 0)}"
            if quote.places:
                key += f":{self.product_uom_qty}"
        return {
            "kind": "restore",
            "postings": self._prepare_cancel_postings(quote.spent, quote),
            "order_line": self,
            "product": product,
            "reason": reason,
            "key": key,
            "request": request,
        }

    def _prepare_cancel_request(self, places):
        """Return what is asked for under a key: a part of one line."""
        return {"line": self.id, "places": places}

    def _prepare_cancel_postings(self, spent, quote):
        """Return the postings of a cancellation.

        All units go back to the lots that paid, with the value recorded when they
        were spent. Then the fee is kept, first spent first, so that what comes back
        goes to the lots that were spent last. What comes back to a lot that has
        expired meanwhile follows the rule of its pack at once.
        """
        postings = self.env["booking.credit.entry"]._prepare_restore_postings(
            reversed(spent)
        )
        today = self.company_id._booking_credit_today()
        split = self._split_cancel_fees(spent, quote)
        postings += [
            {"type": "fee", "lot": entry.lot_id, "quantity": -fee}
            for entry, fee, _back in split
            if fee
        ]
        for entry, _fee, back in split:
            if back and entry.lot_id._is_expired(today):
                postings += entry.lot_id._take_late_return(back, today)
        return postings

    def _get_booking_cancelled_text(self, quote):
        booking = self.product_id.display_name
        if quote.places:
            booking = self.env._(
                "%(number)s × %(booking)s",
                number=format_units(self.env, quote.places),
                booking=booking,
            )
        returned = self._get_booking_returned_text(quote.measures)
        if any(part["kept"] for part in quote.measures.values()):
            text = self.env._(
                "%(booking)s cancelled: %(returned)s came back. The rest is kept as "
                "fee.",
                booking=booking,
                returned=returned,
            )
        elif returned:
            text = self.env._(
                "%(booking)s cancelled: %(returned)s came back.",
                booking=booking,
                returned=returned,
            )
        else:
            text = self.env._("%(booking)s cancelled.", booking=booking)
        return " ".join(
            [
                text,
                *self._get_booking_lost_texts(quote),
                *self._get_booking_why_texts(quote),
            ]
        )

    @api.model
    def _open_booking_cancel(self, order, lines=None):
        """Return the action that opens the cancellation dialog."""
        wizard = self.env["booking.cancel"].create(
            {"order_id": order.id, "line_ids": [(6, 0, lines.ids if lines else [])]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel"),
            "res_model": "booking.cancel",
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }
