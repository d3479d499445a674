"""One row for each student, whatever lies in the folder or the zip; nothing is followed out of it."""

from __future__ import annotations

import io
import os
import socket
import stat
import zipfile

import pytest

from resnet_labs.errors import InputError
from resnet_labs.grading.reading import MOST_BYTES, Rejected
from resnet_labs.grading.submissions import content, find

GOOD = b'{"cells": []}'


def put(folder, *names, data=GOOD):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def zipped(path, *members, data=GOOD):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, data)
    return path


def rows(place):
    return {each.student: each.problem.code if each.problem else content(each) for each in find(place)}


def problem(place, student):
    """The code of what is wrong with a student's submission, at once or when it is read."""
    (one,) = [each for each in find(place) if each.student == student]
    with pytest.raises(Rejected) as caught:
        content(one)
    assert caught.value.sentence.endswith(".")
    return caught.value.code


def test_files_and_folders_are_students(tmp_path):
    put(tmp_path, "ann.ipynb", "ben/lab02_digits.ipynb", "Zoë Ångström/deep/er/my lab.ipynb", "cy.receipt.json")
    put(tmp_path, "ben/conftest.py", "conftest.py", "pytest.ini", "torch.py", ".DS_Store", "notes.md", "grades.csv")
    put(tmp_path, "ben/.ipynb_checkpoints/lab02_digits-checkpoint.ipynb", "__MACOSX/x.ipynb", ".ipython/startup.ipynb")
    assert rows(tmp_path) == {"ann": GOOD, "ben": GOOD, "cy": GOOD, "Zoë Ångström": GOOD}


def test_a_single_notebook_is_a_submission_too(tmp_path):
    put(tmp_path, "ann.ipynb")
    assert rows(tmp_path / "ann.ipynb") == {"ann": GOOD}


@pytest.mark.parametrize(
    "names",
    [
        ["ann.ipynb", "ben/lab.ipynb"],
        ["submissions/ann.ipynb", "submissions/ben.ipynb"],
        ["lab 02/ann/lab.ipynb", "lab 02/ben/lab.ipynb", "lab 02/__MACOSX/._lab.ipynb", "lab 02/.DS_Store"],
    ],
)
def test_a_zip_is_read_like_a_folder(tmp_path, names):
    assert rows(zipped(tmp_path / "all.zip", *names)) == {"ann": GOOD, "ben": GOOD}


def test_moodles_and_canvas_exports_name_students(tmp_path):
    moodle = ["Ann Lee_4711_assignsubmission_file_/lab02.ipynb", "Ben Ng_4712_assignsubmission_file/lab02 (1).ipynb"]
    moodle += ["Ann Lee_4713_assignsubmission_file_lab02.ipynb"]
    assert set(rows(zipped(tmp_path / "moodle.zip", *moodle))) == {"Ann Lee_4711", "Ben Ng_4712", "Ann Lee_4713"}
    canvas = ["leeann_1001_20001_lab02_digits-1.ipynb", "ngben_LATE_1002_20002_lab02.ipynb"]
    assert set(rows(zipped(tmp_path / "canvas.zip", *canvas))) == {"leeann_1001", "ngben_1002"}


def test_a_students_own_zip_counts_as_its_notebook(tmp_path):
    zipped(tmp_path / "ann.zip", "lab/lab02.ipynb", "lab/.ipynb_checkpoints/lab02.ipynb", "lab/data.txt")
    zipped(tmp_path / "ben.zip", "one.ipynb", "two.ipynb")
    zipped(tmp_path / "cy.zip", "report.docx")
    put(tmp_path, "di.zip", data=b"PK\x03\x04 damaged")
    assert content(find(tmp_path)[0]) == GOOD
    assert problem(tmp_path, "ben") == "two-files"
    assert problem(tmp_path, "cy") == "no-notebook"
    assert problem(tmp_path, "di") == "unreadable"


def test_two_files_no_notebook_and_documents_are_named(tmp_path):
    put(
        tmp_path,
        "ann.ipynb",
        "ann/lab.ipynb",
        "ben/a.ipynb",
        "ben/b.ipynb",
        "cy/notes.py",
        "di.pdf",
        "ed/x.pdf",
        "ed/x.ipynb",
    )
    put(tmp_path, "fay.ipynb", "fay.pdf", "Gil.ipynb", "gil.ipynb", "hal.ipynb.txt")
    found = {each.student: each.problem.code if each.problem else "" for each in find(tmp_path)}
    assert {found[name] for name in ("ann", "ben", "Gil")} == {"two-files"}
    assert found["cy"] == "no-notebook"
    assert found["ed"] == found["fay"] == found["di"] == found["hal.ipynb"] == ""
    assert "ann" in [each.student for each in find(tmp_path) if each.problem and "lab.ipynb" in each.problem.sentence]


