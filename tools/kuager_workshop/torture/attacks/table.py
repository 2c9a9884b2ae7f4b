"""Every attack by its name: on which recordings it is played, and on which of their files."""

from collections.abc import Callable
from dataclasses import dataclass

from kuager_workshop.torture.attacks import bytes as on_bytes
from kuager_workshop.torture.attacks import ends, harmless, journals, media, sets, signing
from kuager_workshop.torture.attacks.anatomy import JOURNAL, SECOND
from kuager_workshop.torture.attacks.scene import Expected, Scene

Play = Callable[[Scene], Expected]


@dataclass(frozen=True)
class Attack:
    """`files`: for each kind of recording the files that a case may name; a name with an asterisk is the first such."""

    play: Play
    files: dict[str, tuple[str, ...]]


_COPIES = ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS")
_COMPANIONS = (*_COPIES, "unit.pem")
_CLOSED = ("sealed", "interrupted", "continuing", "last")
_PLAIN, _BARE = (*_CLOSED, "died"), tuple(f"{kind}-bare" for kind in (*_CLOSED, "died"))
_CLOSED_BARE = tuple(f"{kind}-bare" for kind in _CLOSED)
_EITHER, _EITHER_CLOSED = (*_PLAIN, *_BARE), (*_CLOSED, *_CLOSED_BARE)
_DIED = ("died", "died-bare")
_FILMS: dict[str, tuple[str, ...]] = {
    "sealed": ("video-01.mp4", "video-02.mp4", "video-03.mp4"),
    "interrupted": ("video-01.mp4", "sound-*.mp4"),
    "died": ("video-01.mp4", "video-02.mp4"),
    "continuing": ("video-01.mp4",),
    "last": ("video-02.mp4",),
}
_PHOTOS = {"sealed": ("photo-0001.jpg",), "died": ("photo-0001.jpg",), "last": ("photo-0001.jpg",)}


def _of(kind: str) -> str:
    return kind.partition("-")[0]


