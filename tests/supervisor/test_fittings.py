from kuager.board.virtual import VirtualBoard
from kuager.settings import Settings, Unit
from kuager.supervisor.fittings import fit_out


def test_the_virtual_board_has_nothing_beside_it(tmp_path):
    fittings = fit_out(Settings(), tmp_path, tmp_path, print)
    assert isinstance(fittings.board, VirtualBoard)
    assert (fittings.gnss, fittings.card, fittings.hold_up_us) == (None, None, 5_000_000)
    fittings.start()
    fittings.close()
    fittings.board.close()


def test_what_a_boards_file_names_is_listened_to(tmp_path):
    fittings = fit_out(Settings(unit=Unit(board="emulated")), tmp_path, tmp_path, print)
    assert fittings.gnss is not None
    assert fittings.card is not None
    assert fittings.hold_up_us == 3_000_000
    fittings.start()
    fittings.close()
    fittings.board.close()
