"""The first sentence says the worst release, and never more than the numbers do."""

from loft_jax.auditing.closing import control_of
from loft_jax.auditing.sentence import percent, sentence


def release(name, lower, upper, of="identity"):
    return {"release": name, "lower": lower, "upper": upper, "of": of}


def test_the_release_that_gives_away_most_is_told_with_both_ends():
    found = sentence([release("code", 0.25, 0.9), release("label", 0.9, 0.98)], None)
    assert found == (
        "From one answer about a picture (code) an attacker reads 10 % of who is on it; nobody can "
        "read more than 75 %."
    )


def test_where_nothing_is_proved_it_says_so_and_names_what_has_a_proof():
    found = sentence([release("code", 0.0, 0.9), release("label", 0.9, 0.98)], None)
    assert "nothing proves that nobody reads more." in found
    assert found.endswith("only one other is let out (label) nobody can read more than 10 %.")


def test_decoders_worse_than_the_mean_picture_read_nothing():
    found = sentence([release("label", 0.0, 1.261, "picture")], None)
    assert found == (
        "From one answer about a picture (label) no decoder here reads anything of how it looks; "
        "nothing proves that nobody reads more."
    )


def test_the_attack_on_classes_stands_beside_its_control():
    measures = {"retrieval_at_1": [0.5, 0.3, 0.7], "lookalike_retrieval_at_1": [0.02, 0, 0.1]}
    classes = {"attack": "ppa", "classes": 24, "measures": measures}
    found = sentence([release("label", 0.0, 0.98, "picture")], classes)
    assert "2.0 % of how it looks" in found
    assert found.endswith(
        "From the weights the attack ppa retrieves 50 % of 24 classes (30 % to 70 %); the same "
        "without a search 2.0 %."
    )


def test_what_an_independent_judge_says_stands_in_the_sentence_too():
    measures = {
        "retrieval_at_1": [0.57, 0.4, 0.7],
        "independent_verification": [1.0, 0.86, 1.0],
        "independent_lookalike_verification": [0.1, 0.03, 0.3],
        "independent_real_verification": [0.9, 0.8, 0.95],
    }
    classes = {"attack": "ppa", "classes": 24, "measures": measures}
    assert sentence([release("label", 0.0, 0.98, "picture")], classes).endswith(
        "retrieves 57 % of 24 classes (40 % to 70 %); a judge that never saw them verifies 100 % "
        "(86 % to 100 %), without a search 10 %."
    )
    measures["independent_real_verification"] = [0.2, 0.1, 0.3]  # it knows few real pictures
    assert "verifies" not in sentence([release("label", 0.0, 0.98, "picture")], classes)


def test_shares_below_ten_per_cent_have_a_digit_more():
    assert [percent(x) for x in (0.0, 0.0312, 0.0996, 0.5)] == ["0.0 %", "3.1 %", "10 %", "50 %"]


def test_each_measure_stands_beside_its_own_control():
    assert control_of("retrieval_at_1") == "lookalike_retrieval_at_1"
    assert control_of("independent_verification") == "independent_lookalike_verification"