def test_a_link_a_pipe_a_socket_and_a_device_are_not_opened(tmp_path):
    put(tmp_path / "elsewhere", "secret.ipynb")
    folder = tmp_path / "all"
    put(folder, "zoe.ipynb")
    (folder / "ann.ipynb").symlink_to(tmp_path / "elsewhere" / "secret.ipynb")
    (folder / "ben").symlink_to(tmp_path / "elsewhere")
    (folder / "cy").mkdir()
    (folder / "cy" / "lab.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(folder / "di.ipynb")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "ed.ipynb"))
    (folder / "fay.ipynb").symlink_to(folder / "fay.ipynb")
    (folder / "gil.ipynb").mkdir()
    assert [problem(folder, name) for name in ("ann", "ben", "cy", "fay")] == ["link"] * 4
    assert [problem(folder, name) for name in ("di", "ed")] == ["not-a-file"] * 2
    assert problem(folder, "gil.ipynb") == "no-notebook"
    listening.close()
    if os.getuid() == 0:
        try:
            os.mknod(folder / "hal.ipynb", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        except OSError:
            return
        assert problem(folder, "hal") == "not-a-file"


def test_a_file_that_becomes_a_link_before_it_is_read_is_not_followed(tmp_path):
    put(tmp_path, "ann.ipynb", "ben.ipynb")
    ann, ben = find(tmp_path)
    for each, target in ((ann, tmp_path / "other"), (ben, None)):
        each.path.unlink()
        if target:
            each.path.symlink_to("/etc/passwd")
        else:
            os.mkfifo(each.path)
        with pytest.raises(Rejected):
            content(each)


def test_a_folder_of_links_to_itself_ends(tmp_path):
    folder = tmp_path / "all" / "ann"
    for depth in range(30):
        folder = folder / f"d{depth}"
    put(folder, "lab.ipynb")
    (tmp_path / "all" / "ann" / "loop").symlink_to(tmp_path / "all")
    assert [each.student for each in find(tmp_path / "all")] == ["ann"]


def test_large_files_and_zip_bombs_are_named_without_being_unpacked(tmp_path):
    with open(tmp_path / "ann.ipynb", "wb") as file:
        file.truncate(40 << 30)
    put(tmp_path, "ben.ipynb")
    assert problem(tmp_path, "ann") == "too-large"
    zipped(tmp_path / "cy.zip", "lab.ipynb", data=b" " * (MOST_BYTES + 1))
    assert problem(tmp_path, "cy") == "too-large"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("di/lab.ipynb", b" " * (MOST_BYTES * 3))
    raw = bomb.getvalue().replace((MOST_BYTES * 3).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    (tmp_path / "lying.zip").write_bytes(raw)
    assert problem(tmp_path / "lying.zip", "di") in ("too-large", "unreadable")
    zipped(tmp_path / "nested.zip", "ed/ed.zip", data=(tmp_path / "cy.zip").read_bytes())
    assert problem(tmp_path / "nested.zip", "ed") == "too-large"


def test_paths_that_leave_the_folder_links_and_secrets_in_a_zip_are_named(tmp_path):
    path = zipped(
        tmp_path / "all.zip", "../../etc/ann.ipynb", "/ben.ipynb", "cy/lab.ipynb", "C:/di.ipynb", "..\\ed.ipynb"
    )
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("fay/lab.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    found = {each.name: each.problem.code if each.problem else "" for each in find(path)}
    assert found.pop("lab.ipynb") in ("", "not-a-file")
    assert set(found.values()) == {"path-escape"}
    assert problem(path, "fay") == "not-a-file"
    assert all("/" not in each.student and not each.student.startswith(".") for each in find(path))
    raw = bytearray(zipped(tmp_path / "locked.zip", "gil/lab.ipynb").read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(raw)
    assert problem(tmp_path / "locked.zip", "gil") == "encrypted"


ODD = [
    "=HYPERLINK(1)",
    "..",
    "a/../b",
    "-rf",
    "@sum",
    "a" * 150,
    "tab\there",
    "new\nline",
    "q\"uote'",
    "\u202egnp",
    "ann ",
    "con:",
]


@pytest.mark.parametrize("name", [each for each in ODD if "/" not in each and each != ".."])
def test_students_have_names_that_are_safe_as_files_and_stay_apart(tmp_path, name):
    put(tmp_path, f"{name}/lab.ipynb", f"{name}x/lab.ipynb")
    one, other = find(tmp_path)
    assert one.student != other.student
    for each in (one, other):
        assert len(each.student) < 100
        assert not set(each.student) & set('/\\\n\t:"=\u202e\0')
        assert each.student[0] not in ".-@+= "


def test_a_name_that_is_no_text_is_a_student(tmp_path):
    folder = os.fsencode(tmp_path)
    os.mkdir(folder + b"/\xff\xfe")
    with open(folder + b"/\xff\xfe/lab.ipynb", "wb") as file:
        file.write(GOOD)
    (one,) = find(tmp_path)
    one.student.encode()
    assert content(one) == GOOD


def test_what_is_no_folder_of_submissions_is_said(tmp_path):
    with pytest.raises(InputError, match="holds no submission"):
        find(tmp_path)
    put(tmp_path, "conftest.py", ".hidden.ipynb")
    with pytest.raises(InputError, match="holds no submission"):
        find(tmp_path)
    with pytest.raises(InputError, match="There is no folder"):
        find(tmp_path / "nothing")
    put(tmp_path, "all.zip", data=b"PK damaged")
    with pytest.raises(InputError, match="damaged or no zip"):
        find(tmp_path / "all.zip")


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    put(tmp_path, "ann.ipynb", "ben.ipynb")
    ann = find(tmp_path)[0]
    ann.path.unlink()
    with pytest.raises(Rejected) as caught:
        content(ann)
    assert caught.value.code == "unreadable"
