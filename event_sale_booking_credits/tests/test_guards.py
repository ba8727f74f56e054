import inspect
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestSeatGuards(ClassCommon):
    """A seat that costs something is taken with what pays it, whoever takes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "somebody", groups="base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.manager = new_test_user(
            cls.env,
            "planner",
            groups="event.group_event_manager,sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.yoga_class.booking_payment = "credit_only"

    def _seat_vals(self, event=None, **values):
        event = event or self.yoga_class
        return {
            "event_id": event.id,
            "event_ticket_id": event.event_ticket_ids[:1].id,
            "name": "Somebody",
            **values,
        }

    def _assert_refused(self, seats, vals):
        with (
            self.assertRaises(UserError),
            self.cr.savepoint(),
        ):
            seats.create(vals)
            seats.env.flush_all()

    def test_nobody_takes_a_seat_for_nothing(self):
        """C3: credits only: by no role, by sudo, open or attended, with a ticket or not."""
        seats = self.env["event.registration"]
        for payment in ("credit_only", "session_only"):
            self.yoga_class.booking_payment = payment
            for user in (
                self.desk,
                self.front_desk,
                self.manager,
                self.portal,
                self.public,
            ):
                for vals in (
                    self._seat_vals(),
                    self._seat_vals(state="done"),
                    self._seat_vals(event_ticket_id=False),
                ):
                    with self.subTest(
                        payment=payment, user=user.sudo().login, vals=vals
                    ):
                        self._assert_refused(seats.with_user(user), vals)
                        self._assert_refused(seats.with_user(user).sudo(), vals)
        self.assertFalse(self.yoga_class.registration_ids)

    def test_a_price_in_credits_and_none_in_money_is_credits_only(self):
        self.yoga_class.booking_payment = "both"
        self.yoga_class.event_ticket_ids.price = 0
        seats = self.env["event.registration"].with_user(self.public).sudo()
        self._assert_refused(seats, self._seat_vals())
        self._assert_refused(seats.with_user(self.desk), self._seat_vals())

    def test_shoppers_take_no_seat_for_nothing_where_money_is_taken_too(self):
        """Money or credits: staff add guests, shoppers do not."""
        self.yoga_class.booking_payment = "both"
        seats = self.env["event.registration"]
        for user in (self.portal, self.public):
            self._assert_refused(seats.with_user(user).sudo(), self._seat_vals())
            self._assert_refused(
                seats.with_user(user).sudo(), self._seat_vals(event_ticket_id=False)
            )
        guest = seats.with_user(self.desk).create(self._seat_vals())
        self.assertEqual(guest.state, "open")

    def test_free_classes_stay_free(self):
        """A ticket that costs nothing, of a product that credits do not pay."""
        product = self.env["product.product"].create(
            {
                "name": "Free",
                "type": "service",
                "service_tracking": "event",
                "list_price": 0.0,
            }
        )
        event = self._create_class("Open day", product=product)
        seats = self.env["event.registration"].with_user(self.public).sudo()
        self.assertEqual(seats.create(self._seat_vals(event)).state, "open")

    def test_an_unconfirmed_order_opens_no_seat(self):
        """Free of charge by a discount, or by credits: the quotation pays nothing."""
        order = self._quote(price_unit=0.0)
        self.assertEqual(order.amount_total, 0)
        line = self._line(order)
        seats = self.env["event.registration"].with_user(self.public).sudo()
        seat = seats.create({"sale_order_line_id": line.id})
        self.assertEqual(seat.state, "draft")
        for verb in ("action_confirm", "action_set_done"):
            with self.assertRaises(UserError), self.cr.savepoint():
                getattr(seat.with_user(self.desk), verb)()
        self._assert_refused(
            seats, {"sale_order_line_id": line.id, "state": "open", "name": "x"}
        )

    def test_an_order_pays_no_more_seats_than_it_has(self):
        """One line for one seat: neither by RPC nor by the dialog of attendees."""
        self._buy()
        order = self._take()
        line = self._line(order)
        self._assert_refused(
            self.env["event.registration"].with_user(self.manager),
            {"sale_order_line_id": line.id, "name": "A friend"},
        )
        self._assert_refused(
            self.env["event.registration"].with_user(self.manager),
            self._seat_vals(sale_order_id=order.id),
        )
        self.assertEqual(len(self._seats()), 1)

    def test_seats_beyond_the_order_go_when_it_is_confirmed(self):
        """Seats that a form left behind are not given away with the order."""
        lot = self._buy()
        order = self._quote()
        line = self._line(order)
        self.env["event.registration"].create(
            [{"sale_order_line_id": line.id, "name": name} for name in ("Anna", "Eve")]
        )
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(self._seats().name, "Anna")
        self.assertEqual(len(self._seats(state="cancel")), 1)
        self.assertEqual(lot.balance, 90)

    def test_a_paid_seat_stays_where_it_was_paid(self):
        """Neither class, slot, ticket nor order of a paid seat is rewritten."""
        self._buy()
        order = self._take()
        other = self._create_class("Better", booking_credit_price=50)
        seat = self._seats().with_user(self.desk)
        unpaid = self._line(self._quote())
        for vals in (
            {"event_id": other.id, "event_ticket_id": other.event_ticket_ids.id},
            {"event_ticket_id": False},
            {"sale_order_line_id": False, "sale_order_id": False},
            {"sale_order_line_id": False},
            {"sale_order_id": False},
            {"sale_order_line_id": unpaid.id},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaises(UserError),
                self.cr.savepoint(),
            ):
                seat.write(dict(vals))
                self.env.flush_all()
        self.assertEqual(seat.event_id, self.yoga_class)
        self.assertEqual(seat.sudo().sale_order_line_id, self._line(order))

    def test_a_free_guest_does_not_move_into_a_class_that_costs(self):
        guest = self.env["event.registration"].create(
            {
                "event_id": self._create_class("Talk", booking_payment="money").id,
                "name": "Guest",
            }
        )
        with self.assertRaises(UserError), self.cr.savepoint():
            guest.with_user(self.desk).write(
                {"event_id": self.yoga_class.id, "event_ticket_id": False}
            )

    def test_the_class_of_a_paid_line_is_not_rewritten(self):
        """The order line pays one class: another one is another booking."""
        self._buy()
        line = self._line(self._take())
        other = self._create_class("Better", booking_credit_price=50)
        for vals in (
            {"event_id": other.id, "event_ticket_id": other.event_ticket_ids.id},
            {"event_ticket_id": other.event_ticket_ids.id},
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                line.with_user(self.manager).write(dict(vals))
                self.env.flush_all()
        self.assertEqual(line.event_id, self.yoga_class)

    def test_a_context_opens_nothing(self):
        """M1, H2: what a client says in the context changes no guard."""
        self._buy()
        seat = self._line(self._take())._get_seats().with_user(self.desk)
        seat.with_context(booking_seats_follow=True).write({"state": "cancel"})
        self.assertTrue(
            seat.sudo().sale_order_line_id.booking_cancel_date,
            "the booking is cancelled with its seat, whatever the context says",
        )

    def test_attendance_of_a_paid_seat(self):
        self._buy()
        self._take()
        self._seats().with_user(self.desk).action_set_done()
        self.assertEqual(len(self._seats(state="done")), 1)

    def test_attendance_of_a_guest_from_before(self):
        """A class that takes credits only by now: who is in is marked present."""
        self.yoga_class.booking_payment = "both"
        seats = self.env["event.registration"].with_user(self.desk)
        guest = seats.create(self._seat_vals())
        self.yoga_class.booking_payment = "credit_only"
        guest.action_set_done()
        guest.action_confirm()
        guest.action_cancel()
        with self.assertRaises(UserError), self.cr.savepoint():
            guest.action_confirm()
        with self.assertRaises(UserError), self.cr.savepoint():
            guest.with_context(kept_seats=guest.ids).write(
                {"state": "done", "active": True}
            )

    def test_a_walk_in_with_a_slot_has_its_ticket(self):
        """§11: a slot that is given does not take the ticket away, nor the reverse."""
        begin = fields.Datetime.now().replace(hour=8, minute=0) + timedelta(days=3)
        event = self._create_class(
            "Slots",
            date_begin=begin,
            date_end=begin + timedelta(hours=10),
            is_multi_slots=True,
            event_slot_ids=[
                Command.create(
                    {"date": begin.date(), "start_hour": hour, "end_hour": hour + 1}
                )
                for hour in (10, 12)
            ],
        )
        late = event.event_slot_ids[1]
        wizards = self.env["event.walk.in"].with_user(self.front_desk)
        wizard = wizards.with_context(
            default_event_id=event.id, default_event_slot_id=late.id
        ).create({"partner_id": self.anna.id})
        self.assertEqual(wizard.event_slot_id, late)
        self.assertEqual(wizard.event_ticket_id, event.event_ticket_ids)
        wizard = wizards.create(
            {
                "event_id": event.id,
                "partner_id": self.anna.id,
                "event_ticket_id": event.event_ticket_ids.id,
            }
        )
        self.assertEqual(wizard.event_slot_id, event.event_slot_ids[0])


@tagged("post_install", "-at_install")
class TestWaitingGuards(ClassCommon):
    """A waiting list changes by its verbs, and says nothing to others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "somebody", groups="base.group_portal")
        cls.yoga_class.write({"seats_max": 1, "booking_waiting_mode": "auto"})

    def setUp(self):
        super().setUp()
        self._buy(partner=self.carl)
        self.taken = self._take(partner=self.carl)
        self.lot = self._buy()
        self.entry = self.env["event.waiting"].create(
            {"event_id": self.yoga_class.id, "partner_id": self.anna.id}
        )

    def test_entries_change_by_verbs_only(self):
        """M9: neither customer, class, ticket, state, order nor deadline by write."""
        other = self._create_class("Other")
        order = self._quote(partner=self.bob)
        entry = self.entry.with_user(self.front_desk)
        for vals in (
            {"partner_id": self.bob.id},
            {"event_id": other.id},
            {"event_ticket_id": False},
            {"state": "enrolled"},
            {"state": "offered", "offer_until": "2099-01-01 00:00:00"},
            {"offer_until": "2099-01-01 00:00:00"},
            {"order_id": order.id},
            {"order_id": False},
            {"mode": "notify"},
            {"refusal": "x"},
            {"told_date": "2030-01-01 00:00:00"},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaises(AccessError),
                self.cr.savepoint(),
            ):
                entry.with_context(booking_waiting_entry=entry.id).write(vals)
        entry.sequence = 3
        self.assertEqual(self.entry.sequence, 3, "staff may let somebody pass")
        self.assertEqual(self.lot.held, 10)

    def test_nothing_is_decided_while_joining(self):
        for vals in (
            {"state": "offered", "offer_until": "2099-01-01 00:00:00"},
            {"order_id": self._quote(partner=self.carl).id},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaises(AccessError),
                self.cr.savepoint(),
            ):
                self.env["event.waiting"].with_user(self.front_desk).create(
                    {
                        "event_id": self.yoga_class.id,
                        "partner_id": self.bob.id,
                        **vals,
                    }
                )

    def test_others_do_not_learn_who_waits(self):
        """M3: rights are asked before a name is said."""
        entries = self.env["event.waiting"].with_user(self.portal)
        for vals in (
            {"event_id": self.yoga_class.id, "partner_id": self.anna.id},
            {"partner_id": self.anna.id},
            {},
        ):
            with self.assertRaises(AccessError) as caught, self.cr.savepoint():
                entries.create(vals)
            self.assertNotIn("Anna", str(caught.exception))
        for verb in (
            "action_leave",
            "action_enrol",
            "action_accept",
            "action_view_order",
        ):
            with (
                self.subTest(verb=verb),
                self.assertRaises(AccessError) as caught,
            ):
                getattr(self.entry.with_user(self.portal), verb)()
            self.assertNotIn("Anna", str(caught.exception))

    def test_what_is_held_is_free_when_the_class_is_deleted(self):
        self.assertEqual(self.lot.held, 10)
        self.yoga_class.registration_ids.write({"state": "cancel"})
        self.yoga_class.registration_ids.sudo().unlink()
        order = self.entry.order_id
        self.yoga_class.sudo().unlink()
        self.assertEqual((self.lot.held, order.state), (0, "cancel"))

    def test_without_a_class(self):
        """House 16: a sentence, not an error in Python."""
        entries = self.env["event.waiting"].with_user(self.front_desk)
        with self.assertRaisesRegex(UserError, "[Cc]lass"), self.cr.savepoint():
            entries.create({"partner_id": self.bob.id})
        with self.assertRaisesRegex(UserError, "[Cc]ustomer"), self.cr.savepoint():
            entries.create({"event_id": self.yoga_class.id})

    def test_default_values_of_the_context(self):
        """The button of a class gives it as a default: that is how staff add people."""
        self.yoga_class.booking_waiting_mode = "notify"
        entry = (
            self.env["event.waiting"]
            .with_user(self.front_desk)
            .with_context(default_event_id=self.yoga_class.id)
            .create({"partner_id": self.bob.id})
        )
        self.assertEqual(entry.event_id, self.yoga_class)
        self.assertEqual(entry.mode, "notify")

    def test_every_button_asks_for_rights_first(self):
        """Brothers of M2 and M3: all public methods of ours, by a portal user.

        What others have read is in the cache: access is asked for all the same.
        """
        self.yoga_class.name = "Secret class"
        session = self.env["event.course.session"].create(
            {
                "event_id": self.yoga_class.id,
                "begin_date": self.yoga_class.date_begin,
                "end_date": self.yoga_class.date_end,
            }
        )
        begin = self.yoga_class.date_begin.replace(hour=0, minute=0, second=0)
        slots = self._create_class(
            "Secret slots",
            date_begin=begin,
            date_end=begin + timedelta(days=2),
            is_multi_slots=True,
            event_slot_ids=[
                Command.create(
                    {
                        "date": (begin + timedelta(days=1)).date(),
                        "start_hour": 8,
                        "end_hour": 9,
                    }
                )
            ],
        )
        slot = slots.event_slot_ids
        order = self.taken
        walk_in = self.env["event.walk.in"].create(
            {"event_id": self.yoga_class.id, "partner_id": self.anna.id}
        )
        miss = self.env["event.miss.session"].create(
            {"registration_id": self._seats().id, "session_id": session.id}
        )
        many = self.env["booking.cancel.many"].create(
            {"event_ids": [Command.set(self.yoga_class.ids)]}
        )
        report = self.env["event.class.report"].search(
            [("event_id", "=", self.yoga_class.id)]
        )
        called = set()
        for records in (
            self.entry,
            self.yoga_class,
            self._seats(),
            session,
            slot,
            order,
            order.order_line,
            walk_in,
            miss,
            many,
            report,
        ):
            for name in self._get_public_methods(records):
                records.read()  # in the cache
                with (
                    self.subTest(model=records._name, method=name),
                    self.assertRaises(AccessError) as caught,
                    self.cr.savepoint(),
                ):
                    getattr(records.with_user(self.portal), name)()
                self.assertNotRegex(str(caught.exception), "Secret|Carl|Anna")
                called.add(name)
        self.assertLessEqual(
            {"action_enrol", "action_cancel_class", "action_cancel", "action_miss"},
            called,
        )

    def _get_public_methods(self, records):
        """Return what a client can call without arguments of our code in this model."""
        skipped = {"create", "write", "unlink", "default_get", "register_attendee"}
        names = set()
        for klass in type(records).__mro__:
            if klass.__module__.startswith("odoo.addons.event_sale_booking_credits."):
                names |= {
                    name
                    for name, value in vars(klass).items()
                    if not name.startswith("_") and inspect.isfunction(value)
                }
        return sorted(names - skipped) if records else []

    def test_dialogs_say_nothing_of_other_companies(self):
        """M11: related fields and computed texts are read with one's own rights."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="booking_credits.booking_credits_group_manager",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        for model, vals in (
            ("event.walk.in", {"event_id": self.yoga_class.id, "partner_id": 1}),
            (
                "event.miss.session",
                {
                    "registration_id": self._seats().id,
                    "session_id": self.env["event.course.session"]
                    .create(
                        {
                            "event_id": self.yoga_class.id,
                            "begin_date": self.yoga_class.date_begin,
                            "end_date": self.yoga_class.date_end,
                        }
                    )
                    .id,
                },
            ),
            ("booking.cancel.many", {"event_ids": [Command.set(self.yoga_class.ids)]}),
        ):
            with (
                self.subTest(model=model),
                self.assertRaises(AccessError),
                self.cr.savepoint(),
            ):
                self.env[model].with_user(stranger).create(vals)


@tagged("post_install", "-at_install")
class TestClassGuards(ClassCommon):
    """Classes, slots and reports."""

    def _create_slots(self, hours=(10, 12), **values):
        begin = fields.Datetime.now().replace(hour=8, minute=0) + timedelta(days=3)
        return self._create_class(
            "Slots",
            date_begin=begin,
            date_end=begin + timedelta(hours=10),
            is_multi_slots=True,
            event_slot_ids=[
                Command.create(
                    {"date": begin.date(), "start_hour": hour, "end_hour": hour + 1}
                )
                for hour in hours
            ],
            **values,
        )

    def test_the_report_holds_more_classes_than_int4(self):
        """§11: ids of classes and slots far beyond 2148; a row is read by its id."""
        self.cr.execute("SELECT last_value FROM event_event_id_seq")
        before = self.cr.fetchone()[0]
        self.cr.execute("SELECT setval('event_event_id_seq', 5000000)")
        try:
            event = self._create_slots()
        finally:
            self.cr.execute("SELECT setval('event_event_id_seq', %s)", [before + 100])
        self.assertGreater(event.id, 4999999)
        self.env.flush_all()
        reports = self.env["event.class.report"]
        rows = reports.search([("event_id", "=", event.id)])
        self.assertEqual(rows.event_slot_id, event.event_slot_ids)
        self.assertEqual(len(set(rows.ids)), 2)
        self.env.invalidate_all()
        self.assertEqual(reports.browse(rows[0].id).event_id, event)
        self.assertEqual(rows[0].action_open_class()["res_id"], event.id)
        plain = reports.search([("event_id", "=", self.yoga_class.id)])
        self.assertEqual(reports.browse(plain.id).event_id, self.yoga_class)

    def test_moving_many_classes_tells_each_customer_once(self):
        """§11: two classes and two slots at once: one mail, with all new dates."""
        self._buy()
        self._buy()
        pilates = self._create_class("Pilates")
        self._take()
        self._take(pilates)
        before = self.env["mail.mail"].search([])
        later = self.yoga_class.date_begin + timedelta(days=1)
        (self.yoga_class | pilates).write(
            {"date_begin": later, "date_end": later + timedelta(hours=1)}
        )
        self.cr.precommit.run()
        mails = self.env["mail.mail"].search([]) - before
        mails = mails.filtered(lambda mail: mail.recipient_ids == self.anna)
        self.assertEqual(len(mails), 1)
        self.assertIn("Yoga on Monday", mails.body_html)
        self.assertIn("Pilates", mails.body_html)

    def test_moving_many_slots_tells_each_customer_once(self):
        self._buy()
        event = self._create_slots()
        for slot in event.event_slot_ids:
            self._take(event, event_slot_id=slot.id)
        before = self.env["mail.mail"].search([])
        event.event_slot_ids.write(
            {"date": event.event_slot_ids[0].date, "start_hour": 15, "end_hour": 16}
        )
        self.cr.precommit.run()
        mails = self.env["mail.mail"].search([]) - before
        mails = mails.filtered(lambda mail: mail.recipient_ids == self.anna)
        self.assertEqual(len(mails), 1)

    def test_a_slot_that_we_cancelled_is_not_on_sale_again(self):
        """§6: its places are free, and nobody can book them."""
        lot = self._buy()
        event = self._create_slots(hours=(10, 12, 14))
        first, second, third = event.event_slot_ids
        self._take(event, event_slot_id=first.id)
        self._take(event, event_slot_id=second.id)
        action = first.action_cancel_slot()
        wizard = self.env["booking.cancel.many"].browse(action["res_id"])
        wizard.reason = "No heating"
        wizard.action_apply()
        self.assertEqual(lot.balance, 90)
        self.assertRecordValues(
            event.event_slot_ids,
            [
                {"booking_cancelled": True},
                {"booking_cancelled": False},
                {"booking_cancelled": False},
            ],
        )
        self.assertNotEqual(event.kanban_state, "cancel")
        order = self._quote(event, event_slot_id=first.id)
        order.action_booking_credit_pay()
        with self.assertRaisesRegex(UserError, "cancelled"), self.cr.savepoint():
            order.action_confirm()
        with self.assertRaises(UserError), self.cr.savepoint():
            self.env["event.registration"].with_user(self.desk).create(
                {"event_id": event.id, "event_slot_id": first.id, "name": "Guest"}
            )
        self.assertEqual(
            event._get_seats_availability([(first, event.event_ticket_ids)])[0], 0
        )
        self._take(event, event_slot_id=third.id)

    def test_we_cancel_all_bookings_of_a_slot(self):
        """§6: the list of bookings: nobody is left in the slot, so it does not return."""
        self._buy()
        event = self._create_slots()
        first, second = event.event_slot_ids
        order = self._take(event, event_slot_id=first.id)
        self._take(event, event_slot_id=second.id)
        action = self._line(order).action_we_cancel()
        wizard = self.env["booking.cancel.many"].browse(action["res_id"])
        self.assertIn("off sale", wizard.effects)
        wizard.reason = "No heating"
        wizard.action_apply()
        self.assertTrue(first.booking_cancelled)
        self.assertFalse(second.booking_cancelled)

    def test_cancelled_slots_and_sessions_change_by_their_buttons(self):
        planner = new_test_user(
            self.env,
            "planner_slots",
            groups="event.group_event_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        event = self._create_slots()
        first = event.event_slot_ids[0]
        first._cancel_slot("No heating")
        for vals in ({"booking_cancelled": False}, {"booking_cancel_reason": "x"}):
            with self.assertRaises(AccessError), self.cr.savepoint():
                first.with_user(planner).write(vals)
        with self.assertRaises(AccessError), self.cr.savepoint():
            first.with_user(self.front_desk).action_put_on_sale()
        first.with_user(planner).action_put_on_sale()
        self.assertFalse(first.booking_cancelled)
        session = self.env["event.course.session"].create(
            {
                "event_id": self.yoga_class.id,
                "begin_date": self.yoga_class.date_begin,
                "end_date": self.yoga_class.date_end,
            }
        )
        with self.assertRaises(AccessError), self.cr.savepoint():
            session.with_user(planner).cancelled = True
        late = fields.Datetime.now() + timedelta(days=300)
        with self.assertRaises(AccessError), self.cr.savepoint():
            # M1: the terms go by the start
            session.with_user(self.front_desk).write(
                {"end_date": late + timedelta(hours=1), "begin_date": late}
            )
        session.with_user(self.front_desk).reason = "Snow"

    def test_a_session_of_another_course_gives_nothing_back(self):
        """Brother of L9: each session of a course gives its share back once."""
        sessions = [
            {
                "begin_date": self.yoga_class.date_begin,
                "end_date": self.yoga_class.date_end,
            }
        ]
        values = {
            "booking_session_price": "session",
            "booking_session_ids": [Command.create(vals) for vals in sessions],
        }
        self.yoga_class.write(values)
        other = self._create_class("Other course", **values)
        lot = self._buy()
        self._take()
        wizard = (
            self.env["event.miss.session"]
            .with_user(self.front_desk)
            .create(
                {
                    "registration_id": self._seats().id,
                    "session_id": other.booking_session_ids.id,
                }
            )
        )
        with self.assertRaisesRegex(UserError, "is not one of"), self.cr.savepoint():
            wizard.action_miss()
        self.assertEqual(lot.balance, 90)

    def test_what_is_booked_while_the_dialog_is_open_is_cancelled_too(self):
        """Nobody loses credits because the class was cancelled a moment later."""
        lot = self._buy()
        self._take()
        action = self.yoga_class.with_user(self.front_desk).action_cancel_class()
        wizard = self.env["booking.cancel.many"].with_user(self.front_desk)
        wizard = wizard.browse(action["res_id"])
        self._take()
        self.assertEqual(lot.balance, 80)
        wizard.reason = "Snow"
        wizard.action_apply()
        self.assertEqual(lot.balance, 100)
        self.assertEqual(self.yoga_class.kanban_state, "cancel")

    def test_many_moves_in_one_transaction_are_told_once(self):
        """Class by class, as a series does; back where it was is no news."""
        self._buy()
        self._buy()
        pilates = self._create_class("Pilates")
        self._take()
        self._take(pilates)
        start = pilates.date_begin
        before = self.env["mail.mail"].search([])
        for event, days in ((self.yoga_class, 1), (self.yoga_class, 1), (pilates, 2)):
            day = event.date_begin + timedelta(days=days)
            event.write({"date_begin": day, "date_end": day + timedelta(hours=1)})
        pilates.write({"date_begin": start, "date_end": start + timedelta(hours=1)})
        self.cr.precommit.run()
        mail = self.env["mail.mail"].search([]) - before
        mail = mail.filtered(lambda mail: mail.recipient_ids == self.anna)
        self.assertEqual(mail.subject, "Yoga on Monday is moved")
        self.assertNotIn("Pilates", mail.body_html)
