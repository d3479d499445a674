"""Packs of data sets: the same images come out, and a pack that is damaged, cut or foreign is told in one sentence."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from resnet_labs import cli, data
from resnet_labs.data import packed, registry
from resnet_labs.data.registry import listed
from resnet_labs.errors import InputError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data root with five flowers, which have no splits, and CIFAR-10 as files, which has."""
    root = tmp_path / "home"
    generator = torch.Generator().manual_seed(0)

    def image(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(torch.randint(256, (12, 12, 3), generator=generator, dtype=torch.uint8).numpy()).save(path)

    for name in ("daisy", "dandelion", "rose", "sunflower", "tulip"):
        for number in range(5):
            image(root / "flowers" / name / f"{9 - number}_b.png")
    for split in ("train", "test"):
        for name in ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"):
            for number in range(2):
                image(root / "cifar10" / split / name / f"{number}.jpg")
    return root


def pack(home: Path, target: Path, name: str = "cifar10_jpeg", **limits: int) -> Path:
    parts = [packed.Packed(name, split, listed(name, split=split, root=home, **limits)) for split in ("train", "test")]
    packed.write(target, parts, {"commit": "abc"})
    return target


def same(one: data.ImageData, other: data.ImageData) -> bool:
    return (one.checksum(), one.classes, one.source) == (other.checksum(), other.classes, other.source)


def test_files_come_out_as_they_went_in(home, tmp_path):
    source, away = pack(home, tmp_path / "trip.pack"), tmp_path / "away"
    assert packed.unpack(source, away) == ["cifar10_jpeg"]
    for split in ("train", "test"):
        both = (data.load("cifar10_jpeg", split=split, root=root, size=12) for root in (home, away))
        assert same(*both)
    assert "cifar10_jpeg" in [entry.name for entry in data.available(away) if entry.here]
    assert "flowers" not in [entry.name for entry in data.available(away) if entry.here]


def test_a_subset_is_what_the_same_limit_takes_at_home(home, tmp_path):
    packed.unpack(pack(home, tmp_path / "trip.pack", limit=10), tmp_path / "away")
    both = (
        data.load("cifar10_jpeg", split="train", root=root, limit=10, size=12) for root in (home, tmp_path / "away")
    )
    assert same(*both)


def test_a_set_without_splits_is_cut_by_each_seed_as_at_home(home, tmp_path):
    from resnet_labs.gpu_hour import trips
    from resnet_labs.gpu_hour.blocks import Images

    sets = trips._sets(Images("flowers"), home)
    assert [each.split for each in sets] == [packed.WHOLE]
    packed.write(tmp_path / "trip.pack", sets, {})
    packed.unpack(tmp_path / "trip.pack", tmp_path / "away")
    for seed in (0, 1):
        for split in ("train", "test"):
            both = (data.load("flowers", split=split, root=root, seed=seed) for root in (home, tmp_path / "away"))
            assert same(*both)


def test_pixels_come_out_as_they_went_in(tmp_path):
    digits = data.load("digits", split="test", limit=50)
    packed.write(tmp_path / "trip.pack", [packed.Packed("mnist", "test", digits)], {})
    packed.unpack(tmp_path / "trip.pack", tmp_path / "away")
    assert same(digits, data.load("mnist", split="test", root=tmp_path / "away"))
    with pytest.raises(InputError, match="has no train split of 'mnist'"):
        data.load("mnist", split="train", root=tmp_path / "away")


def test_own_files_are_read_before_unpacked_ones(home, tmp_path):
    packed.unpack(pack(home, tmp_path / "trip.pack", limit=10), home)
    assert len(data.load("cifar10_jpeg", split="train", root=home, size=12)) == 20


def test_the_embedded_sets_never_come_from_a_pack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    noise = data.ImageData(torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.zeros(4).long(), ("0",), "noise")
    packed.write(tmp_path / "trip.pack", [packed.Packed("digits", "test", noise)], {})
    packed.unpack(tmp_path / "trip.pack", tmp_path)
    assert len(data.load("digits", split="test")) == 359


def test_the_pack_says_where_it_came_from(home, tmp_path):
    with zipfile.ZipFile(pack(home, tmp_path / "trip.pack")) as archive:
        about = json.loads(archive.read("about.json"))
    assert about["about"] == {"commit": "abc"}
    assert {facts["source"] for facts in about["sets"]} == {
        "CIFAR-10 as JPEG files, image folder 'cifar10', train split",
        "CIFAR-10 as JPEG files, image folder 'cifar10', test split",
    }


def test_a_pack_that_is_too_large_is_not_left_behind(home, tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match=r"The pack would have 0\.0 MB, and a trip carries 0 MB"):
        pack(home, tmp_path / "trip.pack")
    assert [*tmp_path.glob("trip*")] == []


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def begin_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def flip_images(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[400] ^= 0xFF
    path.write_bytes(content)


def flip_about(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("about.json").header_offset + 80
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def other_images(path: Path) -> None:
    """Replace a member by a sound one with other images, so that only the checksum tells."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["cifar10_jpeg.train"] = members["cifar10_jpeg.train"][::-1]
    _rewrite(path, members)


def without_a_member(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != "cifar10_jpeg.test"}
    _rewrite(path, members)


def _rewrite(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def about(**changes: object):
    def change(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        said = json.loads(members["about.json"])
        for facts in said["sets"]:
            facts |= changes
        _rewrite(path, members | {"about.json": json.dumps(said | changes).encode()})

    return change


def as_text(path: Path) -> None:
    path.write_text("no archive at all\n" * 20)


def as_archive(path: Path) -> None:
    _rewrite(path, {"readme.txt": b"another archive"})


def as_list(path: Path) -> None:
    _rewrite(path, {"about.json": b"[1, 2]"})


def empty(path: Path) -> None:
    path.write_bytes(b"")


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def absent(path: Path) -> None:
    path.unlink()


SPOILED = {
    "cut short": cut_short,
    "begin only": begin_only,
    "a flipped bit in the images": flip_images,
    "a flipped bit in the facts": flip_about,
    "other images": other_images,
    "a member is missing": without_a_member,
    "text": as_text,
    "another archive": as_archive,
    "a list": as_list,
    "empty": empty,
    "a folder": as_folder,
    "absent": absent,
    "a name that leads out": about(name="../../out"),
    "a split that leads out": about(split="/tmp/out"),
    "a suffix that leads out": about(suffixes=["/../../out"] * 20),
    "labels of classes that are not there": about(labels=[99] * 20),
    "negative sizes": about(sizes=[-1] * 20),
    "too few labels": about(labels=[0]),
    "a later format": about(format=99),
}


@pytest.mark.parametrize("spoil", SPOILED)
def test_what_is_no_whole_pack_is_told_and_leaves_nothing_that_could_be_read(home, tmp_path, spoil):
    source = pack(home, tmp_path / "trip.pack")
    SPOILED[spoil](source)
    with pytest.raises(InputError) as caught:
        packed.unpack(source, tmp_path / "away")
    assert str(source) in caught.value.problem
    assert caught.value.fix.endswith(".")
    assert not packed.present(tmp_path / "away", "cifar10_jpeg")
    assert not [*tmp_path.rglob("out*")]


def test_what_was_changed_after_unpacking_is_found(home, tmp_path):
    away = tmp_path / "away"
    packed.unpack(pack(home, tmp_path / "trip.pack"), away)
    packed.check(away, "cifar10_jpeg")
    first = min((away / "packed").rglob("*.jpg"))
    whole = first.read_bytes()
    for content in (b"", whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        first.write_bytes(content)
        with pytest.raises(InputError, match="are not those that were packed"):
            packed.check(away, "cifar10_jpeg")
    first.unlink()
    with pytest.raises(InputError, match="are not those that were packed"):
        packed.check(away, "cifar10_jpeg")


def test_unpacking_that_was_stopped_is_no_data_set_and_is_done_again(home, tmp_path, monkeypatch):
    source, away = pack(home, tmp_path / "trip.pack"), tmp_path / "away"
    written = []

    def stops(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) == 25:
            raise KeyboardInterrupt
        with path.open("wb") as file:
            return file.write(content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", stops)
        with pytest.raises(KeyboardInterrupt):
            packed.unpack(source, away)
    assert not packed.present(away, "cifar10_jpeg")
    packed.unpack(source, away)
    packed.check(away, "cifar10_jpeg")
    shutil.rmtree(home)
    assert len(data.load("cifar10_jpeg", split="test", root=away)) == 20


def test_the_command_packs_for_a_block_and_exits_with_2_on_wrong_use(home, tmp_path, capsys):
    target = tmp_path / "trip.pack"
    for options, said in (
        (["--pack", str(target)], "--pack and --trip go together"),
        (["--trip", "4"], "--pack and --trip go together"),
        (["mnist", "--pack", str(target), "--trip", "4"], "--pack and --trip go together"),
        (["--pack", str(target), "--trip", "9"], "There is no block '9'"),
        (["--pack", str(target), "--trip", "1"], "Block 1 needs no data"),
        (["--pack", str(target), "--trip", "3"], "'mnist' is not under"),
    ):
        assert cli.main(["data", *options, "--data-root", str(home)]) == 2
        assert said in capsys.readouterr().err
        assert not target.exists()
    assert cli.main(["data", "--pack", str(target), "--trip", "4", "--data-root", str(home)]) == 0
    assert "0.0 MB for block 4" in capsys.readouterr().out
    assert registry.packed.unpack(target, tmp_path / "away") == ["cifar10_jpeg"]
