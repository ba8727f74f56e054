from odoo import api, fields, models
from odoo.exceptions import ValidationError


class BookingCreditAgreement(models.Model):
    """Two companies agree that credits sold by the one are taken by the other.

    VAT due at use: who delivers supplies the customer, so the debt goes over at its
    full value. VAT paid at sale: who delivers is deemed to supply the issuer (article
    30b of the VAT directive), and invoices the agreed part of the value.
    """

    _name = "booking.credit.agreement"
    _description = "Agreement on Credits Between Companies"
    _order = "company_id, deliverer_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Sold By",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    deliverer_id = fields.Many2one(
        comodel_name="res.company",
        string="Taken By",
        required=True,
        ondelete="cascade",
        help="The company that takes the credits, and delivers what they pay.",
    )
    issuer_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Account With the Taker",
        required=True,
        help="In the books of the seller: what it owes the other company.",
    )
    deliverer_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Account With the Seller",
        required=True,
        help="In the books of the taker: what the other company owes it.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Invoiced As",
        required=True,
        domain=[("type", "=", "service"), ("booking_credit_pack", "=", False)],
        help="Service on the invoice for credits whose VAT was paid at sale; its taxes "
        "are those of this supply.",
    )
    percent = fields.Float(
        string="Transfer Price %",
        digits=(5, 2),
        default=100.0,
        required=True,
        help="Part of the net value of such credits that the taker invoices.",
    )
    active = fields.Boolean(default=True)

    _companies_unique = models.UniqueIndex(
        "(company_id, deliverer_id) WHERE active",
        "There is an agreement between these two companies already.",
    )

    @api.depends("company_id", "deliverer_id")
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = self.env._(
                "%(seller)s → %(taker)s",
                seller=agreement.company_id.name,
                taker=agreement.deliverer_id.name,
            )

    @api.constrains("company_id", "deliverer_id", "percent")
    def _check_companies(self):
        for agreement in self.sudo():
            seller, taker = agreement.company_id, agreement.deliverer_id
            if seller.root_id == taker.root_id:
                raise ValidationError(
                    self.env._(
                        "%s and its branches are one company: no agreement is needed.",
                        seller.root_id.name,
                    )
                )
            if seller.currency_id != taker.currency_id:
                raise ValidationError(
                    self.env._(
                        "%(seller)s keeps its books in %(one)s and %(taker)s in "
                        "%(other)s: credits are handed over in one currency only.",
                        seller=seller.name,
                        one=seller.currency_id.name,
                        taker=taker.name,
                        other=taker.currency_id.name,
                    )
                )
            if not 0 < agreement.percent <= 100:
                raise ValidationError(
                    self.env._(
                        "%s: the transfer price is more than 0 and at most 100 percent.",
                        agreement.display_name,
                    )
                )

    @api.constrains("issuer_account_id", "deliverer_account_id")
    def _check_accounts(self):
        for agreement in self.sudo():
            for account, company in (
                (agreement.issuer_account_id, agreement.company_id),
                (agreement.deliverer_account_id, agreement.deliverer_id),
            ):
                if company.root_id not in account.company_ids.root_id:
                    raise ValidationError(
                        self.env._(
                            "%(account)s is no account of %(company)s.",
                            account=account.with_company(company).display_name,
                            company=company.name,
                        )
                    )
