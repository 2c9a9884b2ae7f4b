"""What touches nothing that is proven, and must change no verdict: it is told in a note, or not at all."""

import shutil

from msgspec.structs import replace

from kuager.evidence.journal import iterate
from kuager_workshop.torture.attacks import tools
from kuager_workshop.torture.attacks.scene import Expected, Scene, harmless


def rename_folder(scene: Scene) -> Expected:
    """The folder under another name."""
    moved = scene.path.with_name(f"{scene.path.name[:-4]}999Z")
    scene.path.rename(moved)
    scene.path = moved
    return harmless("K105")


def foreign_file(scene: Scene) -> Expected:
    """A file that nobody lists."""
    (scene.path / scene.chance.choice(["notes.txt", "video-99.mp4", "VIRUS.EXE"])).write_bytes(b"not of the unit")
    return harmless("K609")


def no_manifest(scene: Scene) -> Expected:
    """Manifest and companions gone, the recording whole: it is judged by its journal alone."""
    scene.strip()
    return harmless("K601", "K608")


def remove_with_witness(scene: Scene) -> Expected:
    """A recording gone and the unit's journal with it: a set need not be complete, so what is missing is noted."""
    shutil.rmtree(scene.path)
    shutil.rmtree(scene.carrier / "KZ0417-unit")
    return Expected(alone=None, together=None, notes=frozenset({"K703"}))


def forged_witness(scene: Scene) -> Expected:
    """A journal of the unit that an impostor signed says that a recording ended otherwise: it is not believed."""
    return _witness(scene, tools.impostor("KZ0417"), "KZ0417", "K705")


def witness_with_borrowed_name(scene: Scene) -> Expected:
    """The same with the unit's true certificates and another key."""
    return _witness(scene, tools.borrower(scene), "KZ0417", "K705")


def anothers_witness(scene: Scene) -> Expected:
    """Another unit's own journal says that a recording of this one ended otherwise: that is not its to say."""
    return _witness(scene, tools.insider(scene), "KZ0999")


def anothers_witness_in_its_name(scene: Scene) -> Expected:
    """The same, and it gives itself this unit's name."""
    return _witness(scene, tools.insider(scene), "KZ0417", "K705")


def _witness(scene: Scene, who: tools.Signatory, name: str, *notes: str) -> Expected:
    """A unit's own journal beside the true one, in which the recording ends with another head."""
    (true,) = (scene.carrier / "KZ0417-unit").iterdir()
    records = list(iterate(true.read_bytes()))
    begun = replace(records[0], body={**records[0].body, "certificates": who.chain, "unit": name})
    identity, recording = begun.body["id"], scene.anatomy.records[0].body["id"]
    lies = [
        replace(each, body={**each.body, "head": scene.chance.randbytes(32)})
        for each in records
        if each.type == "recording-ended" and each.body["id"] == recording
    ]
    made = tools.linked([begun, *lies], lambda _: who.key, identity, kind="unit")
    folder = scene.carrier / f"{name}-unit"
    folder.mkdir(exist_ok=True)
    (folder / "unit-0badcafe-01.cborseq").write_bytes(tools.raw(made))
    return harmless(*notes)
