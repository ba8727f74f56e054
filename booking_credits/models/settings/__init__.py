"""The settings form: mirrors of the company's fields.

Every field is related; nothing is decided here.
"""

from .. import customers
from . import (
    res_config_settings,
)
