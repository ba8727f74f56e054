"""Let ``freezegun`` remember what it saw of a module.

At each start it hashes the names in all of Odoo's 2,900 modules, to find those of the
clock: 16 ms. The number of names tells as well whether a module has got new ones: 5 ms.
"""

from freezegun import api


def remember(find):
    """Return ``find``, called again for a module only when it has changed."""
    seen = {}

    def found(module):
        try:
            key = id(module), len(vars(module))
        except TypeError:  # something else than a module, in its place
            return find(module)
        if seen.get(module.__name__, (None, None))[0] != key:
            seen[module.__name__] = key, find(module)
        return seen[module.__name__][1]

    return found


def install():
    """Let this process remember, if this version of freezegun looks as others did."""
    find = getattr(api, "_get_cached_module_attributes", None)
    if find and find.__name__ != "found":
        api._get_cached_module_attributes = remember(find)
