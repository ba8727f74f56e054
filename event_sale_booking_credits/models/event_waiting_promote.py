from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.booking_credits.inside import tell
from odoo.addons.booking_credits.refund import Quiet, is_quiet

from ..const import ACTIVE_STATES, WAITING_MODES


class EventEvent(models.Model):
    """Seats that become free go to those who wait, in their order.

    The job does one class at a time, in a transaction of its own, and starts by
    writing to the row of the class: so it counts seats alone. Whatever interrupts it,
    the next run finds what is left to do from the seats and the entries themselves.
    """

    _inherit = "event.event"

    booking_waiting_mode = fields.Selection(
        selection=WAITING_MODES,
        string="Waiting List",
        compute="_compute_booking_waiting_mode",
        store=True,
        readonly=False,
        precompute=True,
        help="What happens when a seat of this class becomes free while it is full.",
    )
    booking_waiting_ids = fields.One2many(
        comodel_name="event.waiting", inverse_name="event_id", string="Who Waits"
    )
    booking_waiting_count = fields.Integer(
        string="Waiting", compute="_compute_booking_waiting_count"
    )

    @api.depends("event_type_id")
    def _compute_booking_waiting_mode(self):
        for event in self:
            event.booking_waiting_mode = (
                event.event_type_id.booking_waiting_mode
                or event.booking_waiting_mode
                or "none"
            )

    @api.depends("booking_waiting_ids.state")
    def _compute_booking_waiting_count(self):
        groups = self.env["event.waiting"]._read_group(
            [("event_id", "in", self.ids), ("state", "in", ACTIVE_STATES)],
            ["event_id"],
            ["__count"],
        )
        counts = {event.id: count for event, count in groups}
        for event in self:
            event.booking_waiting_count = counts.get(event.id, 0)

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_leave_waiting(self):
        # sudo: who deletes a class need not keep its list; what is held is freed.
        self.sudo().booking_waiting_ids._leave("closed")

    # === Actions === #

    def action_view_waiting(self):
        """Open the waiting list of this class."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "event_sale_booking_credits.event_waiting_action"
        )
        return {
            **action,
            "domain": [("event_id", "=", self.id)],
            "context": {"default_event_id": self.id, "search_default_active": 1},
        }

    # === Jobs === #

    @api.model
    def _cron_promote(self):
        """Give free seats to those who wait, class by class."""
        waiting = self.env["event.waiting"]._read_group(
            [("state", "in", ACTIVE_STATES)], ["event_id"]
        )
        events = self.browse([event.id for (event,) in waiting])
        self.env["booking.credit.job"]._run(
            "give free seats to those who wait",
            [
                (event.company_id or self.env.company, event._promote_waiting)
                for event in events.sorted(lambda event: (event.date_begin, event.id))
            ],
        )

    def _wake_waiting(self):
        """Call the job soon after this transaction, if somebody waits here."""
        if not self:
            return
        # sudo: whoever frees a seat need not see who waits.
        waits = (
            self.env["event.waiting"]
            .sudo()
            .search_count(
                [("event_id", "in", self.ids), ("state", "in", ACTIVE_STATES)], limit=1
            )
        )
        if waits:
            cron = self.env.ref(
                "event_sale_booking_credits.ir_cron_promote", raise_if_not_found=False
            )
            if cron:
                cron.sudo()._trigger()

    # === Business verbs === #

    def _promote_waiting(self):
        """Give the free seats of this class to those who wait, as its list says.

        Safe to run at any time, and twice.

        :return: the ``event.waiting`` records that changed
        """
        self.ensure_one()
        self._lock_seats()
        entries = self.env["event.waiting"].search(
            [("event_id", "=", self.id), ("state", "in", ACTIVE_STATES)],
            order="sequence, id",
        )
        done = self._close_waiting(entries)
        entries -= done
        now = fields.Datetime.now()
        lapsed = entries.filtered(
            lambda entry: entry.state == "offered" and not entry._is_offer_open()
        )
        lapsed._lapse()
        # whoever let an offer pass waits behind the others
        entries = (entries - lapsed) | lapsed
        entries = entries.filtered(lambda entry: not entry._is_too_late(now))
        if not entries or self._is_waiting_quiet(entries.company_id, now):
            return done | lapsed
        return done | lapsed | self._serve_waiting(entries)

    def _close_waiting(self, entries):
        """End what waits for something that has started or was cancelled (S1-09)."""
        now = fields.Datetime.now()
        over = entries.filtered(
            lambda entry: (entry.begin_date <= now and not entry._is_being_paid())
            or self.kanban_state == "cancel"
            or entry.event_slot_id.booking_cancelled
        )
        over._leave("closed")
        return over

    def _serve_waiting(self, entries):
        """Enrol, offer or tell, in the order of ``entries``, while there are seats."""
        served = entries.browse()
        for entry in entries.filtered(lambda entry: entry.state == "waiting"):
            if not self._has_seat_for(entry):
                continue
            if entry.mode == "notify":
                # all of them: who books first has the seat
                if not entry.told_date:
                    entry._set(told_date=fields.Datetime.now())
                    entry._send("free")
                    served |= entry
                continue
            try:
                with self.env.cr.savepoint():
                    if entry.mode == "auto":
                        entry._enrol()
                    else:
                        entry._offer()
            except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
                raise  # the class is done again
            except (UserError, ValidationError) as error:
                entry._pass_over(str(error))
            served |= entry
        for entry in entries.filtered("told_date"):
            if self._is_full(entry.event_slot_id, entry.event_ticket_id):
                entry._set(told_date=False)  # told again when the next seat is free
        return served

    # === Steps, for bridges to extend === #

    def _is_full(self, slot, ticket, besides=None):
        """Return whether no seat of this slot and ticket is left for a new booking.

        Seats that are offered or due to those who wait count as taken.

        :param besides: an entry that does not count: who asks
        """
        self.ensure_one()
        available = self._get_seats_availability([(slot, ticket)])[0]
        if available is None:
            return False
        before = self._get_waiting_before(slot)
        return available <= len(before - besides if besides else before)

    def _has_seat_for(self, entry):
        """Return whether a seat is free for ``entry``, besides those on offer."""
        available = self._get_seats_availability(
            [(entry.event_slot_id, entry.event_ticket_id)]
        )[0]
        offered = self._get_waiting_before(entry.event_slot_id).filtered(
            lambda other: other.state == "offered" and other != entry
        )
        return available is None or available > len(offered)

    def _get_waiting_before(self, slot):
        """Return the entries that come before anybody who books now.

        Those to whom a seat is offered, and those who are enrolled by themselves as
        soon as the job runs. Who was passed over, or is only told, reserves nothing.
        """
        self.ensure_one()
        # sudo: shoppers are told that others wait, not who.
        entries = self.env["event.waiting"].sudo()
        now = fields.Datetime.now()
        return entries.search(
            [
                ("event_id", "=", self.id),
                ("event_slot_id", "=", slot.id if slot else False),
                ("state", "in", ACTIVE_STATES),
                ("mode", "in", ("auto", "offer")),
                ("refusal", "=", False),
            ]
        ).filtered(
            lambda entry: not entry._is_too_late(now)
            and (entry.state == "waiting" or entry._is_offer_open())
        )

    def _is_waiting_quiet(self, company, now):
        """Return whether nobody is enrolled at this hour; the job comes back after."""
        company = (company or self.company_id or self.env.company)[:1].sudo()
        if not company.booking_waiting_quiet:
            return False
        quiet = Quiet(
            round(company.booking_waiting_quiet_from * 60),
            round(company.booking_waiting_quiet_until * 60),
        )
        return is_quiet(now, ZoneInfo(company.booking_credit_tz or "UTC"), quiet)


class EventWaiting(models.Model):
    _inherit = "event.waiting"

    def _offer(self):
        """Offer the free seat to this customer for some time.

        Who pays in money finds a quotation to pay; it ends with the offer.
        """
        minutes = self.company_id.sudo().booking_waiting_offer_minutes
        until = fields.Datetime.now() + timedelta(minutes=minutes)
        until = min(until, self.begin_date)
        self._set(state="offered", offer_until=until, refusal=False)
        if self.payment == "money":
            self._set(order_id=self._create_order().id)
        self._send("offer")
        cron = self.env.ref("event_sale_booking_credits.ir_cron_promote")
        cron.sudo()._trigger(at=until + timedelta(seconds=1))

    def _lapse(self):
        """Take back offers that were not taken; the customers wait behind the others."""
        for entry in self:
            last = max(entry.event_id.booking_waiting_ids.mapped("sequence"))
            if entry.payment == "money":
                # sudo: the job, or whoever sets it off; nobody may pay it any more
                tell(entry.sudo().order_id, confirmed=True)._action_cancel()
                entry._set(order_id=False)
            entry._set(state="waiting", offer_until=False, sequence=last + 1)
            entry.message_post(body=self.env._("The offer has lapsed."))

    def _pass_over(self, refusal):
        """Note why this customer is not enrolled; the next one is."""
        if self.refusal != refusal:
            self._set(refusal=refusal)
            self.message_post(body=refusal)

    def _is_too_late(self, now):
        """Return whether the class is too near for anybody to be enrolled by us."""
        hours = self.company_id.sudo().booking_waiting_cutoff_hours
        return self.begin_date <= now + timedelta(hours=hours)


class EventRegistration(models.Model):
    _inherit = "event.registration"

    # === CRUD === #

    def unlink(self):
        """Override to look for who waits when seats become free."""
        events = self.event_id
        res = super().unlink()
        events._wake_waiting()
        return res

    def _compute_field_value(self, field):
        """Override: an order that is cancelled cancels its seats without `write`."""
        if field.name != "state":
            return super()._compute_field_value(field)
        taken = self.filtered(lambda seat: seat.ids and seat.state in ("open", "done"))
        res = super()._compute_field_value(field)
        freed = taken.filtered(lambda seat: seat.state not in ("open", "done"))
        freed.event_id._wake_waiting()
        return res

    def _check_nobody_passed(self):
        """Refuse to pass those who wait.

        :raise ValidationError: naming the class and how many wait
        """
        if self.env.user._is_internal():
            return  # the jobs, and staff, who see the list
        for (event, slot, ticket), _seats in (
            self._get_seats_past_list()
            .grouped(
                lambda seat: (seat.event_id, seat.event_slot_id, seat.event_ticket_id)
            )
            .items()
        ):
            waiting = event._get_waiting_before(slot)
            if not waiting:
                continue
            available = event._get_seats_availability([(slot, ticket)])[0]
            if available is not None and available < len(waiting):
                raise ValidationError(
                    self.env._(
                        "%(number)s people wait for the next seat in “%(event)s”: join "
                        "the waiting list.",
                        number=len(waiting),
                        event=event.name,
                    )
                )

    def _get_seats_past_list(self):
        """Return the seats that are taken, but not by who was enrolled from the list."""
        # who has paid in money has the seat: that was asked before the payment
        taking = self.filtered(
            lambda seat: seat.state == "open"
            and seat.active
            and not seat.sudo().sale_order_id.transaction_ids
        )
        # sudo: shoppers do not see who waits.
        entries = self.env["event.waiting"].sudo()
        enrolled = entries.search(
            [
                ("order_id", "in", taking.sudo().sale_order_id.ids),
                ("state", "=", "enrolled"),
            ]
        )
        return taking.filtered(
            lambda seat: seat.sudo().sale_order_id not in enrolled.order_id
        )


class EventEventTicket(models.Model):
    _inherit = "event.event.ticket"

    def write(self, vals):
        """Override to look for who waits when a ticket gets more seats."""
        res = super().write(vals)
        if "seats_max" in vals:
            self.event_id._wake_waiting()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_leave_waiting(self):
        # sudo: who deletes a ticket need not keep the list; what is held is freed.
        entries = self.env["event.waiting"].sudo()
        entries.search([("event_ticket_id", "in", self.ids)])._leave("closed")
