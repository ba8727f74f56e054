from odoo.tests import tagged

from .attack import AttackCase, AttackTests, Row
from .attack_routes import AttackRoutesCase

#: public methods with which none of the attackers changes anything here, by model
HARMLESS = {
    "account.move": "button_cancel button_draft",
    "account.payment": "action_keep_as_customer_credit action_view_booking_credits "
    "keep_as_customer_credit",
    "booking.cancel": "action_cancel_by_provider",
    "booking.cancel.many": "action_apply",
    "booking.confirm.unpaid": "action_confirm",
    "booking.credit.analysis": "action_open_order",
    "booking.credit.change": "action_apply",
    "booking.credit.dashboard": "get_data",
    "booking.credit.entry": "action_post_all_due action_post_due",
    "booking.credit.extend": "action_extend",
    "booking.credit.give": "action_give",
    "booking.credit.keep": "action_keep",
    "booking.credit.lot": "action_change action_check_companies action_check_ledger "
    "action_edit_voucher action_expire action_extend action_print_voucher "
    "action_release_to_receivable action_send_balance action_send_voucher "
    "action_view_entries adjust claim expire extend pause reactivate "
    "recognise_dormant refund release reset restore transfer",
    "booking.credit.notice": "action_send_again",
    "booking.credit.pause": "action_apply",
    "booking.credit.pay": "action_add_session action_pay action_sell_pack",
    "booking.credit.post.due": "action_post",
    "booking.credit.sell": "action_sell_paid",
    "booking.credit.setup": "action_back action_next action_open",
    "booking.credit.statement": "action_print action_send",
    "booking.credit.tie.out": "action_open_lines action_run action_run_again action_xlsx",
    "booking.credit.tie.out.line": "action_open_document",
    "booking.credit.tie.out.run": "action_run",
    "booking.prepayment.rule": "action_tell_customers",
    "booking.voucher.claim": "action_claim",
    "booking.voucher.sell": "action_sell",
    "booking.voucher.text": "action_print action_save",
    "res.config.settings": "action_booking_credit_edit_mail "
    "action_booking_credit_own_accounts action_booking_credit_setup",
    "res.partner": "action_booking_credit_statement action_change_booking_credits "
    "action_extend_booking_credits action_keep_as_customer_credit "
    "action_view_booking_credit_entries action_view_booking_credits",
    "sale.order.line": "action_came action_cancel_booking action_cancel_for_customer "
    "action_no_show action_open_order action_we_cancel",
    "sale.order": "action_booking_credit_unpay action_draft "
    "action_open_booking_credit_pay action_print_vouchers action_sell_voucher "
    "action_send_vouchers action_view_booking_credits confirm_unpaid",
}
REPORTS = [
    "aging",
    "breakage",
    "liability",
    "owed",
    "report",
    "revenue",
    "roll.forward",
    "vat.bridge",
]
READS = ["action_open_cell", "action_print", "action_xlsx", "get_report"]

#: the main job of the front desk
DESK = "test_security.TestSecurity.test_the_front_desk_sells_books_and_cancels"
SPEND = "test_ledger_guards.TestLedgerGuards.test_the_front_desk_says_why_and_holds_for_a_while"

METHODS = {
    **{(m, name): Row() for m, names in HARMLESS.items() for name in names.split()},
    **{(f"booking.credit.{r}", name): Row() for r in REPORTS for name in READS},
    ("mail.compose.message", "action_send_mail"): Row(odoo=True),
    ("sale.order.discount", "action_apply_discount"): Row(odoo=True),
    ("booking.cancel", "action_cancel_bookings"): Row("desk till", DESK),
    ("booking.credit.lot", "grant"): Row(
        "manager2",
        "test_ledger_verbs.TestVerbs.test_verbs_take_ids_as_remote_callers_give_them",
    ),
    ("booking.credit.lot", "hold"): Row("desk till", SPEND),
    ("booking.credit.lot", "redeem"): Row("desk till", SPEND),
    ("booking.credit.sell", "action_sell"): Row(
        "desk till",
        "test_customers_form.TestCustomerForm."
        "test_two_clicks_sell_a_pack_from_the_customer",
    ),
    ("sale.order", "action_booking_credit_pay"): Row("desk till", DESK),
    ("sale.order", "action_cancel"): Row("desk till", DESK),
    ("sale.order", "action_confirm"): Row("desk till", DESK),
    ("sale.order", "action_decline_booking_credits"): Row(
        "desk till", "test_paying_proposal.TestProposal.test_it_is_gone_when_declined"
    ),
    ("sale.order", "action_send_for_payment"): Row(
        "desk till",
        "test_prepaying_orders.TestSendForPayment."
        "test_staff_book_and_the_customer_pays_by_a_link",
    ),
}

