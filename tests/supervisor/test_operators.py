import pytest

from kuager.supervisor.operators import Operators


def test_a_card_in_the_table_has_a_name_and_keeps_its_number(tmp_path):
    file = tmp_path / "operators.toml"
    file.write_text('[operators]\n"0004512345" = "капитан Иванов И. И."\n')
    table = Operators(file)
    assert table.name("0004512345") == ("капитан Иванов И. И. (card 0004512345)", "")
    assert table.name("0001") == ("card 0001", "")
    file.write_text('[operators]\n"0001" = "Ахметова А."\n')
    assert table.name("0001")[0] == "Ахметова А. (card 0001)", "a change counts at once"


def test_without_a_table_cards_are_numbers(tmp_path):
    assert Operators(tmp_path / "operators.toml").name("1234") == ("card 1234", "")


@pytest.mark.parametrize(
    "content",
    [b"[operators]\n1234 = 5\n", b"[operators\n", b"\xff", b'[operators]\n"12x" = "A"\n', b"#" * 300_000, b"[other]\n"],
)
def test_a_table_that_is_wrong_costs_the_names_only(tmp_path, content):
    file = tmp_path / "operators.toml"
    file.write_bytes(content)
    named, complaint = Operators(file).name("1234")
    assert named == "card 1234"
    assert str(file) in complaint
