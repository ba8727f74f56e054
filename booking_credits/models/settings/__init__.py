from .. import customers
from . import (
    res_config_settings,
)
