"""python3 unpack-wheels.py FOLDER PREFIX[,PREFIX...] WHEEL...: the wheels' members that begin with a prefix, into FOLDER."""

import os
import sys
import zipfile

folder, prefixes, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if not member.filename.startswith(tuple(prefixes.split(","))) or member.is_dir():
                continue
            path = archive.extract(member, folder)
            mode = member.external_attr >> 16 & 0o777
            if mode:
                os.chmod(path, mode | 0o600)
    # The next one needs the room.
    os.remove(wheel)
