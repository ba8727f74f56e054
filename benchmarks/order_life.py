"""The whole life of a one-line order: paid with credits, and with Odoo's eWallet.

Ours: create, pay, confirm, and its share of the day's revenue entry. Odoo's: create,
pay, confirm, invoice, post. Both end with the revenue and its VAT in the books.
"""

from bench import Row, Stopwatch, make_service, show, studio

ORDERS = 60


def make_wallets(env, partners):
    """Give each customer an eWallet with 100.00 on it."""
    program = env["loyalty.program"].create(
        {
            "name": "eWallet",
            "program_type": "ewallet",
            "applies_on": "future",
            "trigger": "auto",
            "reward_ids": [
                (0, 0, {"reward_type": "discount", "discount_mode": "per_point",
                        "discount": 1, "discount_applicability": "order"})
            ],
        }
    )  # fmt: skip
    env["loyalty.card"].create(
        [
            {"program_id": program.id, "partner_id": partner.id, "points": 100}
            for partner in partners
        ]
    )


def make_lots(env, partners):
    """Give each customer a lot of 100 credits worth 90.00."""
    company = env.company
    env["booking.credit.lot"]._grant(
        [
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "origin": "grant",
                "valid_from": company._booking_credit_today(),
                "liability_account_id": company._get_booking_credit_account(
                    "liability"
                ).id,
            }
            for partner in partners
        ],
        [{"quantity": 100, "value": 90} for _partner in partners],
    )


def create_order(env, partner, service):
    """Return a quotation with one line."""
    return env["sale.order"].create(
        {
            "partner_id": partner.id,
            "order_line": [(0, 0, {"product_id": service.id})],
        }
    )


def with_credits(env, partner, service):
    """Live the life of an order paid with credits, without its revenue entry."""
    order = create_order(env, partner, service)
    order.action_booking_credit_pay()
    order.action_confirm()
    env.flush_all()
    assert not order.amount_total and order.state == "sale"


def with_wallet(env, partner, service):
    """Live the life of an order paid with Odoo's eWallet."""
    order = create_order(env, partner, service)
    order._update_programs_and_rewards()
    for card, rewards in order._get_claimable_rewards().items():
        order._apply_program_reward(rewards[:1], card)
    order.action_confirm()
    order._create_invoices(final=True).action_post()
    env.flush_all()
    assert not order.amount_total and order.invoice_ids.state == "posted"


def main():
    """Measure and show; return whether the targets are reached."""
    with studio("sale_loyalty") as env:
        service = make_service(env)
        partners = env["res.partner"].create(
            [{"name": f"Customer {n}"} for n in range(2 * ORDERS + 4)]
        )
        make_wallets(env, partners)
        make_lots(env, partners)
        env["booking.credit.posting"]._post_due(env.company)
        ours, theirs, posting = (Stopwatch(env) for _n in range(3))
        for number in range(ORDERS + 2):
            pair = partners[2 * number], partners[2 * number + 1]
            for watch, live, partner in (
                (ours, with_credits, pair[0]),
                (theirs, with_wallet, pair[1]),
            ):
                env.invalidate_all()
                with watch():
                    live(env, partner, service)
        with posting():
            entries = env["booking.credit.posting"]._post_due(env.company)
            env.flush_all()
        assert len(entries) == ORDERS + 2
        rows = []
        for what, unit in (("cpu", "ms"), ("wall", "ms"), ("queries", "statements")):
            share = posting.median(what) / len(entries)
            print(f"  {what}: posting share {share:.2f}")
            rows.append(
                Row(
                    f"life of a one-line order, {unit if unit != 'ms' else what}",
                    ours.median(what) + share,
                    theirs.median(what),
                    0.5,
                    unit,
                )
            )
        return show(
            "An order paid with credits, and one paid with Odoo's eWallet", rows
        )


if __name__ == "__main__":
    raise SystemExit(not main())
