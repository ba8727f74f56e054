from odoo import models
from odoo.tools import SQL

#: documents of customers on whose chatter staff, and our own verbs, write notes
NOTED = ("booking.credit.lot", "res.partner", "sale.order")


class MailMessage(models.Model):
    """Notes about customers are for staff, also those that the system writes."""

    _inherit = "mail.message"

    def _get_forbidden_access(self, operation):
        """Override of `mail` to hide notes from customers who ask for them by number.

        Lists leave internal notes out; reading one by its id hides those of the type
        “comment” only.
        """
        forbidden = super()._get_forbidden_access(operation)
        rest = self - forbidden
        if operation != "read" or not rest or self.env.user._is_internal():
            return forbidden
        rest.flush_recordset(["model", "is_internal", "subtype_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT message.id
                  FROM mail_message message
             LEFT JOIN mail_message_subtype subtype ON subtype.id = message.subtype_id
                 WHERE message.id = ANY(%s) AND message.model = ANY(%s)
                   AND (message.is_internal OR subtype.id IS NULL OR subtype.internal)
                """,
                rest.ids,
                list(NOTED),
            )
        )
        return forbidden + self.browse([message_id for (message_id,) in rows])
