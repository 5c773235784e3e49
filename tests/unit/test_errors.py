from __future__ import annotations

import pickle

from bhm_columnar.errors import BHMError, DumpError, InputError


def test_message_says_where_what_and_what_to_do() -> None:
    assert str(BHMError("is wrong", where="here", hint="mend it")) == "here: is wrong; mend it"
    assert str(BHMError("is wrong")) == "is wrong"


def test_errors_travel_between_processes() -> None:
    error = pickle.loads(pickle.dumps(DumpError("is wrong", where="here", hint="mend it")))  # noqa: S301
    assert isinstance(error, InputError)
    assert str(error) == "here: is wrong; mend it"
