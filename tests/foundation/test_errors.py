from foundation.errors import ConfigurationError, RefusedInputError, SuspectAnswerError, TransientSourceError


def test_error_is_one_line_with_facts_and_next_step() -> None:
    error = RefusedInputError("not XML\n at all", hint="Fetch it again.", path="x.xml", byte=17)
    assert str(error) == "not XML at all (path=x.xml, byte=17). Fetch it again."


def test_long_facts_are_cut() -> None:
    assert len(str(RefusedInputError("bad", payload="x" * 10_000))) < 300


def test_exit_codes_follow_the_gravity_of_the_error() -> None:
    assert ConfigurationError("x").exit_code == 2
    assert TransientSourceError("x").exit_code == 3
    assert SuspectAnswerError("x").exit_code == 4
