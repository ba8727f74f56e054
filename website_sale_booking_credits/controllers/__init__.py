from . import cart, checkout, payment