#: fields of ours that staff write in a form; what follows is proven there
FIELDS = {
    ("res.partner", "booking_credit_comment"): Row(
        "desk till",
        "test_customers_form.TestCustomerForm.test_the_staff_comment_shows_on_orders",
    ),
    ("res.partner", "booking_credit_invoice_uses"): Row(
        "till",
        "test_accounting_settings.TestPostingSettings."
        "test_a_company_gets_an_invoice_for_what_it_used",
    ),
    ("sale.order", "booking_credit_declined"): Row(
        "desk till", "test_paying_proposal.TestProposal.test_it_is_gone_when_declined"
    ),
    ("sale.order.line", "booking_start"): Row(
        "desk till",
        "test_paying_change.TestChange.test_another_day_leaves_the_credits_alone",
    ),
    ("sale.order.line", "booking_end"): Row(
        "desk till",
        "test_paying_change.TestChange.test_another_day_leaves_the_credits_alone",
    ),
    ("sale.order.line", "price_unit"): Row(
        "desk till",
        "test_paying_change.TestChange.test_a_lower_price_gives_customer_credit_back",
    ),
    ("sale.order.line", "discount"): Row(
        "desk till",
        "test_paying_change.TestChange."
        "test_a_discount_on_a_paid_booking_leaves_nothing_to_pay",
    ),
    ("sale.order.line", "booking_credit_beneficiary_id"): Row(
        "desk till",
        "test_ledger_verbs.TestVerbs.test_the_beneficiary_receives_the_credits",
    ),
    ("sale.order.line", "booking_voucher_to"): Row(
        "desk till",
        "test_accounting_customer_credit.TestSellVoucher."
        "test_a_gift_voucher_is_sold_from_the_same_dialog",
    ),
    ("sale.order.line", "booking_voucher_message"): Row(
        "desk till",
        "test_accounting_customer_credit.TestSellVoucher."
        "test_a_gift_voucher_is_sold_from_the_same_dialog",
    ),
}

CANCEL = "/my/orders/<int:order_id>/bookings/<int:line_id>/cancel"
MOVE = "/my/orders/<int:order_id>/bookings/<int:line_id>/move"
ROUTES = {
    "/booking_credits/report/<string:model>.xlsx": Row(),
    "/my/credits/bookings": Row(),
    "/my/credits/bookings/page/<int:page>": Row(),
    "/my/credits": Row(),
    "/my/credits/<int:lot_id>": Row(),
    "/my/credits/<int:lot_id>/page/<int:page>": Row(),
    "/my/credits/<int:lot_id>/send": Row(),
    "/my/credits/page/<int:page>": Row(),
    "/my/credits/statement": Row(),
    "/my/credits/voucher": Row(),
    "/my/orders/<int:order_id>/transaction": Row(),
    # staff read orders of their company, and so act on this page as the customer
    CANCEL: Row(
        "own desk",
        "test_customers_portal.TestPortal.test_customers_cancel_their_booking",
    ),
    MOVE: Row(
        "own desk", "test_customers_portal_move.TestPortalMove.test_move_in_the_browser"
    ),
}


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttack(AttackTests, AttackCase):
    """The server decides: whoever calls what, with whatever."""

    methods, fields, routes = METHODS, FIELDS, ROUTES


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttackRoutes(AttackRoutesCase):
    """What can be asked for without a client of ours."""

    def test_routes(self):
        self.assertHeld(self._attack_routes(ROUTES))
