"""What a file is, by its first bytes: names can be wrong, and a decoder only says that it fails."""

from __future__ import annotations

import re

HEAD = 64  # bytes needed

IMAGES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WebP": rb"RIFF....WEBP",
    "AVIF": rb"....ftypavi[fs]",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM....\0\0\0\0",
    "PPM": rb"P[1-6]\s",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
}
# Images that other programs can show.
CONVERTIBLE = {
    "HEIC": rb"....ftyp(?:hei|hev|mif|msf)",
    "JPEG XL": rb"\0\0\0\x0cJXL |\xff\x0a",
    "SVG": rb"(?i)\s*(?:<\?xml[^>]*>\s*)?<svg",
    "Photoshop": rb"8BPS",
    "OpenEXR": rb"v/1\x01",
}
_OTHERS = {
    "empty": rb"\Z",
    "a web page": rb"(?i)\s*(?:<!doctype html|<html)",
    "a Git LFS pointer": rb"version https://git-lfs",
    "XML": rb"\s*<\?xml",
    "PDF": rb"%PDF",
    "a NumPy array": rb"\x93NUMPY",
    "HDF5": rb"\x89HDF",
    "a ZIP archive": rb"PK[\x03\x05]",
    "a gzip archive": rb"\x1f\x8b",
    "a video": rb"....ftyp|RIFF....AVI |\x1aE\xdf\xa3",
    "a pickle": rb"\x80[\x02-\x05]",
}
_KNOWN = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in (IMAGES | CONVERTIBLE | _OTHERS).items()}


def kind_of(head: bytes) -> str | None:
    """Return what a file with this beginning is; None if unknown.

    Example:
        >>> kind_of(b"\\xff\\xd8\\xff\\xe0"), kind_of(b"<html>"), kind_of(b"?")
        ('JPEG', 'a web page', None)
    """
    return next((kind for kind, pattern in _KNOWN.items() if pattern.match(head)), None)
