from odoo.tests import tagged

from .attack import AttackCase, Row
from .attack_guards import AttackGuardsCase
from .test_attack_orders import TestAttackOrders

#: each guard of orders, and the attack that it holds off
ORDERS = {
    (
        "product.product",
        "_get_quantity_refusal",
    ): "test_packs_and_bookings_are_whole_and_within_a_limit",
    ("sale.order.line", "_get_start_refusal"): (
        "test_bookings_take_place_within_the_horizon"
    ),
    ("sale.order.line", "_check_booking_rules"): (
        "test_the_rule_is_asked_again_at_the_confirmation"
    ),
    ("sale.order.line", "_check_values"): (
        "test_impossible_numbers_and_dates_are_refused_with_a_sentence"
    ),
    "odoo.addons.booking_credits.models.paying.sale_order_line_guard.check_guarded": (
        "test_the_terms_of_a_booking_stay"
    ),
    ("sale.order", "_check_state_by_verb"): "test_states_are_given_by_verbs",
    ("sale.order.line", "_check_credit_lines_true"): (
        "test_a_mirror_takes_off_what_its_booking_costs"
    ),
    ("sale.order.line", "_check_keeps_start"): "test_the_terms_of_a_booking_stay",
    ("sale.order.line", "_check_stays_on_order"): (
        "test_a_line_stays_on_the_order_that_paid_it"
    ),
    ("sale.order.line", "_check_added_to_confirmed"): (
        "test_a_booking_for_credits_only_is_not_added_to_a_confirmed_order"
    ),
    (
        "booking.cancel",
        "_check_lines",
    ): "test_a_dialog_cancels_lines_of_its_own_order",
    ("sale.order.line", "_check_line_unlink"): (
        "test_credit_lines_of_confirmed_orders_are_not_deleted"
    ),
}

#: each guard of lots and dialogs, and the attack of the harness that it holds off
LOTS = {
    ("booking.credit.lot", "_check_may"): "attack_adjust_by_the_front_desk",
    ("booking.credit.lot", "_check_finite"): "attack_adjust_without_a_number",
    ("booking.credit.lot", "_check_usable"): "attack_redeem_what_is_not_covered",
    ("booking.credit.report", "_check_may_report"): "attack_reports_of_the_front_desk",
    ("booking.credit.dialog", "_check_readable"): "attack_dialogs",
    "odoo.addons.booking_credits.models.packs.account_move_line.check_guarded": (
        "attack_journal_items"
    ),
    "odoo.addons.booking_credits.models.cancelling.res_partner.check_guarded": (
        "attack_forgiven"
    ),
}


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttackGuards(AttackGuardsCase, TestAttackOrders):
    """Each guard of orders is needed: without it an attack succeeds."""

    def test_guards(self):
        self.assertNeeded(ORDERS)


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttackLotGuards(AttackGuardsCase, AttackCase):
    """Each guard of lots and dialogs is needed: without it an attack succeeds."""

    def test_guards(self):
        self.assertNeeded(LOTS)

    def attack_adjust_by_the_front_desk(self):
        return self._attack_method("booking.credit.lot", "adjust", "desk", Row())

    def attack_adjust_without_a_number(self):
        row = Row("manager2")
        return self._attack_method("booking.credit.lot", "grant", "manager2", row)

    def attack_redeem_what_is_not_covered(self):
        self.lot.sudo().eligible_product_ids = self.pack.product_tmpl_id
        self.untouched = self._fingerprint()
        return self._attack_method("booking.credit.lot", "redeem", "desk", Row())

    def attack_reports_of_the_front_desk(self):
        error, text, _changed = self._call(
            self._get_target("booking.credit.liability", "desk"),
            "get_report",
            {"options": {}},
        )
        return [] if error else [text]

    def attack_dialogs(self):
        return self._attack_dialogs()

    def attack_journal_items(self):
        line = self._get_target("account.move.line", "till")
        return self._judge_field(line, "booking_credit_lot_id", "till")

    def attack_forgiven(self):
        customer = self._get_target("res.partner", "desk")
        return self._judge_field(customer, "booking_forgiven_on", "desk")

    def _judge_field(self, target, name, role):
        value = self._get_other_value(target, name)
        return self._judge(name, role, self._write(target, name, value, {}))
