from odoo import api, models
from odoo.exceptions import AccessError

#: what dialogs are about; somebody else's may not be looked at through a dialog
READ_AS_USER = (
    "account.payment",
    "booking.credit.entry",
    "booking.credit.lot",
    "res.partner",
    "sale.order",
    "sale.order.line",
)


class BookingCreditDialog(models.AbstractModel):
    """What all dialogs about credits have in common: who opens one may read its records.

    Fields that are ``related`` read as the superuser by default, so those of a dialog
    say ``related_sudo=False``.
    """

    _name = "booking.credit.dialog"
    _description = "Dialog About Credits"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse records that the user may not read.

        :raise AccessError: naming them
        """
        dialogs = super().create(vals_list)
        dialogs._check_readable()
        return dialogs

    def write(self, vals):
        """Override to refuse records that the user may not read.

        :raise AccessError: naming them
        """
        res = super().write(vals)
        self._check_readable()
        return res

    def _check_readable(self):
        if self.env.su:
            return
        for name, field in self._fields.items():
            if not field.store or field.type not in ("many2one", "many2many"):
                continue
            if field.comodel_name in READ_AS_USER:
                self[name].check_access("read")
            elif field.comodel_name == "res.company":
                self._check_own(self[name])

    def _check_own(self, companies):
        """Refuse companies in which the user does not work.

        :raise AccessError: saying so
        """
        if not self.env.su and companies - self.env.user.company_ids:
            raise AccessError(self.env._("This company is not one of yours."))
