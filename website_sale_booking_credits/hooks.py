"""What happens once, when the add-on is installed."""


def post_init_hook(env):
    """Show the packs in the shop, and let new customers create their account.

    Packs were made to be sold (S0-25), and a shop whose customers cannot sign up could
    sell none: buying and using credits needs an account (S1-28).
    """
    packs = env["product.template"].search([("booking_credit_pack", "=", True)])
    packs.is_published = True
    websites = env["website"].search([("account_on_checkout", "!=", "disabled")])
    websites.auth_signup_uninvited = "b2c"
