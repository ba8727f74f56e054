from odoo import models
from odoo.exceptions import UserError

from ...words import format_units


class BookingCreditLot(models.Model):
    """Credits corrected by hand, or moved to somebody else."""

    _inherit = "booking.credit.lot"

    # === Business verbs === #

    def _adjust(self, quantity, reason, **document):
        """Add (+) or take (-) units of one lot. What is taken becomes income.

        :param str reason: why; required (S0-13, S1-29)
        :raise UserError: without a reason, or for an unlimited lot
        :raise InsufficientCreditsError: if more is taken than is available
        """
        self.ensure_one()
        self._check_reason(reason)
        self._check_limited()
        request = {"lots": self.ids, "quantity": quantity}
        if replay := self._find_replay("adjust", request, document):
            return replay
        self._release_lapsed()
        self._check_takeable(-quantity)
        # what had become income is owed again: each unit goes with its own share
        self.sudo()._wake()
        entries = self._post(
            "adjust",
            [{"type": "adjust", "lot": self, "quantity": quantity}],
            request=request,
            reason=reason,
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _transfer(self, quantity, partner, reason, request=None, **document):
        """Give ``quantity`` units of one lot, with their value, to another customer.

        The new lot has the same terms. The debt moves with the units.

        :param dict request: what was asked for, where not this transfer itself
        :return: the entry of this lot, then that of the new lot
        :raise InsufficientCreditsError: if more is given than is available
        """
        self.ensure_one()
        partner.ensure_one()
        self._check_reason(reason)
        self._check_transfer(quantity, partner)
        request = request or {
            "lots": self.ids,
            "quantity": quantity,
            "partner": partner.id,
        }
        if replay := self._find_replay("transfer", request, document):
            return replay
        self._release_lapsed()
        self._check_takeable(quantity)
        # what had become income is owed again, to the new customer
        self.sudo()._wake()
        target = self._create_same(partner)
        entries = self._post_transfer(
            target, quantity, request=request, reason=reason, **document
        )
        self._log_transfer(target, quantity, reason)
        return entries

    def _check_transfer(self, quantity, partner):
        """Refuse to give away a pass in parts, nothing, or to the same customer.

        :raise UserError: naming the lot, the customer and the remedy
        """
        few = self._compare_units(quantity, 0) <= 0
        if self.unlimited or few or partner == self.partner_id:
            raise UserError(
                self.env._(
                    "%(quantity)s of %(lot)s cannot be transferred to %(customer)s: "
                    "give a number above zero of a limited lot to another customer.",
                    quantity=format_units(self.env, quantity),
                    lot=self.name,
                    customer=partner.display_name,
                )
            )

    def _post_transfer(self, target, quantity, **document):
        """Move ``quantity`` units, and their value, to ``target``."""
        entries = self._post(
            "transfer",
            [
                {"type": "transfer", "lot": self, "quantity": -quantity},
                {
                    "type": "transfer",
                    "lot": target,
                    "quantity": quantity,
                    "value_of": 0,
                },
            ],
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _log_transfer(self, target, quantity, reason):
        """Note the transfer on both lots (S2-24)."""
        units = self._in_words(quantity)
        self.message_post(
            body=self.env._(
                "%(units)s given to %(customer)s (%(lot)s): %(reason)s",
                units=units,
                customer=target.partner_id.display_name,
                lot=target.name,
                reason=reason,
            )
        )
        target.message_post(
            body=self.env._(
                "%(units)s received from %(customer)s (%(lot)s): %(reason)s",
                units=units,
                customer=self.partner_id.display_name,
                lot=self.name,
                reason=reason,
            )
        )

    def _create_same(self, partner):
        """Return a new lot of ``partner``, still empty, on the terms of this one."""
        return self.with_context(mail_create_nolog=True).create(
            {
                **self._prepare_same_terms(),
                "partner_id": partner.id,
                "origin": "transfer",
            }
        )

    def _reset(self, level, **document):
        """Set what is available on one lot to ``level`` units (S0-16).

        Units that are held stay held beside it. Safe to run twice.

        :return: no entry if that is the level already
        """
        self.ensure_one()
        self._check_limited()
        request = {"lots": self.ids, "level": level}
        replay = self._find_replay("reset", request, document)
        if replay is not None:
            return replay
        self._release_lapsed()
        change = self._quantize_units(level) - self._quantize_units(self.available)
        if change:
            self.sudo()._wake()
        entries = self._post(
            "reset",
            [{"type": "reset", "lot": self, "quantity": change}] if change else [],
            request=request,
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_same_terms(self, company=None):
        """Return the terms of this lot, for a lot that comes out of it.

        :param company: who has the other lot, if it is not the same company
        """
        self.ensure_one()
        copied = self.copy_data({"name": False})[0]
        copied.pop("name")
        for field in ("source_line_id", "partner_id", "origin"):
            copied.pop(field, None)
        return copied
