from odoo import models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """How customers change the date of a booking themselves.

    Under the terms of cancelling: what is paid stays paid, and what a late change
    would have cost is kept in mind (see :meth:`_prepare_late_moves`).
    """

    _inherit = "sale.order.line"

    # === Business verbs === #

    def _move_booking_as_customer(self, start):
        """Give this booking another start; the caller checks whose it is.

        The same start again changes nothing.

        :param datetime start: UTC
        :raise UserError: if this booking may not be moved
        :raise InsufficientCreditsError: if credits do not pay the new day
        """
        self.ensure_one()
        if refusal := self._get_move_refusal():
            raise UserError(refusal)
        before = self.booking_start
        if start == before:
            return
        before_text = self._get_booking_start_text()
        self.booking_start = start
        self.order_id.message_post(
            body=self.env._(
                "%(booking)s moved by the customer from %(before)s to %(after)s.",
                booking=self.product_id.display_name,
                before=before_text,
                after=self._get_booking_start_text(),
            )
        )

    # === Steps of the verbs, for bridges to extend === #

    def _is_movable_by_customer(self):
        """Return whether the page offers to change the date, now or with a reason."""
        self.ensure_one()
        template = self.product_id.product_tmpl_id
        return (
            self.state == "sale"
            and bool(self.booking_start)
            and not self.booking_cancel_date
            and not self._has_started()
            and template._needs_booking_start()
            and self._get_booking_move_rule() != "no"
        )

    def _get_booking_move_rule(self):
        # sudo: shoppers need not read the settings of the company.
        return self.company_id.sudo().booking_move

    def _get_move_refusal(self):
        """Say why the customer cannot change the date now; empty if they can."""
        self.ensure_one()
        _ = self.env._
        if not self._is_movable_by_customer():
            return _(
                "The date of %s cannot be changed here. Please contact us.",
                self.product_id.name,
            )
        if self._get_booking_move_rule() == "free" and self._is_late_to_cancel():
            return _(
                "It is too late to change the date for free: the terms of cancelling "
                "apply."
            )
        return ""

    def _is_late_to_cancel(self):
        """Return whether cancelling now would give back less than everything."""
        return self._get_terms_now()["percent"] < 100

    def _get_move_texts(self):
        """Say what another date costs, before it is chosen; one sentence each."""
        self.ensure_one()
        _ = self.env._
        texts = [_("Changing the date costs nothing: what you paid stays paid.")]
        if self._is_late_to_cancel():
            texts.append(
                _(
                    "It is late: if you cancel afterwards, no more comes back than now "
                    "(%s).",
                    self._get_booking_returned_text(
                        self._get_booking_cancel_quote().measures
                    )
                    or _("nothing"),
                )
            )
        return texts

    def _get_booking_start_field(self):
        """Return what the field for the start needs: value, earliest start, zone."""
        self.ensure_one()
        template = self.product_id.product_tmpl_id.with_company(self.company_id)
        return {
            **template._get_booking_start_limits(),
            "value": template._write_booking_start(self.booking_start),
        }
