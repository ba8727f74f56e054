"""The tests of the guards are tested: without its guard, an attack must succeed."""

from contextlib import contextmanager, nullcontext
from pkgutil import resolve_name
from unittest.mock import patch

from odoo import http
from odoo.tools import mute_logger

from .attack import taken_back

#: how an attack shows: an assertion, or an error that is no sentence
SEEN = ("AssertionError", "ValueError", "OverflowError")

#: as the answer of a method of ours: it is not there, what it overrides is
ODOO = object()


class AttackGuardsCase:
    """Takes each guard away, and looks whether an attack notices.

    To be mixed in before the test class whose tests are the attacks; Odoo runs no tests
    that a class inherits.
    """

    def subTest(self, *_args, **_kwargs):
        """Override: what fails in a part of an attack is seen at once."""
        return nullcontext()

    def assertNeeded(self, guards):
        """Check that without each guard the attack that it holds off succeeds.

        :param dict guards: see :meth:`_check_guards`
        """
        wrong = self._check_guards(guards)
        self.assertFalse(wrong, "\n".join(wrong))

    @mute_logger("odoo.sql_db", "odoo.http")
    def _check_guards(self, guards):
        """Return the guards that no attack needs, and the attacks that fail with them.

        :param dict guards: name of an attack (a test of this class, or a method that
            returns what went wrong) by guard: ``(model, method)``, or the path of a
            function; where a guard answers something, the attack and what it answers
            when it is not there, a function that answers in its place, or ``ODOO``
        """
        wrong = []
        for guard, attack in guards.items():
            attack, answer = attack if isinstance(attack, tuple) else (attack, "")
            if red := self._is_red(attack):
                wrong.append(f"{attack} fails with {guard}: {red}")
                continue
            with self._without(guard, answer):
                red = self._is_red(attack)
            if not red:
                wrong.append(f"nothing happens without {guard}: {attack}")
            elif isinstance(red, str) and not red.startswith(SEEN):
                wrong.append(f"{attack} breaks without {guard}: {red}")
        return wrong

    def _is_red(self, attack):
        """Return what an attack complains about; empty if it was held off."""
        try:
            with taken_back(self.env):
                return getattr(self, attack)() or ""
        except Exception as error:  # red is red
            return f"{type(error).__name__}: {error}"[:300]

    def _without(self, guard, answer):
        """Return the patch that takes ``guard`` away."""
        if answer is ODOO:
            return self._without_override(guard)

        def nothing(*_args, **_kwargs):
            return answer

        instead = answer if callable(answer) else nothing
        if isinstance(guard, str):
            return patch(guard, instead)
        model, method = guard
        klass = self.registry[model]
        if hasattr(getattr(klass, method), "_constrains"):
            constraints = self.env[model]._constraint_methods
            kept = [each for each in constraints if each.__name__ != method]
            return patch.object(klass, "_constraint_methods", kept)
        if hasattr(getattr(klass, method), "_ondelete"):
            refusals = self.env[model]._ondelete_methods
            kept = [each for each in refusals if each.__name__ != method]
            return patch.object(klass, "_ondelete_methods", kept)
        return patch.object(klass, method, instead)

    @contextmanager
    def _without_override(self, path):
        """Take the method at ``path`` out of its class: what it overrides is left."""
        where, name = path.rsplit(".", 1)
        klass = resolve_name(where)
        method = vars(klass)[name]
        # routes are read from their controllers once
        is_route = issubclass(klass, http.Controller) and hasattr(
            method, "original_routing"
        )
        delattr(klass, name)
        try:
            if is_route:
                self.registry.clear_cache("routing")
            yield
        finally:
            setattr(klass, name, method)
            if is_route:
                self.registry.clear_cache("routing")