def _every_file(kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    def files(kind: str) -> tuple[str, ...]:
        journals = (JOURNAL, SECOND) if _of(kind) == "died" else (JOURNAL,)
        seals = () if kind.endswith("-bare") else _COMPANIONS
        return (*_FILMS[_of(kind)], *_PHOTOS.get(_of(kind), ()), *journals, *seals)

    return {kind: files(kind) for kind in kinds}


def _but(files: dict[str, tuple[str, ...]], without: Callable[[str, str], bool]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(name for name in names if not without(kind, name)) for kind, names in files.items()}


def _copy(_: str, name: str) -> bool:
    """Whether a file only says again what others do."""
    return name in _COPIES


def _open_end(kind: str, name: str) -> bool:
    """Whether what is put behind a file is a tail that nothing counts: no manifest and no `died` gives its length."""
    counted = name.startswith("photo") or (kind == "died-bare" and name == JOURNAL)
    return kind.endswith("-bare") and not counted


def _videos(kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(name for name in _FILMS[_of(kind)] if name.startswith("video")) for kind in kinds}


def _photos(kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {kind: _PHOTOS[_of(kind)] for kind in kinds if _of(kind) in _PHOTOS}


def _whole(kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(kinds, ("-",))


def _name(play: Play) -> str:
    return play.__name__.replace("_", "-")


_ON_FILES = (
    on_bytes.flip_bit, on_bytes.blank, on_bytes.put_in, on_bytes.take_out, on_bytes.cut, on_bytes.replace_by_link,
)  # fmt: skip
_ON_FILMS = (
    media.swap_fragments, media.drop_fragment, media.double_fragment, media.foreign_fragment, media.redate_fragment,
    media.encode_anew, media.encode_to_size, on_bytes.rename, sets.anothers_media,
)  # fmt: skip
_ON_JOURNALS = (
    journals.drop_record, journals.drop_batch, journals.drop_and_link, journals.exchange_records,
    journals.double_record, journals.rewrite, journals.rewrite_and_link, journals.forge_digest, journals.redate,
    journals.redate_part, journals.hole, journals.replay, journals.splice, journals.foreign_journal,
    sets.anothers_journal, signing.opened_by_other_key, signing.opened_unsigned, signing.checkpoints_by_other_key,
    signing.moved_signature, signing.behind_a_break,
)  # fmt: skip
_ON_ENDS = (
    ends.cut_minutes, ends.cut_journal_only, ends.cut_within_batch, ends.bury_as_impostor, ends.bury_as_other,
    ends.bury_with_borrowed_name,
)  # fmt: skip
_ON_MANIFESTS = (
    signing.manifest_by_other_key, signing.manifest_by_other_unit, signing.manifest_unsigned,
    signing.manifest_of_another, sets.anothers_manifest,
)  # fmt: skip
_ON_SETS = (sets.remove, sets.remove_several, sets.empty_folder, sets.put_in_place, sets.put_anothers_in_place)
_FORGERIES = (
    signing.all_by_impostor, signing.all_by_other_unit, signing.all_with_borrowed_name, signing.claimed_by_other_unit,
)  # fmt: skip
_HARMLESS = (
    harmless.rename_folder, harmless.foreign_file, harmless.forged_witness, harmless.witness_with_borrowed_name,
    harmless.anothers_witness, harmless.anothers_witness_in_its_name, harmless.no_manifest, sets.others_beside,
)  # fmt: skip

ATTACKS: dict[str, Attack] = {
    **{_name(play): Attack(play, _every_file(_EITHER)) for play in _ON_FILES},
    "delete": Attack(on_bytes.delete, _but(_every_file(_EITHER), _copy)),
    "put-behind": Attack(on_bytes.put_behind, _but(_every_file(_EITHER), _open_end)),
    **{_name(play): Attack(play, _videos(_EITHER)) for play in _ON_FILMS},
    "exchange-files": Attack(media.exchange_files, _videos(_EITHER)),
    "exchange-parts": Attack(media.exchange_parts, _whole(_EITHER)),
    "edit-photo": Attack(media.edit_photo, _photos(_EITHER)),
    **{_name(play): Attack(play, _whole(_EITHER)) for play in _ON_JOURNALS},
    "move-end": Attack(journals.move_end, _whole(_EITHER_CLOSED)),
    "exchange-journals": Attack(journals.exchange_journals, _whole(_DIED)),
    **{_name(play): Attack(play, _whole(_PLAIN)) for play in (*_ON_ENDS, *_ON_MANIFESTS, *_ON_SETS)},
    "close-oneself": Attack(ends.close_oneself, _whole(_PLAIN)),
    "bury-with-anothers-end": Attack(ends.bury_with_anothers_end, _whole(_CLOSED)),
    "bury-the-closed": Attack(ends.bury_the_closed, _whole(_EITHER_CLOSED)),
    "rewrite-death": Attack(ends.rewrite_death, _whole(_DIED)),
    "anothers-death": Attack(sets.anothers_death, _whole(_DIED)),
    "cut-end-and-witness": Attack(ends.cut_end_and_witness, _whole(("last",))),
    "remove-with-witness": Attack(ends.remove_with_witness, _whole(("last",))),
    "cut-end-and-all-witnesses": Attack(ends.cut_end_and_all_witnesses, _whole(("last",))),
    "shortened-copy": Attack(sets.shortened_copy, _whole(_CLOSED)),
    **{_name(play): Attack(play, _whole(_EITHER_CLOSED)) for play in _FORGERIES},
    **{f"harmless-{_name(play)}": Attack(play, _whole(_PLAIN)) for play in _HARMLESS},
    "impostor-beside": Attack(signing.impostor_beside, _whole(_EITHER_CLOSED)),
    "harmless-delete": Attack(on_bytes.delete, dict.fromkeys(_PLAIN, _COPIES)),
    "harmless-put-behind": Attack(
        on_bytes.put_behind, _but(_every_file(_BARE), lambda kind, name: not _open_end(kind, name))
    ),
    "harmless-tail": Attack(ends.tail_of_dead, _whole(("died-bare",))),
    "harmless-removed-with-witness": Attack(harmless.remove_with_witness, _whole(("interrupted", "continuing"))),
}
